"""`/organisations`: labs, centres and companies, and who belongs to them."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from accession.paging import page_request
from accession.people import membership, organisations
from accession.people.rules import MemberRole
from accession.unit import Unit
from app.api.archive.errors import problems
from app.api.archive.lists import PageNumber, PerPage, page_headers
from app.api.archive.mapping.people import member_out, organisation_out
from app.api.archive.structs.people import MemberIn, MemberOut, OrganisationIn, OrganisationOut, OrganisationPatch

Asked = Request[Any, Any, Any]


class Organisations(Controller):
    """Organisations and their members."""

    path = "/organisations"
    tags = ("Organisations",)

    @get("/", summary="List the own organisations", responses=problems())
    async def list_organisations(
        self, request: Asked, unit: NamedDependency[Unit], page: PageNumber = 1, per_page: PerPage = 20
    ) -> Response[list[OrganisationOut]]:
        """The organisations that the caller belongs to, by slug; administrators of the archive see all."""
        wanted = page_request(page, per_page, None, None)
        found = await organisations.organisations_of(unit, wanted)
        rows = [organisation_out(*row) for row in found.items]
        return Response(rows, headers=page_headers(request, wanted, found))

    @post("/", summary="Make an organisation", responses=problems(403, 409, 422))
    async def make(self, unit: NamedDependency[Unit], data: JSONBody[OrganisationIn]) -> OrganisationOut:
        """Make an organisation; the caller becomes its owner."""
        return organisation_out(*await organisations.make_organisation(unit, data.slug, data.title))

    @get("/{slug:str}", summary="Get an organisation", responses=problems(404))
    async def get_organisation(self, unit: NamedDependency[Unit], slug: FromPath[str]) -> OrganisationOut:
        """One of the organisations that the caller belongs to."""
        return organisation_out(*await organisations.standing_in(unit, slug))

    @patch("/{slug:str}", summary="Rename an organisation", responses=problems(403, 404, 422))
    async def rename(
        self, unit: NamedDependency[Unit], slug: FromPath[str], data: JSONBody[OrganisationPatch]
    ) -> OrganisationOut:
        """Give the organisation another title; its owners and admins may."""
        return organisation_out(*await organisations.rename_organisation(unit, slug, data.title))

    @get("/{slug:str}/members", summary="List the members", responses=problems(404))
    async def list_members(
        self,
        request: Asked,
        unit: NamedDependency[Unit],
        slug: FromPath[str],
        page: PageNumber = 1,
        per_page: PerPage = 20,
    ) -> Response[list[MemberOut]]:
        """Who belongs to the organisation, by name."""
        wanted = page_request(page, per_page, None, None)
        found = await membership.members_of(unit, slug, wanted)
        return Response([member_out(*row) for row in found.items], headers=page_headers(request, wanted, found))

    @put("/{slug:str}/members/{name:str}", summary="Set a member's role", responses=problems(403, 404, 409))
    async def set_member(
        self, unit: NamedDependency[Unit], slug: FromPath[str], name: FromPath[str], data: JSONBody[MemberIn]
    ) -> MemberOut:
        """Let the account with this name belong to the organisation, in a role.

        Owners and admins may; only owners make and unmake owners, and the last owner stays.
        """
        return member_out(*await membership.set_member(unit, slug, name, MemberRole(data.role)))

    @delete("/{slug:str}/members/{name:str}", summary="Remove a member", responses=problems(403, 404, 409))
    async def remove_member(self, unit: NamedDependency[Unit], slug: FromPath[str], name: FromPath[str]) -> None:
        """End a membership; everybody may end their own, but the last owner."""
        await membership.remove_member(unit, slug, name)
