"""A running archive with somebody who sends files in, and a victim that is killed at the right moment."""

from __future__ import annotations

import itertools
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from tests.journeys.travelling import Look, Submitter, submitter_of
from tests.servers.serving import Serving, eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from simulate import Dataset


class Scene:
    """A running archive, somebody who sends files in, and a victim that is killed at the right moment."""

    def __init__(self, serving: Serving, dataset: Dataset, folder: Path) -> None:
        self.serving = serving
        self.submitter: Submitter = submitter_of(serving)
        self.look = Look(serving)
        self.folder = folder
        sample = dataset.samples[0]
        self.vcf, self.fastq = sample.vcf.read_bytes(), sample.forward.read_bytes()
        self.victim = ""
        self._numbers = itertools.count(1)

    def number(self) -> int:
        """A number for a name of its own."""
        return next(self._numbers)

    def kill(self) -> None:
        self.serving.kill(self.victim)

    def revive(self) -> None:
        """Start what the supervisor cannot restart itself, and wait until all is well."""
        if self.victim == "everything":
            self.serving.start()
            self.submitter.reconnect()
        self.serving.wait_until_ready()

    def send(self, ending: str = "vcf.gz") -> tuple[str, str]:
        """Send in a file with a name of its own; the name, and the id that was acknowledged."""
        name = f"file_{self.number()}.{ending}"
        return name, self.submitter.upload(name, self.vcf if ending == "vcf.gz" else self.fastq)

    def kill_while(self, holds: Callable[[], bool], over: Callable[[], bool]) -> bool:
        """Kill the victim while `holds` is true, seen with the worker held still; False where it was over before."""
        worker = self.serving.part("worker")
        eventually(lambda: holds() or over(), "the moment to kill", pause=0.002)
        processes = [worker, *worker.children(recursive=True)]
        _signal(processes, signal.SIGSTOP)
        try:
            if holds():
                self.kill()
                return True
        finally:
            _signal(processes, signal.SIGCONT)
        return False


def _signal(processes: list[psutil.Process], number: int) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
