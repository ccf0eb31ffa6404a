"""What the benchmarks share: a service of their own, a lean HTTP client, and the server's CPU time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

READY_SECONDS = 120


class Served(NamedTuple):
    """A running service without an object store, and one account on it."""

    url: str
    port: int
    folder: Path
    token: str
    process: psutil.Process

    def cpu(self) -> float:
        """CPU seconds that the API process has used so far."""
        times = self.process.cpu_times()
        return times.user + times.system

    def call(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> Any:
        """One plain JSON request, for setting up."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token or self.token}"}
        request = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


@contextlib.contextmanager
def served(**settings: str) -> Iterator[Served]:
    """Start `seqark serve` in a temporary folder on a free port; SEQARK_DATABASE_URL is passed on where it is set."""
    with tempfile.TemporaryDirectory(prefix="seqark-bench-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), _free_port()
        environ = os.environ | {
            "SEQARK_DATA_DIR": name,
            "SEQARK_S3_ENDPOINT": "none",
            "SEQARK_LOG_LEVEL": "warning",
            **settings,
        }
        command = [sys.executable, "-m", "app", "serve", "--port", str(port), "--no-worker"]
        process = subprocess.Popen(command, env=environ)
        try:
            _wait(f"http://127.0.0.1:{port}/health/ready", process)
            yield _signed_in(folder, port, environ, process)
        finally:
            process.terminate()
            process.wait(60)


def _signed_in(folder: Path, port: int, environ: dict[str, str], process: subprocess.Popen[bytes]) -> Served:
    seqark = [sys.executable, "-m", "app"]
    account = ["users", "add", "bench", "--email", "bench@example.org", "--password", "a long password"]
    subprocess.run([*seqark, *account], env=environ, check=True, stdout=subprocess.DEVNULL)
    token = subprocess.run([*seqark, "tokens", "add", "bench"], env=environ, check=True, capture_output=True, text=True)
    api = next(c for c in psutil.Process(process.pid).children() if "api-process" in c.cmdline())
    return Served(f"http://127.0.0.1:{port}", port, folder, token.stdout.strip(), api)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise SystemExit("The service did not start; its log is above.")


class Rate(NamedTuple):
    """What a load came to: requests a second, server CPU a request in ms, and the answers by status."""

    rate: float
    cpu_ms: float
    statuses: dict[int, int]
    bodies: list[bytes]


def measure(
    server: Served, request: Callable[[int], bytes], *, count: int, clients: int = 1, keep: bool = False
) -> Rate:
    """Send `count` requests over `clients` kept-alive connections and measure the server meanwhile."""
    return asyncio.run(_measure(server, request, count, clients, keep=keep))


async def _measure(server: Served, request: Callable[[int], bytes], count: int, clients: int, *, keep: bool) -> Rate:
    numbers = iter(range(count))
    statuses: dict[int, int] = {}
    bodies: list[bytes] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for number in numbers:
            writer.write(request(number))
            status, body = await _answer(reader)
            statuses[status] = statuses.get(status, 0) + 1
            if keep:
                bodies.append(body)
        writer.close()

    cpu, begun = server.cpu(), time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    spent = time.perf_counter() - begun
    return Rate(count / spent, (server.cpu() - cpu) / count * 1000, statuses, bodies)


_CHUNKED = re.compile(rb"transfer-encoding: chunked", re.IGNORECASE)
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    if length is None and _CHUNKED.search(head):
        return int(head[9:12]), b"".join([piece async for piece in _chunks(reader)])
    body = await reader.readexactly(int(length.group(1))) if length else b""
    return int(head[9:12]), body


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The pieces of an answer whose length was not known when it began."""
    while size := int((await reader.readuntil(b"\r\n"))[:-2], 16):
        yield (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)


async def times(server: Served, request: Callable[[int], bytes], count: int) -> list[float]:
    """Milliseconds that each of `count` requests took, one after another on one connection; each must be a 200."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    took = []
    for number in range(count):
        begun = time.perf_counter()
        writer.write(request(number))
        status, body = await _answer(reader)
        took.append((time.perf_counter() - begun) * 1000)
        assert status == 200, (request(number)[:200], body[:500])
    writer.close()
    return took


def get(path: str, token: str | None = None) -> bytes:
    """A GET request as bytes."""
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n{bearer}\r\n".encode()


def post(path: str, body: Any, token: str) -> bytes:
    """A POST of JSON as bytes."""
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data
