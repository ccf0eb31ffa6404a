"""Runs a command in a process of its own and tells the CPU time, wall time and peak memory that it took."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import tempfile
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Usage(NamedTuple):
    """What a process and its children came to; `cpu` and `wall` are in seconds, `memory` (peak) in MiB."""

    code: int
    cpu: float
    wall: float
    memory: float
    output: str


def run(command: Sequence[str | Path], *, seconds: float = 3600, memory: int | None = None) -> Usage:
    """Run the command to its end, killed past `seconds`; `memory` bounds its address space in bytes.

    `output` is its standard output and error. The peak of a process counts from its parent's size, so whoever calls
    this stays small.
    """
    with tempfile.TemporaryFile() as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        if memory is not None:
            resource.prlimit(process.pid, resource.RLIMIT_AS, (memory, memory))
        killer = threading.Timer(seconds, _kill, [process.pid])
        killer.start()
        _, status, used = os.wait4(process.pid, 0)
        killer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - begun
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    return Usage(process.returncode, used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, text)


def _kill(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
