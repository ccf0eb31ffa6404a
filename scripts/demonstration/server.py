"""Starts a whole SeqArk on loopback for the demo, waits until it is ready, and stops it again."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import httpx

from demonstration.failure import DemoFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = "127.0.0.1"
_READY_SECONDS = 90.0
_STOP_SECONDS = 40.0
_LOG_LINES = 25
_SETTINGS = {"SEQARK_WORKER_POLL_MAX": "0.2", "SEQARK_SWEEP_INTERVAL": "5"}  # a demo is short


class DemoServer:
    """`seqark serve` as a process, on free ports, with settings of its own whatever the environment holds."""

    def __init__(self, data_dir: Path, log: Path) -> None:
        self.log = log
        port, store_port = free_ports(2)
        self.url = f"http://{HOST}:{port}"
        command = [sys.executable, "-m", "app", "serve", "--host", HOST, "--port", str(port)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SEQARK_")}
        environment |= _SETTINGS | {"SEQARK_S3_PORT": str(store_port)}
        with log.open("ab") as stream:
            self._process = subprocess.Popen(
                [*command, "--data-dir", str(data_dir)],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the demo, which then stops the server in order
            )

    @property
    def pid(self) -> int:
        """The process to stop."""
        return self._process.pid

    def wait_until_ready(self, deadline: float = _READY_SECONDS) -> float:
        """Wait until `/health/ready` answers 200; the seconds that it took.

        Raises:
            DemoFailed: the process ended or the deadline passed; the end of the log is in the message.
        """
        begun = time.monotonic()
        with httpx.Client(base_url=self.url, timeout=5.0) as http:
            while time.monotonic() - begun < deadline:
                if self._process.poll() is not None:
                    raise DemoFailed(f"The server ended with {self._process.returncode}. {self.last_lines()}")
                try:
                    if http.get("/health/ready").status_code == httpx.codes.OK:
                        return time.monotonic() - begun
                except httpx.TransportError:
                    pass
                time.sleep(0.1)
        raise DemoFailed(f"The server was not ready after {deadline:.0f} s. {self.last_lines()}")

    def stop(self) -> None:
        """Ask the server to end, and end it where it does not.

        Raises:
            DemoFailed: it did not end in order.
        """
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise DemoFailed(f"The server did not stop within {_STOP_SECONDS:.0f} s and was killed.") from None
        if code not in {0, -signal.SIGTERM}:
            raise DemoFailed(f"The server stopped with {code}. {self.last_lines()}")

    @contextlib.contextmanager
    def stopped_on_failure(self) -> Iterator[None]:
        """Stop the server when the block fails, without hiding why it failed."""
        try:
            yield
        except BaseException:
            with contextlib.suppress(DemoFailed):
                self.stop()
            raise

    def last_lines(self) -> str:
        """Give the end of the server's log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
        return "\n".join([f"The end of {self.log}:", *lines])


def free_ports(count: int) -> list[int]:
    """Give ports that nothing listens on just now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind((HOST, 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
