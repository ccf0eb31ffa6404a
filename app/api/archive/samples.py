"""`/samples`: list, register, read, change and remove."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from accession.catalog.changing import change_sample
from accession.catalog.drafts import SampleDraft
from accession.catalog.reading import get_record
from accession.catalog.registering import register_sample
from accession.catalog.shapes import SAMPLE
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
from app.api.archive.mapping.records import OPENING, changes_of, fields_of, opening_of, sample_out
from app.api.archive.structs.samples import SampleIn, SampleOut, SamplePatch
from app.wiring import Wiring


class Samples(Controller):
    """Samples: what was sequenced, described by a checklist."""

    path = "/samples"
    tags = ("Samples",)

    @get("/", summary="List samples", responses=problems(422))
    async def list_samples(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        page: PageNumber = 1,
        per_page: PerPage = 20,
        cursor: Cursor = None,
        count: Count = None,
        project_accession: TextFilter = None,
        subject_accession: TextFilter = None,
        alias: TextFilter = None,
        in_state: StateFilter = None,
        visibility: VisibilityFilter = None,
        checklist_id: TextFilter = None,
        organism: TextFilter = None,
        tax_id: NumberFilter = None,
        collection_date: TextFilter = None,
        geographic_location: TextFilter = None,
        breed: TextFilter = None,
        host: TextFilter = None,
        tissue: TextFilter = None,
        developmental_stage: TextFilter = None,
        sex: TextFilter = None,
        ena_accession: TextFilter = None,
        ncbi_accession: TextFilter = None,
    ) -> Response[list[SampleOut]]:
        """The samples that the caller may see, newest first."""
        filters = {
            "project_accession": project_accession,
            "subject_accession": subject_accession,
            "alias": alias,
            "state": in_state,
            "visibility": visibility,
            "checklist_id": checklist_id,
            "organism": organism,
            "tax_id": tax_id,
            "collection_date": collection_date,
            "geographic_location": geographic_location,
            "breed": breed,
            "host": host,
            "tissue": tissue,
            "developmental_stage": developmental_stage,
            "sex": sex,
            "ena_accession": ena_accession,
            "ncbi_accession": ncbi_accession,
        }
        wanted = page_request(page, per_page, cursor, count)
        return await listing(request, unit, SAMPLE, wanted, filters, sample_out)

    @post("/", summary="Register a sample", responses=problems(403, 404, 409, 422) | repeated(SampleOut))
    async def register(
        self, request: Request[Any, Any, Any], unit: NamedDependency[Unit], data: JSONBody[SampleIn]
    ) -> Response[SampleOut]:
        """Register a sample; the same alias with the same content answers the same accession again."""
        draft, state = (
            SampleDraft(**fields_of(data, "project_accession", "subject_accession", *OPENING)),
            opening_of(data),
        )

        async def make() -> tuple[int, bool]:
            return await register_sample(unit, data.project_accession, draft, data.subject_accession, state=state)

        return await made(request, unit, SAMPLE, sample_out, data, make)

    @get("/{accession:str}", summary="Get a sample", responses=problems(404, 410, 422))
    async def get_sample(
        self, request: Request[Any, Any, Any], unit: NamedDependency[Unit], accession: FromPath[str]
    ) -> Response[SampleOut]:
        """One sample by its accession."""
        row = await get_record(unit, SAMPLE, accession)
        return found(request, row, sample_out(unit, row))

    @patch("/{accession:str}", summary="Change a sample", responses=problems(403, 404, 409, 410, 412, 422))
    async def change(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        accession: FromPath[str],
        data: JSONBody[SamplePatch],
    ) -> Response[SampleOut]:
        """Merge the given fields into the sample and check the whole again."""
        await require_match(request, unit, SAMPLE, accession, sample_out)
        await change_sample(unit, accession, changes_of(data))
        return await changed(unit, SAMPLE, accession, sample_out)

    @delete("/{accession:str}", summary="Remove a sample", responses=problems(403, 404, 409, 410, 412, 422))
    async def remove(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        wiring: NamedDependency[Wiring],
        accession: FromPath[str],
    ) -> None:
        """Remove a sample that nothing hangs on; one that was public is withdrawn and keeps its tombstone."""
        await require_match(request, unit, SAMPLE, accession, sample_out, alone=True)
        await remove(unit, Kind.SAMPLE, accession, grace=wiring.terms.removal)
