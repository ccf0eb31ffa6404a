"""`/projects`: list, register, read, change, release and remove."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from accession.catalog.reading import get_record
from accession.catalog.shapes import PROJECT
from accession.errors import Malformed
from accession.ids import Kind
from accession.paging import page_request
from accession.projects import service
from accession.projects.rules import ProjectDraft
from accession.states.removing import remove
from accession.unit import Unit
from app.api.archive.answers import changed, found, made, repeated, require_match
from app.api.archive.errors import problems
from app.api.archive.lists import (
    Count,
    Cursor,
    DateFilter,
    PageNumber,
    PerPage,
    StateFilter,
    TextFilter,
    VisibilityFilter,
    listing,
)
from app.api.archive.mapping.records import changes_of, fields_of, project_out
from app.api.archive.structs.projects import ProjectIn, ProjectOut, ProjectPatch
from app.wiring import Wiring


class Projects(Controller):
    """Projects: what is owned, shared and released together."""

    path = "/projects"
    tags = ("Projects",)

    @get("/", summary="List projects", responses=problems())
    async def list_projects(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        page: PageNumber = 1,
        per_page: PerPage = 20,
        cursor: Cursor = None,
        count: Count = None,
        alias: TextFilter = None,
        organisation: TextFilter = None,
        title: TextFilter = None,
        project_type: TextFilter = None,
        license: TextFilter = None,  # noqa: A002  # the wire's name
        in_state: StateFilter = None,
        visibility: VisibilityFilter = None,
        release_date: DateFilter = None,
        ena_accession: TextFilter = None,
        ncbi_accession: TextFilter = None,
    ) -> Response[list[ProjectOut]]:
        """The projects that the caller may see, newest first."""
        if organisation is not None and unit.actor.owners_hidden:
            raise Malformed("This reviewer link hides whose projects are whose; 'organisation' cannot be asked for.")
        filters = {
            "alias": alias,
            "organisation": organisation,
            "title": title,
            "project_type": project_type,
            "license": license,
            "state": in_state,
            "visibility": visibility,
            "release_date": release_date,
            "ena_accession": ena_accession,
            "ncbi_accession": ncbi_accession,
        }
        wanted = page_request(page, per_page, cursor, count)
        return await listing(request, unit, PROJECT, wanted, filters, project_out)

    @post("/", summary="Register a project", responses=problems(403, 409, 422) | repeated(ProjectOut))
    async def register(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        wiring: NamedDependency[Wiring],
        data: JSONBody[ProjectIn],
    ) -> Response[ProjectOut]:
        """Register a project; the same alias with the same content answers the same accession again."""
        draft, default = ProjectDraft(**fields_of(data)), wiring.settings.default_visibility

        async def make() -> tuple[int, bool]:
            return await service.register_project(unit, draft, default_visibility=default)

        return await made(request, unit, PROJECT, project_out, data, make)

    @get("/{accession:str}", summary="Get a project", responses=problems(404, 410, 422))
    async def get_project(
        self, request: Request[Any, Any, Any], unit: NamedDependency[Unit], accession: FromPath[str]
    ) -> Response[ProjectOut]:
        """One project by its accession."""
        row = await get_record(unit, PROJECT, accession)
        return found(request, row, project_out(unit, row))

    @patch("/{accession:str}", summary="Change a project", responses=problems(403, 404, 409, 410, 412, 422))
    async def change(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        accession: FromPath[str],
        data: JSONBody[ProjectPatch],
    ) -> Response[ProjectOut]:
        """Merge the given fields into the project."""
        await require_match(request, unit, PROJECT, accession, project_out, alone=True)
        await service.change_project(unit, accession, changes_of(data))
        return await changed(unit, PROJECT, accession, project_out)

    @delete("/{accession:str}", summary="Remove a project", responses=problems(403, 404, 409, 410, 412, 422))
    async def remove(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        wiring: NamedDependency[Wiring],
        accession: FromPath[str],
    ) -> None:
        """Remove an empty project; one that was public is withdrawn and keeps its tombstone."""
        await require_match(request, unit, PROJECT, accession, project_out, alone=True)
        await remove(unit, Kind.PROJECT, accession, grace=wiring.terms.removal)
