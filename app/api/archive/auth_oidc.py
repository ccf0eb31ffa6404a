"""`/auth/oidc`: signing in by another provider (OpenID Connect, authorization code with PKCE), and linking it.

The sign-in is bound to the browser by a cookie and to a row that is taken once; what comes back must match both.
"""

from __future__ import annotations

import hmac
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, QueryParameter

from accession.errors import InsufficientScope, Malformed, NotFound, Unauthenticated
from accession.people import identities, sessions, sign_in
from accession.people.identities import Vouched
from accession.people.sign_in import Departure, Return
from accession.projects.arriving import come_back
from app.api.archive.auth import BY_BODY, tokens_out
from app.api.archive.errors import problems
from app.api.archive.structs.auth import TokensOut
from app.api.archive.structs.tokens import SignInOut
from app.http.deps import actor_of
from app.oidc import OpenIdProvider
from app.wiring import Wiring

COOKIE = "seqark_sign_in"
_AWAY = {302: ResponseSpec(None, description="To the provider; `Location` is its page.", generate_examples=False)}
_LOST = (
    "This sign-in was not begun in this browser, is over ten minutes old, or came back before; begin again at "
    "/auth/oidc/login."
)
Asked = Request[Any, Any, Any]
Invitation = Annotated[
    str | None, QueryParameter(description="The token of an invitation, for somebody new.", max_length=128)
]
_UNKEPT = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class SignInElsewhere(Controller):
    """Signing in by an identity provider."""

    path = "/auth/oidc"
    tags = ("Accounts",)

    @get(
        "/login", summary="Sign in by the provider", opt=BY_BODY, responses=_AWAY | problems(404, 503), status_code=302
    )
    async def oidc_login(
        self, request: Asked, wiring: NamedDependency[Wiring], invitation: Invitation = None
    ) -> Response[None]:
        """Send the browser to the identity provider; 404 where none is configured."""
        going, url = await _begin(request, wiring, invitation)
        return Response(
            None, status_code=302, headers={"Location": url, **_UNKEPT}, cookies=[_cookie(request, wiring, going)]
        )

    @get(
        "/callback",
        summary="Come back from the provider",
        opt=BY_BODY | {"any_query": True},
        responses=problems(403, 404, 409, 422, 503),
    )
    async def oidc_callback(
        self,
        request: Asked,
        wiring: NamedDependency[Wiring],
        code: FromQuery[str | None] = None,
        state_given: Annotated[str | None, QueryParameter(name="state", description="As it was sent.")] = None,
        error: FromQuery[str | None] = None,
        iss: FromQuery[str | None] = None,
    ) -> Response[TokensOut]:
        """Trade what the provider sent back for tokens as a login answers them; each sign-in comes back once."""
        provider, asked_at = _provider(wiring), wiring.clock.now()
        kept = await _taken(request, wiring, state_given)
        if error is not None or not code or iss not in {None, provider.issuer}:
            raise Unauthenticated("The identity provider did not sign you in; begin again.", code="sign_in_refused")
        traded = await provider.trade(code, kept.verifier, _address(request, wiring))
        vouched = await identities.vouched_for(provider, traded.id_token, now=wiring.clock.now(), nonce=kept.nonce)
        if vouched.email is None and traded.access_token is not None:
            vouched = identities.completed(vouched, await provider.about(traded.access_token))
        answer = tokens_out(wiring, *await _signed_in(request, wiring, vouched, kept), made_at=asked_at)
        answer.delete_cookie(COOKIE, path=_cookie_path(request))
        return answer

    @post("/link", summary="Link the provider", status_code=200, responses=problems(403, 404, 503))
    async def oidc_link(self, request: Asked, wiring: NamedDependency[Wiring]) -> Response[SignInOut]:
        """Begin a sign-in that links the caller's account; the browser goes to the answered address by itself.

        Only for whoever logged in: a token with scopes could get beyond them, and one that ends outlive its end.
        """
        actor = actor_of(request)
        if actor.account_id is None:
            raise Unauthenticated("Log in first; the account that is logged in is linked.")
        if actor.scopes is not None or actor.delegated:
            raise InsufficientScope("Only a login links an identity, no token that was made for a script.")
        going, url = await _begin(request, wiring)
        return Response(SignInOut(url), headers=_UNKEPT, cookies=[_cookie(request, wiring, going)])


def _provider(wiring: Wiring) -> OpenIdProvider:
    if wiring.provider is None:
        raise NotFound("No identity provider is configured here; log in with a password.", code="oidc_not_configured")
    return wiring.provider


async def _begin(request: Asked, wiring: Wiring, invitation: str | None = None) -> tuple[Departure, str]:
    """A new sign-in that is kept, and where the browser goes; the provider is asked before anything is written."""
    actor, going = actor_of(request), sign_in.departure()
    url = await _provider(wiring).authorization_url(going, _address(request, wiring))
    async with wiring.writing(actor) as unit:
        await sign_in.keep(unit, going, account_id=actor.account_id, invitation=invitation)
    return going, url


async def _taken(request: Asked, wiring: Wiring, state: str | None) -> Return:
    """What was kept of the sign-in that comes back, which this browser must have begun."""
    held = request.cookies.get(COOKIE, "")
    same = hmac.compare_digest(held.encode("utf-8", "replace"), (state or "").encode("utf-8", "replace"))
    kept = None
    if state and same:
        async with wiring.writing(actor_of(request)) as unit:
            kept = await sign_in.take(unit, state)
    if kept is None:
        raise Malformed(_LOST, code="sign_in_lost")
    return kept


async def _signed_in(request: Asked, wiring: Wiring, vouched: Vouched, kept: Return) -> tuple[UUID, str]:
    """The account, found, linked or opened, and the first refresh token of its session."""
    settings = wiring.settings
    async with wiring.writing(actor_of(request)) as unit:
        account = await come_back(unit, vouched, kept, registration=settings.registration)
        return account.id, await sessions.begin(unit, account.id, days=settings.refresh_token_days)


def _address(request: Asked, wiring: Wiring) -> str:
    """Where the provider sends the browser back to."""
    return f"{wiring.settings.base_url}{_cookie_path(request)}/callback"


def _cookie_path(request: Asked) -> str:
    return f"{request.scope.get('root_path', '')}/auth/oidc"


def _cookie(request: Asked, wiring: Wiring, going: Departure) -> Cookie:
    """Ties the sign-in to the browser. Lax: it is sent along when the provider sends the browser back."""
    return Cookie(
        COOKIE,
        value=going.state,
        path=_cookie_path(request),
        max_age=int(sign_in.LIFE.total_seconds()),
        secure=wiring.settings.base_url.startswith("https://"),
        httponly=True,
        samesite="lax",
    )
