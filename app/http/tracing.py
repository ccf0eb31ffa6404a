"""Gives every request an id, sends it back, and logs one line when the answer has gone."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import structlog
import uuid_utils

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from litestar.types import Receive, Scope, Send

log = structlog.get_logger("app.http")

_GIVEN = re.compile(rb"[A-Za-z0-9._-]{1,64}")


async def traced(
    app: Callable[[Scope, Receive, Send], Awaitable[None]], scope: Scope, receive: Receive, send: Send
) -> None:
    """Call an ASGI app; the id is the caller's `X-Request-ID` where that is a plain one, else a new one."""
    request_id = _given(scope) or uuid_utils.uuid7().hex
    scope.setdefault("state", {})["request_id"] = request_id
    header = (b"x-request-id", request_id.encode())
    begun, status = time.perf_counter(), 0

    async def told(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            message["headers"] = [*message.get("headers", ()), header]
        await send(message)

    structlog.contextvars.bind_contextvars(request_id=request_id)
    try:
        await app(scope, receive, told)
    finally:
        log.info(
            "request",
            method=scope["method"],  # type: ignore[typeddict-item]  # only HTTP is traced
            path=scope["path"],
            status=status or 499,
            ms=round((time.perf_counter() - begun) * 1000, 1),
        )
        structlog.contextvars.unbind_contextvars("request_id")


def _given(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _GIVEN.fullmatch(value):
            return value.decode()
    return None
