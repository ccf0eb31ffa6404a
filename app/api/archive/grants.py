"""Grants: `/projects/{accession}/grants`, and the same below samples and staged files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from accession.catalog.sharing import shared_sample
from accession.files.sharing import shared_file
from accession.paging import page_request
from accession.people import grants
from accession.projects.sharing import shared_project
from accession.unit import Unit
from app.api.archive.answers import repeated
from app.api.archive.errors import problems
from app.api.archive.lists import PageNumber, PerPage, page_headers
from app.api.archive.mapping.sharing import grant_out, wish_of
from app.api.archive.structs.sharing import GrantIn, GrantOut

if TYPE_CHECKING:
    from accession.people.grants import Target

Asked = Request[Any, Any, Any]
_GIVE = (
    "Gives an account, by its name or e-mail address, or a group that the caller belongs to access of a level. "
    "The same grantee again gets the new level instead, which answers 200."
)
_READ, _CHANGED = problems(403, 404, 410, 422), problems(403, 404, 409, 410, 422)
_GIVEN = _CHANGED | repeated(GrantOut)


class ProjectGrants(Controller):
    """Who was granted a project with all of its records, for those who may share it."""

    path = "/projects/{accession:str}/grants"
    tags = ("Sharing",)

    @get("/", summary="List a project's grants", responses=_READ)
    async def list_grants(
        self,
        request: Asked,
        unit: NamedDependency[Unit],
        accession: FromPath[str],
        page: PageNumber = 1,
        per_page: PerPage = 20,
    ) -> Response[list[GrantOut]]:
        """The grants on the project, expired ones too, the oldest first."""
        return await _listed(request, unit, await shared_project(unit, accession), page, per_page)

    @post("/", summary="Grant a project", description=_GIVE, responses=_GIVEN)
    async def grant(
        self, unit: NamedDependency[Unit], accession: FromPath[str], data: JSONBody[GrantIn]
    ) -> Response[GrantOut]:
        """Share the project and all of its records."""
        return await _given(unit, await shared_project(unit, accession, lock=True), data)

    @delete("/{grant_id:uuid}", summary="Revoke a project's grant", responses=_CHANGED)
    async def revoke_grant(
        self, unit: NamedDependency[Unit], accession: FromPath[str], grant_id: FromPath[UUID]
    ) -> None:
        """End a grant at once."""
        await grants.revoke(unit, await shared_project(unit, accession, lock=True), grant_id)


class SampleGrants(Controller):
    """Who was granted a sample with its experiments and runs, for those who may share it."""

    path = "/samples/{accession:str}/grants"
    tags = ("Sharing",)

    @get("/", summary="List a sample's grants", responses=_READ)
    async def list_grants(
        self,
        request: Asked,
        unit: NamedDependency[Unit],
        accession: FromPath[str],
        page: PageNumber = 1,
        per_page: PerPage = 20,
    ) -> Response[list[GrantOut]]:
        """The grants on the sample itself, expired ones too, the oldest first."""
        return await _listed(request, unit, await shared_sample(unit, accession), page, per_page)

    @post("/", summary="Grant a sample", description=_GIVE, responses=_GIVEN)
    async def grant(
        self, unit: NamedDependency[Unit], accession: FromPath[str], data: JSONBody[GrantIn]
    ) -> Response[GrantOut]:
        """Share the sample, its experiments and its runs."""
        return await _given(unit, await shared_sample(unit, accession, lock=True), data)

    @delete("/{grant_id:uuid}", summary="Revoke a sample's grant", responses=_CHANGED)
    async def revoke_grant(
        self, unit: NamedDependency[Unit], accession: FromPath[str], grant_id: FromPath[UUID]
    ) -> None:
        """End a grant at once."""
        await grants.revoke(unit, await shared_sample(unit, accession, lock=True), grant_id)


class FileGrants(Controller):
    """Who was granted a file and the run that has it, for its owner, then for those who share the run's project."""

    path = "/staging/files/{file_id:uuid}/grants"
    tags = ("Sharing",)

    @get("/", summary="List a file's grants", responses=problems(403, 404))
    async def list_grants(
        self,
        request: Asked,
        unit: NamedDependency[Unit],
        file_id: FromPath[UUID],
        page: PageNumber = 1,
        per_page: PerPage = 20,
    ) -> Response[list[GrantOut]]:
        """The grants on the file, expired ones too, the oldest first."""
        return await _listed(request, unit, await shared_file(unit, file_id), page, per_page)

    @post("/", summary="Grant a file", description=_GIVE, responses=problems(403, 404, 409, 422) | repeated(GrantOut))
    async def grant(
        self, unit: NamedDependency[Unit], file_id: FromPath[UUID], data: JSONBody[GrantIn]
    ) -> Response[GrantOut]:
        """Share the file, and the run that has it as its current version."""
        return await _given(unit, await shared_file(unit, file_id, lock=True), data)

    @delete("/{grant_id:uuid}", summary="Revoke a file's grant", responses=problems(403, 404, 409))
    async def revoke_grant(
        self, unit: NamedDependency[Unit], file_id: FromPath[UUID], grant_id: FromPath[UUID]
    ) -> None:
        """End a grant at once."""
        await grants.revoke(unit, await shared_file(unit, file_id, lock=True), grant_id)


async def _listed(request: Asked, unit: Unit, target: Target, page: int, per_page: int) -> Response[list[GrantOut]]:
    wanted = page_request(page, per_page, None, None)
    found = await grants.grants_on(unit, target, wanted)
    return Response([grant_out(unit, *row) for row in found.items], headers=page_headers(request, wanted, found))


async def _given(unit: Unit, target: Target, data: GrantIn) -> Response[GrantOut]:
    """201 for a new grantee, 200 for one whose level changed."""
    row, new = await grants.give(unit, target, wish_of(data))
    return Response(grant_out(unit, *row), status_code=201 if new else 200)
