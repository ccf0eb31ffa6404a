"""`/subjects`: list, register, read, change and remove."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from accession.catalog.changing import change_subject
from accession.catalog.drafts import SubjectDraft
from accession.catalog.reading import get_record
from accession.catalog.registering import register_subject
from accession.catalog.shapes import SUBJECT
from accession.ids import Kind
from accession.paging import page_request
from accession.states.removing import remove
from accession.unit import Unit
from app.api.archive.answers import changed, found, made, repeated, require_match
from app.api.archive.errors import problems
from app.api.archive.lists import (
    Count,
    Cursor,
    NumberFilter,
    PageNumber,
    PerPage,
    StateFilter,
    TextFilter,
    VisibilityFilter,
    listing,
)
from app.api.archive.mapping.records import OPENING, changes_of, fields_of, opening_of, subject_out
from app.api.archive.structs.subjects import SubjectIn, SubjectOut, SubjectPatch
from app.wiring import Wiring


class Subjects(Controller):
    """Subjects: the individuals or donors that samples come from."""

    path = "/subjects"
    tags = ("Subjects",)

    @get("/", summary="List subjects", responses=problems(422))
    async def list_subjects(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        page: PageNumber = 1,
        per_page: PerPage = 20,
        cursor: Cursor = None,
        count: Count = None,
        project_accession: TextFilter = None,
        alias: TextFilter = None,
        in_state: StateFilter = None,
        visibility: VisibilityFilter = None,
        organism: TextFilter = None,
        tax_id: NumberFilter = None,
        sex: TextFilter = None,
    ) -> Response[list[SubjectOut]]:
        """The subjects that the caller may see, newest first."""
        filters = {
            "project_accession": project_accession,
            "alias": alias,
            "state": in_state,
            "visibility": visibility,
            "organism": organism,
            "tax_id": tax_id,
            "sex": sex,
        }
        wanted = page_request(page, per_page, cursor, count)
        return await listing(request, unit, SUBJECT, wanted, filters, subject_out)

    @post("/", summary="Register a subject", responses=problems(403, 404, 409, 422) | repeated(SubjectOut))
    async def register(
        self, request: Request[Any, Any, Any], unit: NamedDependency[Unit], data: JSONBody[SubjectIn]
    ) -> Response[SubjectOut]:
        """Register a subject; the same alias with the same content answers the same accession again."""
        draft, state = SubjectDraft(**fields_of(data, "project_accession", *OPENING)), opening_of(data)

        async def make() -> tuple[int, bool]:
            return await register_subject(unit, data.project_accession, draft, state=state)

        return await made(request, unit, SUBJECT, subject_out, data, make)

    @get("/{accession:str}", summary="Get a subject", responses=problems(404, 410, 422))
    async def get_subject(
        self, request: Request[Any, Any, Any], unit: NamedDependency[Unit], accession: FromPath[str]
    ) -> Response[SubjectOut]:
        """One subject by its accession."""
        row = await get_record(unit, SUBJECT, accession)
        return found(request, row, subject_out(unit, row))

    @patch("/{accession:str}", summary="Change a subject", responses=problems(403, 404, 409, 410, 412, 422))
    async def change(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        accession: FromPath[str],
        data: JSONBody[SubjectPatch],
    ) -> Response[SubjectOut]:
        """Merge the given fields into the subject and check the whole again."""
        await require_match(request, unit, SUBJECT, accession, subject_out)
        await change_subject(unit, accession, changes_of(data))
        return await changed(unit, SUBJECT, accession, subject_out)

    @delete("/{accession:str}", summary="Remove a subject", responses=problems(403, 404, 409, 410, 412, 422))
    async def remove(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        wiring: NamedDependency[Wiring],
        accession: FromPath[str],
    ) -> None:
        """Remove a subject that nothing hangs on; one that was public is withdrawn and keeps its tombstone."""
        await require_match(request, unit, SUBJECT, accession, subject_out, alone=True)
        await remove(unit, Kind.SUBJECT, accession, grace=wiring.terms.removal)
