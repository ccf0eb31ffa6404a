"""Signing up, in and out of the archive dialect, and whose a bearer token is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from accession.actor import Actor
from accession.errors import Denied, Unauthenticated
from accession.people import bearers, logins, sessions, tokens
from accession.people.accounts import Newcomer
from accession.projects.registration import register
from accession.unit import Unit
from app.api.archive.errors import problems
from app.api.archive.mapping.accounts import user_out
from app.api.archive.structs.auth import LoginIn, RefreshIn, RegisterIn, TokensOut, TokenType, UserOut
from app.http.deps import actor_of
from app.wiring import Wiring

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

BODY_LIMIT = 64 * 1024
_REFUSED = {
    "invite": "Registration here is by invitation; ask the archive's administrator for one.",
    "closed": "Registration is closed here; ask the archive's administrator for an account.",
}

# These calls take their credential in the body; a stale bearer token that a client sends along must not bar them.
BY_BODY = {"ignores_bearer": True}


async def decide(wiring: Wiring, token: str, caller: Actor) -> Actor:
    """Whose bearer token it is: a signed one, a personal one, a machine client's or a reviewer link's."""
    async with wiring.reading(caller) as unit:
        return await bearers.actor_of(unit, wiring.keys, token)


class AuthController(Controller):
    """Accounts and sessions."""

    path = "/auth"
    tags = ("Accounts",)
    request_max_body_size = BODY_LIMIT

    @post(
        "/register",
        summary="Open an account",
        description=(
            "Opens an account of the role submitter, with a private personal project. With an `invitation` it joins "
            "what it was invited to; where registration is by invitation, none is opened without."
        ),
        opt=BY_BODY,
        responses=problems(403, 409, 413, 422),
    )
    async def register(
        self, request: Request[Any, Any, Any], wiring: NamedDependency[Wiring], data: JSONBody[RegisterIn]
    ) -> UserOut:
        """Open an account; hashing the password holds no transaction."""
        mode = wiring.settings.registration
        if mode == "closed" or (mode == "invite" and data.invitation is None):
            raise Denied(_REFUSED[mode], code="registration_closed")
        newcomer = Newcomer(email=data.email, full_name=data.full_name)
        account = await register(wiring, newcomer, data.password, invitation=data.invitation, caller=actor_of(request))
        return user_out(account)

    @post(
        "/login",
        status_code=200,
        summary="Begin a session",
        description="Answers an access token for requests and a refresh token for the next pair of tokens.",
        opt=BY_BODY,
        responses=problems(413),
    )
    async def login(
        self, request: Request[Any, Any, Any], wiring: NamedDependency[Wiring], data: JSONBody[LoginIn]
    ) -> Response[TokensOut]:
        """Check the password outside of any transaction, then begin a session; a paused account is refused alike."""
        settings, asked_at = wiring.settings, wiring.clock.now()
        begun = await logins.log_in(
            wiring,
            data.email,
            data.password,
            days=settings.refresh_token_days,
            caller=actor_of(request),
            lockout=wiring.lockout,
        )
        return tokens_out(wiring, *begun, made_at=asked_at)

    @post(
        "/refresh",
        status_code=200,
        summary="Go on with a session",
        description=(
            "Trades a refresh token for the next pair. A refresh token is good once, and for another minute in case "
            "the answer got lost; using it later than that ends the session."
        ),
        opt=BY_BODY,
        responses=problems(413),
    )
    async def refresh(
        self, request: Request[Any, Any, Any], wiring: NamedDependency[Wiring], data: JSONBody[RefreshIn]
    ) -> Response[TokensOut]:
        """Rotate the token; the refusal comes after the commit, since a reuse ends the session for good."""
        asked_at = wiring.clock.now()
        async with wiring.writing(actor_of(request)) as unit:
            rotated = await sessions.rotate(unit, data.refresh_token, days=wiring.settings.refresh_token_days)
        if rotated is None:
            raise Unauthenticated("The refresh token is not valid (any more); log in again.", code="invalid_token")
        return tokens_out(wiring, *rotated, made_at=asked_at)

    @post(
        "/logout",
        status_code=204,
        summary="End a session",
        description="Ends the session of a refresh token. Its access token lives out its minutes.",
        opt=BY_BODY,
        responses=problems(413),
    )
    async def logout(self, unit: NamedDependency[Unit], data: JSONBody[RefreshIn]) -> None:
        """End the session; an unknown token has none."""
        await sessions.end(unit, data.refresh_token)


def tokens_out(
    wiring: Wiring, account_id: UUID, refresh_token: str, *, made_at: datetime | None = None
) -> Response[TokensOut]:
    """A pair of tokens, which no cache may keep.

    `made_at` is when the request began: if all sessions end while it is answered, its access token has ended too.
    """
    minutes, now = wiring.settings.access_token_minutes, made_at or wiring.clock.now()
    access_token = tokens.access_token(wiring.keys, account_id, now=now, minutes=minutes)
    body = TokensOut(access_token, refresh_token, TokenType.BEARER, minutes * 60)
    return Response(body, headers={"Cache-Control": "no-store"})
