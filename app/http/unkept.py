"""Keeps what a reviewer link opens out of caches, and its address out of the pages that are visited next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from litestar.types import Scope, Send

_HEADERS = {b"cache-control": b"private, no-store", b"referrer-policy": b"no-referrer"}


def unkept(scope: Scope, send: Send) -> Send:
    """The `send` of a request; with a reviewer link in its query every answer, a refusal too, says "do not keep"."""
    if b"reviewer=" not in scope["query_string"]:
        return send

    async def told(message: Any) -> None:
        if message["type"] == "http.response.start":
            others = [(name, value) for name, value in message.get("headers", ()) if name.lower() not in _HEADERS]
            message["headers"] = [*others, *_HEADERS.items()]
        await send(message)

    return told
