"""Finds out who asks: reads the credential of a request and asks the domain whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware

from accession.actor import Actor
from accession.errors import Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from litestar.types import ASGIApp, Receive, Scope, Send

    from app.wiring import Wiring

    Decide = Callable[[Wiring, str, Actor], Awaitable[Actor]]


class Authentication(ASGIMiddleware):
    """Puts an `Actor` into `scope["user"]`; no credential is an anonymous one, a bad credential is a 401.

    `decide(wiring, token, caller)` turns the bearer token into the caller's Actor or raises `Unauthenticated`. A
    handler with `opt={"ignores_bearer": True}` takes its credential elsewhere; a token sent along is not looked at.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, wiring: Wiring, decide: Decide) -> None:
        self.wiring = wiring
        self.decide = decide

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        caller = _caller(scope)
        token = None if scope["route_handler"].opt.get("ignores_bearer") else bearer_token(scope)
        scope["user"] = caller if token is None else await self.decide(self.wiring, token, caller)
        scope["auth"] = token
        await next_app(scope, receive, send)


def _caller(scope: Scope) -> Actor:
    """The anonymous caller with address and request id, for the audit."""
    client = scope.get("client")
    return Actor(address=client[0] if client else None, request_id=scope.get("state", {}).get("request_id"))


def bearer_token(scope: Scope) -> str | None:
    """The token of the `Authorization` header, or None without the header; another scheme is `Unauthenticated`."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            if scheme.lower() != "bearer" or not token.strip():
                raise Unauthenticated("The Authorization header must be 'Bearer <token>'.")
            return token.strip()
    return None
