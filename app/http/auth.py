"""Finds out who asks: reads the credential of a request and asks the domain whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware

from accession.actor import Actor
from accession.errors import InsufficientScope, Malformed, Unauthenticated
from accession.people.reviewers import PREFIX as REVIEWER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from litestar.types import ASGIApp, Receive, Scope, Send

    from app.wiring import Wiring

    Decide = Callable[[Wiring, str, Actor], Awaitable[Actor]]

QUERY = "reviewer"
READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Authentication(ASGIMiddleware):
    """Puts an `Actor` into `scope["user"]`; no credential is an anonymous one, a bad credential is a 401.

    `decide(wiring, token, caller)` turns the bearer token into the caller's Actor or raises `Unauthenticated`. A
    handler with `opt={"ignores_bearer": True}` takes its credential elsewhere; a token sent along is not looked at.
    A token that is good for reading alone is refused by every method that changes something, but by a handler with
    `opt={"reads": True}`, which changes nothing or asks `Actor.may_write` itself.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, wiring: Wiring, decide: Decide) -> None:
        self.wiring = wiring
        self.decide = decide

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        opt = scope["route_handler"].opt
        token = None if opt.get("ignores_bearer") else token_of(scope)
        actor = caller_of(scope)
        if token is not None:
            actor = await self.decide(self.wiring, token, actor)
            if actor.token_id is not None:
                self.wiring.uses.note(actor.token_id)
        if not actor.may_write and _method(scope) not in READS and not opt.get("reads"):
            raise InsufficientScope("This token is good for reading alone; use one with the scope 'write'.")
        scope["user"] = actor
        scope["auth"] = token
        await next_app(scope, receive, send)


def caller_of(scope: Scope) -> Actor:
    """The anonymous caller with address and request id, for the audit."""
    client = scope.get("client")
    return Actor(address=client[0] if client else None, request_id=scope.get("state", {}).get("request_id"))


def token_of(scope: Scope) -> str | None:
    """The token of a request: that of the `Authorization` header, or a reviewer link's in the query of a read.

    No other token may be in a query, where histories and logs keep it.
    """
    bearer, review = bearer_token(scope), reviewer_token(scope)
    if review is None:
        return bearer
    if bearer is not None:
        raise Malformed(f"Send one credential: the Authorization header, or {QUERY!r} in the query.")
    if not review.startswith(REVIEWER):
        raise Unauthenticated(f"{QUERY!r} must be the token of a reviewer link.", code="invalid_token")
    return review


def reviewer_token(scope: Scope) -> str | None:
    """What a read has as `?reviewer=`, whatever it is; a token that is given twice is `Malformed`."""
    if _method(scope) not in READS or b"reviewer=" not in scope["query_string"]:
        return None
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    given = [value for name, value in pairs if name == QUERY]
    if len(given) > 1:
        raise Malformed(f"{QUERY!r} is given more than once.")
    return given[0] if given else None


def _method(scope: Scope) -> str:
    return scope["method"]  # type: ignore[typeddict-item]  # only HTTP is asked for it


def bearer_token(scope: Scope) -> str | None:
    """The token of the `Authorization` header, or None without the header; another scheme is `Unauthenticated`."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            if scheme.lower() != "bearer" or not token.strip():
                raise Unauthenticated("The Authorization header must be 'Bearer <token>'.")
            return token.strip()
    return None
