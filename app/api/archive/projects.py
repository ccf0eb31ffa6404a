"""`/projects`: list, register, read, change, release and remove."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from accession.catalog.changing import remove_record
from accession.catalog.reading import find_record, get_record
from accession.catalog.shapes import PROJECT
from accession.ids import Accession, Kind
from accession.paging import page_request
from accession.projects import service
from accession.projects.models import Project
from accession.projects.rules import ProjectDraft
from accession.unit import Unit
from app.api.archive.answers import made, one, repeated
from app.api.archive.errors import problems
from app.api.archive.lists import Count, Cursor, PageNumber, PerPage, StateFilter, TextFilter, listing
from app.api.archive.mapping.records import changes_of, fields_of, project_out
from app.api.archive.structs.projects import ProjectIn, ProjectOut, ProjectPatch, ReleaseIn
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
        ena_accession: TextFilter = None,
        ncbi_accession: TextFilter = None,
    ) -> Response[list[ProjectOut]]:
        """The projects that the caller may see, newest first."""
        filters = {
            "alias": alias,
            "organisation": organisation,
            "title": title,
            "project_type": project_type,
            "license": license,
            "state": in_state,
            "ena_accession": ena_accession,
            "ncbi_accession": ncbi_accession,
        }
        wanted = page_request(page, per_page, cursor, count)
        return await listing(request, unit, PROJECT, wanted, filters, project_out)

    @post("/", summary="Register a project", responses=problems(403, 409, 422) | repeated(ProjectOut))
    async def register(
        self, unit: NamedDependency[Unit], wiring: NamedDependency[Wiring], data: JSONBody[ProjectIn]
    ) -> Response[ProjectOut]:
        """Register a project; the same alias with the same content answers the same accession again."""
        draft = ProjectDraft(**fields_of(data))
        default = wiring.settings.default_visibility
        serial, new = await service.register_project(unit, draft, default_visibility=default)
        row = await find_record(unit, PROJECT, Accession(unit.prefix, Kind.PROJECT, serial))
        return made(row, project_out(unit, row), new=new)

    @get("/{accession:str}", summary="Get a project", responses=problems(404, 410, 422))
    async def get_project(self, unit: NamedDependency[Unit], accession: FromPath[str]) -> Response[ProjectOut]:
        """One project by its accession."""
        row = await get_record(unit, PROJECT, accession)
        return one(row, project_out(unit, row))

    @patch("/{accession:str}", summary="Change a project", responses=problems(403, 404, 409, 410, 422))
    async def change(
        self, unit: NamedDependency[Unit], accession: FromPath[str], data: JSONBody[ProjectPatch]
    ) -> Response[ProjectOut]:
        """Merge the given fields into the project."""
        await service.change_project(unit, accession, changes_of(data))
        await unit.session.flush()
        row = await get_record(unit, PROJECT, accession)
        return one(row, project_out(unit, row))

    @post(
        "/{accession:str}/release",
        summary="Release a project",
        status_code=200,
        responses=problems(403, 404, 409, 410, 422),
    )
    async def release(
        self, unit: NamedDependency[Unit], accession: FromPath[str], data: JSONBody[ReleaseIn | None] = None
    ) -> Response[ProjectOut]:
        """Make the project public, at once or from a day on."""
        await service.release_project(unit, accession, data.release_date if data else None)
        await unit.session.flush()
        row = await get_record(unit, PROJECT, accession)
        return one(row, project_out(unit, row))

    @delete("/{accession:str}", summary="Remove a project", responses=problems(403, 404, 409, 410, 422))
    async def remove(self, unit: NamedDependency[Unit], accession: FromPath[str]) -> None:
        """Remove an empty project; one that was public is withdrawn and keeps its tombstone."""
        await remove_record(unit, Project, Kind.PROJECT, accession)
