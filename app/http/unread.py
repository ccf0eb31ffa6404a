"""Ends the connection after an answer that did not wait for a long body: else the server would read on, to no use.

A refused upload of a terabyte would otherwise be received to its last byte, and an endless one for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from litestar.types import Receive, Scope, Send

_SHORT = 1024 * 1024


def ending_unread(scope: Scope, receive: Receive, send: Send) -> tuple[Receive, Send]:
    """The request's channels, watched: `Connection: close` goes along where a long body is not read to its end."""
    if not _is_long(scope):
        return receive, send
    ended = False

    async def watched_receive() -> Any:
        nonlocal ended
        message = await receive()
        ended = ended or not message.get("more_body", False)
        return message

    async def watched_send(message: Any) -> None:
        if message["type"] == "http.response.start" and not ended:
            message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
        await send(message)

    return watched_receive, watched_send


def _is_long(scope: Scope) -> bool:
    """Whether the request's body is long, or of a length that is not told."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length")
    if length is None:
        return b"transfer-encoding" in headers
    return not length.isdigit() or int(length) > _SHORT
