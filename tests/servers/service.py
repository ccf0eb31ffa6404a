"""Starts the API in a process of its own, on a free port, and stops it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.settings import Settings

_PROGRAM = """
import sys
import uvicorn
from app.asgi import service
from app.settings import Settings
from app.storage.s3 import S3Store
from app.wiring import Wiring
from pathlib import Path
port, folder, database, secret, endpoint, access, key, bucket = sys.argv[1:]
settings = Settings(data_dir=Path(folder), database_url=database, secret_key=secret, s3_endpoint=endpoint)
store = S3Store(endpoint, access_key=access, secret_key=key, bucket=bucket, public_url=endpoint)
uvicorn.run(service(Wiring(settings, store=store)), host="127.0.0.1", port=int(port), log_level="warning")
"""


@dataclass(frozen=True)
class RunningService:
    """A running API process."""

    url: str
    port: int
    process: subprocess.Popen[bytes]

    def peak_memory(self) -> int:
        """The most bytes of memory that the process has held so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


@contextmanager
def running_service(settings: Settings, store_server: Any, bucket: str) -> Iterator[RunningService]:
    """Yield the API on the database of `settings` and a bucket of the store, with its own queue and no worker."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    facts = [str(port), str(settings.data_dir), settings.database_url, settings.secret_key]
    facts += [store_server.endpoint_url, store_server.access_key, store_server.secret_key, bucket]
    root = Path(__file__).parents[2]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEQARK_")}
    process = subprocess.Popen([sys.executable, "-c", _PROGRAM, *facts], cwd=root, env=environment)
    try:
        _await_answer(process, f"http://127.0.0.1:{port}/api/v1/staging/files")
        yield RunningService(f"http://127.0.0.1:{port}", port, process)
    finally:
        process.kill()
        process.wait()


def _await_answer(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url, timeout=20)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the service did not start")
