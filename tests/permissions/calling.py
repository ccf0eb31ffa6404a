"""Calls the service in this process by the shortest way: a matrix has more than ten thousand calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from litestar.types import ASGIApp


@dataclass(frozen=True)
class Answer:
    """What was answered."""

    status_code: int
    text: str


async def call(app: ASGIApp, method: str, address: str, headers: dict[str, str], **body: Any) -> Answer:
    """Send one request, its body as httpx would write it (`json`, or `files` and `data`), and read the answer."""
    request = httpx.Request(method, f"http://archive.test{address}", headers=headers, **body)
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": request.url.path,
        "raw_path": request.url.raw_path.split(b"?")[0],
        "query_string": request.url.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 1),
        "server": ("archive.test", 80),
    }
    content = [request.read()]
    status = 0
    pieces: list[bytes] = []

    async def receive() -> Any:
        if content:
            return {"type": "http.request", "body": content.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            pieces.append(message.get("body", b""))

    await app(scope, receive, send)
    return Answer(status, b"".join(pieces).decode())
