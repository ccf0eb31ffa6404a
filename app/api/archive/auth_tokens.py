"""`/auth/tokens`, `/auth/clients` and `/auth/identities`: what speaks for an account beside its password."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from accession.paging import page_request
from accession.people import clients, identities, personal
from accession.people.wishes import Wish
from accession.unit import Unit
from app.api.archive.errors import problems
from app.api.archive.lists import PageNumber, PerPage, page_headers
from app.api.archive.structs.tokens import (
    ClientIn,
    ClientOut,
    IdentityOut,
    NewClientOut,
    NewTokenOut,
    TokenIn,
    TokenOut,
)

_BODY_LIMIT = 64 * 1024
_ONCE = {"Cache-Control": "no-store"}
_BEARER = [{"bearer": list[str]()}]
Asked = Request[Any, Any, Any]


class PersonalTokens(Controller):
    """Personal access tokens."""

    path = "/auth/tokens"
    tags = ("Accounts",)
    security = _BEARER
    request_max_body_size = _BODY_LIMIT

    @get("/", summary="List the own tokens", responses=problems())
    async def list_tokens(
        self, request: Asked, unit: NamedDependency[Unit], page: PageNumber = 1, per_page: PerPage = 20
    ) -> Response[list[TokenOut]]:
        """The caller's personal access tokens that are not revoked, newest first, without their texts."""
        wanted = page_request(page, per_page, None, None)
        found = await personal.list_tokens(unit, unit.require_account(), wanted)
        return Response([_shown(TokenOut, row) for row in found.items], headers=page_headers(request, wanted, found))

    @post("/", summary="Make a token", responses=problems(403, 413, 422))
    async def make_token(self, unit: NamedDependency[Unit], data: JSONBody[TokenIn]) -> Response[NewTokenOut]:
        """Make a personal access token; its text is told only this once.

        A token cannot make one with wider scopes than its own.
        """
        row, text = await personal.add_token(unit, unit.require_account(), _wish(data))
        return Response(_shown(NewTokenOut, row, token=text), status_code=201, headers=_ONCE)

    @delete("/{token_id:uuid}", summary="Revoke a token", responses=problems(403, 404))
    async def revoke_token(self, unit: NamedDependency[Unit], token_id: FromPath[UUID]) -> None:
        """End a token at once."""
        await personal.revoke(unit, unit.require_account(), token_id)


class MachineClients(Controller):
    """Machine credentials for `POST /oauth2/token`."""

    path = "/auth/clients"
    tags = ("Accounts",)
    security = _BEARER
    request_max_body_size = _BODY_LIMIT

    @get("/", summary="List the own machine clients", responses=problems())
    async def list_clients(
        self, request: Asked, unit: NamedDependency[Unit], page: PageNumber = 1, per_page: PerPage = 20
    ) -> Response[list[ClientOut]]:
        """The caller's machine clients that are not revoked, newest first, without their secrets."""
        wanted = page_request(page, per_page, None, None)
        found = await clients.list_clients(unit, unit.require_account(), wanted)
        return Response([_shown(ClientOut, row) for row in found.items], headers=page_headers(request, wanted, found))

    @post("/", summary="Make a machine client", responses=problems(403, 413, 422))
    async def make_client(self, unit: NamedDependency[Unit], data: JSONBody[ClientIn]) -> Response[NewClientOut]:
        """Make a client whose id and secret `POST /oauth2/token` trades for access tokens; the secret is told once."""
        row, secret = await clients.add_client(unit, unit.require_account(), _wish(data))
        return Response(_shown(NewClientOut, row, client_secret=secret), status_code=201, headers=_ONCE)

    @delete("/{client:uuid}", summary="Revoke a machine client", responses=problems(403, 404))
    async def revoke_client(self, unit: NamedDependency[Unit], client: FromPath[UUID]) -> None:
        """End a client, by its `id`, and every token that it was given, at once."""
        await clients.revoke(unit, unit.require_account(), client)


class Identities(Controller):
    """Identities at another provider."""

    path = "/auth/identities"
    tags = ("Accounts",)
    security = _BEARER

    @get("/", summary="List the own identities", responses=problems())
    async def list_identities(
        self, request: Asked, unit: NamedDependency[Unit], page: PageNumber = 1, per_page: PerPage = 20
    ) -> Response[list[IdentityOut]]:
        """The identities that sign in to the caller's account, newest first."""
        wanted = page_request(page, per_page, None, None)
        found = await identities.list_identities(unit, unit.require_account(), wanted)
        return Response([_shown(IdentityOut, row) for row in found.items], headers=page_headers(request, wanted, found))

    @delete("/{identity_id:uuid}", summary="Unlink an identity", responses=problems(403, 404, 409))
    async def unlink_identity(self, unit: NamedDependency[Unit], identity_id: FromPath[UUID]) -> None:
        """Let an identity sign in no more; an account without a password keeps its identities."""
        await identities.unlink(unit, unit.require_account(), identity_id)


def _wish(data: TokenIn | ClientIn) -> Wish:
    return Wish(name=data.name, scopes=data.scopes, days=data.expires_in_days, expires_at=data.expires_at)


def _shown(kind: Any, row: Any, **secret: str) -> Any:
    """A row as the dialect shows it, with a secret where it is new."""
    told = {name: getattr(row, name) for name in kind.__struct_fields__ if name not in secret}
    return kind(**told, **secret)
