"""`/projects/{accession}/reviewer-links`: who has one reads the project without an account, until it ends."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from accession.paging import page_request
from accession.people import accounts, reviewer_links
from accession.projects.sharing import managed_project
from accession.unit import Unit
from app.api.archive.errors import problems
from app.api.archive.lists import PageNumber, PerPage, page_headers
from app.api.archive.mapping.sharing import reviewer_link_out
from app.api.archive.structs.sharing import ReviewerLinkIn, ReviewerLinkOut
from app.http.auth import QUERY
from app.wiring import Wiring

Asked = Request[Any, Any, Any]


class ReviewerLinks(Controller):
    """Links for reviewers, made by those who manage the project."""

    path = "/projects/{accession:str}/reviewer-links"
    tags = ("Sharing",)

    @get("/", summary="List a project's reviewer links", responses=problems(403, 404, 410, 422))
    async def list_links(
        self,
        request: Asked,
        unit: NamedDependency[Unit],
        accession: FromPath[str],
        page: PageNumber = 1,
        per_page: PerPage = 20,
    ) -> Response[list[ReviewerLinkOut]]:
        """The links to the project, revoked and expired ones too, newest first; without their tokens."""
        wanted = page_request(page, per_page, None, None)
        _, scope = await managed_project(unit, accession)
        found = await reviewer_links.links_to(unit, scope, wanted)
        rows = [reviewer_link_out(unit, *row) for row in found.items]
        return Response(rows, headers=page_headers(request, wanted, found))

    @post("/", summary="Make a reviewer link", responses=problems(403, 404, 409, 410, 422))
    async def make_link(
        self,
        request: Asked,
        unit: NamedDependency[Unit],
        wiring: NamedDependency[Wiring],
        accession: FromPath[str],
        data: JSONBody[ReviewerLinkIn],
    ) -> Response[ReviewerLinkOut]:
        """Make a link by which anybody who has it reads the whole project, drafts and data too, and changes nothing.

        With `hides_owner` no answer tells whose the project is. The token and its `url` are told only this once.
        """
        _, scope = await managed_project(unit, accession, lock=True)
        link, token = await reviewer_links.add_link(
            unit, scope, accession, name=data.name, days=data.expires_in_days, hides_owner=data.hides_owner
        )
        maker = (await accounts.account_of(unit)).name
        prefix = request.scope.get("root_path", "")
        url = f"{wiring.settings.base_url}{prefix}/projects/{accession}?{QUERY}={token}"
        told = reviewer_link_out(unit, link, maker, token=token, url=url)
        return Response(told, status_code=201, headers={"Cache-Control": "no-store"})

    @delete("/{link_id:uuid}", summary="Revoke a reviewer link", responses=problems(403, 404, 409, 410, 422))
    async def revoke_link(self, unit: NamedDependency[Unit], accession: FromPath[str], link_id: FromPath[UUID]) -> None:
        """End a link at once: nothing more is read through it, and no new link to bytes is made."""
        _, scope = await managed_project(unit, accession, lock=True)
        await reviewer_links.revoke_link(unit, scope, accession, link_id)
