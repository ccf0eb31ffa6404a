"""Runs the whole service as its users do, `python -m app serve` on free ports, and ends it in every way there is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
DEADLINE = 120.0
QUICK = {  # a worker that is soon found dead, and nothing that waits
    "accession_prefix": "NFDP",
    "s3_port": 0,
    "worker_stale_after": 3,
    "worker_poll_max": 0.2,
    "sweep_interval": 0.5,
    "report_interval": 1,
    "graceful_seconds": 15,
}
_PARTS = {"worker": "worker", "api": "api-process", "store": "mini"}  # a word of each part's command line


def environment(**settings: Any) -> dict[str, str]:
    """The environment of a `seqark` command with these settings and no others."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SEQARK_")}
    return environ | {f"SEQARK_{name.upper()}": str(value) for name, value in settings.items()}


def eventually(holds: Callable[[], Any], what: str, *, deadline: float = DEADLINE, pause: float = 0.02) -> Any:
    """Ask until the answer is true, and give it; fails naming `what` after `deadline` seconds."""
    end = time.monotonic() + deadline
    while True:
        answer = holds()
        if answer:
            return answer
        assert time.monotonic() < end, f"waited {deadline:g} s for {what}"
        time.sleep(pause)


class Serving:
    """One data folder and the service on it, which may be ended and started again; its ports then differ."""

    def __init__(self, folder: Path, database_url: str = "", **settings: Any) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.log = folder / "serve.log"
        self.settings = {**QUICK, **settings}
        self.database_url = database_url
        self.base_url = ""
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environ(self) -> dict[str, str]:
        """What `seqark` commands on the same archive need in their environment."""
        named = {"data_dir": self.data_dir, "database_url": self.database_url}
        return environment(**self.settings, **{name: value for name, value in named.items() if value})

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Start it and wait until every part answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        written = self.log.stat().st_size if self.log.exists() else 0
        command = [sys.executable, "-m", "app", "serve", "--port", "0", "--data-dir", str(self.data_dir)]
        with self.log.open("ab") as stream:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environ, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream
            )
        self.base_url = eventually(lambda: self._url_in_log(written), f"the service to start:\n{self.tail()}")
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until every part answers, also after one was killed."""
        eventually(self.is_ready, "the service to be ready", pause=0.1)

    def is_ready(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.base_url}/health/ready", timeout=5).status_code == 200
        return False

    def tree(self) -> list[psutil.Process]:
        """Every process that the supervisor has, however deep."""
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.pid).children(recursive=True)
        return []

    def part(self, name: str) -> psutil.Process:
        """The process of one part: api, worker or store; waits until it runs."""
        word = _PARTS[name]

        def found() -> psutil.Process | None:
            with suppress(psutil.NoSuchProcess):
                for child in psutil.Process(self.pid).children():
                    with suppress(psutil.NoSuchProcess):
                        if word in child.cmdline():
                            return child
            return None

        process = eventually(found, f"the {name} process")
        assert isinstance(process, psutil.Process)
        return process

    def kill(self, name: str = "everything") -> None:
        """SIGKILL one part with all that it has started, or everything at once; returns when it is gone."""
        if name == "everything":
            assert self.process is not None
            doomed = [psutil.Process(self.pid), *self.tree()]
        else:
            part = self.part(name)
            doomed = [part, *part.children(recursive=True)]
        kill_all(doomed)
        if self.process is not None and name == "everything":
            self.process.wait()

    def stop(self, seconds: float = DEADLINE) -> int:
        """Ask it to end and wait; its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def end(self) -> None:
        """Leave nothing behind, whatever has happened."""
        if self.process is not None and self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()

    def told(self, event: str) -> list[dict[str, Any]]:
        """The log lines of an event."""
        return [line for line in self.lines() if line.get("event") == event]

    def lines(self) -> list[dict[str, Any]]:
        """The log, a line that is no JSON as `{"text": …}`."""
        return [_line(text) for text in self.log.read_text(errors="replace").splitlines() if text.strip()]

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    def _url_in_log(self, start: int) -> str:
        assert self.process is not None
        assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{self.tail()}"
        with self.log.open("rb") as stream:
            stream.seek(start)
            lines = [_line(text) for text in stream.read().decode(errors="replace").splitlines()]
        return next((str(line["url"]) for line in lines if line.get("event") == "serving"), "")


@contextmanager
def running_service(folder: Path, database_url: str = "", **settings: Any) -> Iterator[Serving]:
    """Yield the service on a fresh data folder below `folder`; `settings` are those of SEQARK_…, in lower case."""
    serving = Serving(folder, database_url, **settings)
    try:
        serving.start()
        yield serving
    finally:
        serving.end()


def kill_all(processes: list[psutil.Process]) -> None:
    """SIGKILL processes and wait until each is gone or a zombie of somebody else."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    for process in processes:
        eventually(lambda gone=process: is_gone(gone), f"process {process.pid} to be gone")


def is_gone(process: psutil.Process) -> bool:
    """Whether a process has ended."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _line(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {"text": text}
    return found if isinstance(found, dict) else {"text": text}
