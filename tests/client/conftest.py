"""A small HTTP server that stands for the network between client and archive, and misbehaves as it is told."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from seqark_client import Client
from seqark_client.patience import Patience

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Fault:
    """What goes wrong, `times` times, with requests `METHOD /path` that match the pattern.

    Kinds: `drop` closes the connection unanswered, `cut` does so after `at` bytes of the body, `late_drop` after acting
    but before answering, `status` answers with `at`, `corrupt` flips the body's byte `at`, `whole` ignores a Range,
    `elsewhere` continues one byte further on, `excess` sends one byte more.
    """

    kind: str
    pattern: str
    at: int = 0
    times: int = 1


@dataclass
class Network:
    """The server's state, for a test to set and read."""

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    staged: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    answers: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    accepted_token: str | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def misbehave(self, kind: str, pattern: str, *, at: int = 0, times: int = 1) -> None:
        self.faults.append(Fault(kind, pattern, at, times))

    def seen(self, pattern: str) -> list[dict[str, str]]:
        """Give the headers of every request so far that matches."""
        return [headers for line, headers in self.requests if re.search(pattern, line)]

    def counted(self) -> Counter[str]:
        return Counter(line for line, _ in self.requests)

    def fault_for(self, line: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times and re.search(fault.pattern, line):
                    fault.times -= 1
                    return fault
        return None

    def add_run(self, accession: str, data: bytes, **changes: Any) -> None:
        self.objects[accession] = data
        self.runs[accession] = {
            "accession": accession,
            "filename": f"{accession}.fastq.gz",
            "file_size": len(data),
            "checksum_md5": hashlib.md5(data).hexdigest(),
            "checksum_sha256": hashlib.sha256(data).hexdigest(),
            "a_field_of_a_later_version": True,
        } | changes


class Handler(BaseHTTPRequestHandler):
    """Answers as an archive and its object store do, where no fault says otherwise."""

    protocol_version = "HTTP/1.1"
    network: Network

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        line = f"{self.command} {self.path}"
        fault = self.network.fault_for(line)
        with self.network.lock:
            self.network.requests.append((line, dict(self.headers.items())))
        self.close_connection = fault is not None
        if fault and fault.kind == "drop":
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if fault and fault.kind == "status":
            self._answer(fault.at, b"<Error><Code>Injected</Code></Error>", {"Retry-After": "0"})
            return
        status, answer, headers = self._act(body, fault)
        if fault and fault.kind == "late_drop":
            return
        self._answer(status, answer, headers, fault)

    def _answer(self, status: int, body: bytes, headers: dict[str, str], fault: Fault | None = None) -> None:
        declared = len(body)
        if fault and fault.kind == "cut":
            body = body[: fault.at]
        if fault and fault.kind == "corrupt":
            body = body[: fault.at] + bytes([body[fault.at] ^ 0xFF]) + body[fault.at + 1 :]
        with contextlib.suppress(OSError):
            self.send_response(status)
            if self.close_connection:
                self.send_header("Connection", "close")
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(declared))
            self.end_headers()
            self.wfile.write(body)

    def _act(self, body: bytes, fault: Fault | None) -> tuple[int, bytes, dict[str, str]]:
        network, path = self.network, self.path.split("?")[0]
        line = f"{self.command} {path}"
        if line in network.answers:
            with network.lock:
                scripted = network.answers[line]
                status, answer = scripted.pop(0) if len(scripted) > 1 else scripted[0]
            return status, json.dumps(answer).encode(), {}
        if network.accepted_token and self.path.startswith("/api/") and "/auth/" not in path:
            sent = self.headers.get("Authorization")
            if sent != f"Bearer {network.accepted_token}":
                return 401, b'{"detail": "The token does not hold.", "code": "unauthenticated"}', {}
        if path.startswith("/bucket/"):
            return self._store(path.removeprefix("/bucket/"), body, fault)
        return self._archive(line, json.loads(body) if body else {})

    def _store(self, key: str, body: bytes, fault: Fault | None) -> tuple[int, bytes, dict[str, str]]:
        if self.command == "PUT":
            if self.headers["Content-MD5"] != base64.b64encode(hashlib.md5(body).digest()).decode():
                return 400, b"<Error><Code>BadDigest</Code></Error>", {}
            self.network.objects[key] = body
            return 200, b"", {"ETag": f'"{hashlib.md5(body).hexdigest()}"'}
        data = self.network.objects[key] + (b"!" if fault and fault.kind == "excess" else b"")
        etag = f'"{hashlib.md5(data).hexdigest()}"'
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        other = self.headers.get("If-Range", etag) != etag
        if wanted is None or other or (fault and fault.kind == "whole"):
            return 200, data, {"ETag": etag}
        start = int(wanted[1]) + (1 if fault and fault.kind == "elsewhere" else 0)
        if start >= len(data):
            return 416, b"", {}
        return 206, data[start:], {"ETag": etag, "Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}

    def _archive(self, line: str, body: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
        network = self.network
        if line == "POST /api/v1/staging/initiate":
            return self._initiate(body)
        if found := re.fullmatch(r"POST /api/v1/staging/complete/(\w+)", line):
            staged = network.staged[found[1]]
            staged |= {"status": "verifying", "completed_with": body}
            return 200, json.dumps(staged).encode(), {}
        if found := re.fullmatch(r"GET /api/v1/staging/files/(\w+)", line):
            return 200, json.dumps(network.staged[found[1]]).encode(), {}
        if (found := re.fullmatch(r"GET /api/v1/runs/([\w-]+)", line)) and found[1] in network.runs:
            return 200, json.dumps(network.runs[found[1]]).encode(), {}
        if found := re.fullmatch(r"GET /api/v1/runs/([\w-]+)/download", line):
            address = f"{network.url}/bucket/{found[1]}?signature={len(network.requests)}"
            return 307, f"{address}\n".encode(), {"Location": address}
        return 404, b'{"detail": "There is no such record.", "code": "not_found"}', {}

    def _initiate(self, body: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
        known = f"f{len(self.network.staged) + 1}"
        self.network.staged[known] = {"id": known, "status": "pending", **body}
        answer: dict[str, Any] = {"staged_file_id": known, "upload_id": "u", "expires_in": 900}
        if "parts" in body:
            urls = [f"{self.network.url}/bucket/{known}.{number}?sig=x" for number in range(1, body["parts"] + 1)]
            answer["parts"] = [{"part_number": number, "url": url} for number, url in enumerate(urls, start=1)][::-1]
        else:
            answer["presigned_url"] = f"{self.network.url}/bucket/{known}.1?sig=x"
        return 201, json.dumps(answer).encode(), {}


@pytest.fixture
def network() -> Iterator[Network]:
    made = Network()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"network": made}))
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def slept() -> list[float]:
    """The waits that the client took, none of which really passed."""
    return []


@pytest.fixture
def client(network: Network, slept: list[float]) -> Iterator[Client]:
    moment = [0.0]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        moment[0] += seconds

    patience = Patience(tries=4, sleep=sleep, clock=lambda: moment[0])
    with Client(network.url, "the-token", part_size=1000, patience=patience) as made:
        yield made
