"""`/users`: what administrators of the archive do with accounts."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, Request, Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from accession.paging import page_request
from accession.people import administration
from accession.people.administration import AccountFilter, role_of
from accession.unit import Unit
from app.api.archive.errors import problems
from app.api.archive.lists import Count, PageNumber, PerPage, page_headers
from app.api.archive.mapping.accounts import account_out
from app.api.archive.structs.accounts import AccountOut, RoleIn

RoleFilter = Annotated[str | None, QueryParameter(description="Only admins, submitters or viewers.")]
ActiveFilter = Annotated[bool | None, QueryParameter(description="Only those who are let in, or who are not.")]
Beginning = Annotated[
    str | None, QueryParameter(description="How the name or the e-mail address begins.", max_length=254)
]
_BEARER = [{"bearer": list[str]()}]


class Users(Controller):
    """Accounts, for administrators."""

    path = "/users"
    tags = ("Accounts",)
    security = _BEARER

    @get("/", summary="List accounts", description="Newest first, for administrators.", responses=problems(403))
    async def list_users(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        page: PageNumber = 1,
        per_page: PerPage = 20,
        count: Count = None,
        role: RoleFilter = None,
        active: ActiveFilter = None,
        q: Beginning = None,
    ) -> Response[list[AccountOut]]:
        """A page of accounts."""
        wanted = page_request(page, per_page, None, count)
        found = await administration.list_accounts(unit, AccountFilter(role, active, q), wanted)
        rows = [account_out(account, unit.now) for account in found.items]
        return Response(rows, headers=page_headers(request, wanted, found))

    @put(
        "/{user_id:str}/role",
        summary="Give an account another role",
        description="The last active administrator stays one.",
        responses=problems(403, 404, 409),
    )
    async def set_role(self, unit: NamedDependency[Unit], user_id: FromPath[str], data: JSONBody[RoleIn]) -> AccountOut:
        """Set the role; it holds for the account's next request."""
        return account_out(await administration.set_role(unit, user_id, role_of(data.role)), unit.now)

    @put(
        "/{user_id:str}/activate",
        summary="Let an account in",
        description="Its sessions have ended; personal access tokens and machine clients work again.",
        responses=problems(403, 404),
    )
    async def activate(self, unit: NamedDependency[Unit], user_id: FromPath[str]) -> AccountOut:
        """Activate it."""
        return account_out(await administration.activate(unit, user_id), unit.now)

    @put(
        "/{user_id:str}/deactivate",
        summary="Shut an account out",
        description="Ends its sessions, and no token speaks for it. The last active administrator stays.",
        responses=problems(403, 404, 409),
    )
    async def deactivate(self, unit: NamedDependency[Unit], user_id: FromPath[str]) -> AccountOut:
        """Deactivate it, at once."""
        return account_out(await administration.deactivate(unit, user_id), unit.now)
