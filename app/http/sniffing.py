"""Has browsers take every answer for what it says it is: strangers' bytes must never be guessed to be a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from litestar.types import Send

_NAME, _VALUE = b"x-content-type-options", b"nosniff"


def unsniffed(send: Send) -> Send:
    """The `send` of a request, with the header on its answer."""

    async def told(message: Any) -> None:
        if message["type"] == "http.response.start":
            headers = message.get("headers", ())
            if not any(name.lower() == _NAME for name, _ in headers):
                message["headers"] = [*headers, (_NAME, _VALUE)]
        await send(message)

    return told
