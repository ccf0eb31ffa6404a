"""`/experiments`: list, register, read, change and remove."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from accession.catalog.changing import change_experiment
from accession.catalog.drafts import ExperimentDraft
from accession.catalog.reading import get_record
from accession.catalog.registering import register_experiment
from accession.catalog.shapes import EXPERIMENT
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
from app.api.archive.mapping.records import OPENING, changes_of, experiment_out, fields_of, opening_of
from app.api.archive.structs.experiments import ExperimentIn, ExperimentOut, ExperimentPatch
from app.wiring import Wiring


class Experiments(Controller):
    """Experiments: how a sample was sequenced."""

    path = "/experiments"
    tags = ("Experiments",)

    @get("/", summary="List experiments", responses=problems(422))
    async def list_experiments(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        page: PageNumber = 1,
        per_page: PerPage = 20,
        cursor: Cursor = None,
        count: Count = None,
        sample_accession: TextFilter = None,
        alias: TextFilter = None,
        in_state: StateFilter = None,
        visibility: VisibilityFilter = None,
        platform: TextFilter = None,
        instrument_model: TextFilter = None,
        library_strategy: TextFilter = None,
        library_source: TextFilter = None,
        library_layout: TextFilter = None,
        library_selection: TextFilter = None,
        insert_size: NumberFilter = None,
        library_name: TextFilter = None,
        ena_accession: TextFilter = None,
        ncbi_accession: TextFilter = None,
    ) -> Response[list[ExperimentOut]]:
        """The experiments that the caller may see, newest first."""
        filters = {
            "sample_accession": sample_accession,
            "alias": alias,
            "state": in_state,
            "visibility": visibility,
            "platform": platform,
            "instrument_model": instrument_model,
            "library_strategy": library_strategy,
            "library_source": library_source,
            "library_layout": library_layout,
            "library_selection": library_selection,
            "insert_size": insert_size,
            "library_name": library_name,
            "ena_accession": ena_accession,
            "ncbi_accession": ncbi_accession,
        }
        wanted = page_request(page, per_page, cursor, count)
        return await listing(request, unit, EXPERIMENT, wanted, filters, experiment_out)

    @post(
        "/",
        summary="Register an experiment",
        responses=problems(403, 404, 409, 422) | repeated(ExperimentOut),
    )
    async def register(
        self, request: Request[Any, Any, Any], unit: NamedDependency[Unit], data: JSONBody[ExperimentIn]
    ) -> Response[ExperimentOut]:
        """Register an experiment; the same alias with the same content answers the same accession again."""
        draft, state = ExperimentDraft(**fields_of(data, "sample_accession", *OPENING)), opening_of(data)

        async def make() -> tuple[int, bool]:
            return await register_experiment(unit, data.sample_accession, draft, state=state)

        return await made(request, unit, EXPERIMENT, experiment_out, data, make)

    @get("/{accession:str}", summary="Get an experiment", responses=problems(404, 410, 422))
    async def get_experiment(
        self, request: Request[Any, Any, Any], unit: NamedDependency[Unit], accession: FromPath[str]
    ) -> Response[ExperimentOut]:
        """One experiment by its accession."""
        row = await get_record(unit, EXPERIMENT, accession)
        return found(request, row, experiment_out(unit, row))

    @patch("/{accession:str}", summary="Change an experiment", responses=problems(403, 404, 409, 410, 412, 422))
    async def change(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        accession: FromPath[str],
        data: JSONBody[ExperimentPatch],
    ) -> Response[ExperimentOut]:
        """Merge the given fields into the experiment and check the whole again."""
        await require_match(request, unit, EXPERIMENT, accession, experiment_out)
        await change_experiment(unit, accession, changes_of(data))
        return await changed(unit, EXPERIMENT, accession, experiment_out)

    @delete("/{accession:str}", summary="Remove an experiment", responses=problems(403, 404, 409, 410, 412, 422))
    async def remove(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        wiring: NamedDependency[Wiring],
        accession: FromPath[str],
    ) -> None:
        """Remove an experiment that nothing hangs on; one that was public is withdrawn and keeps its tombstone."""
        await require_match(request, unit, EXPERIMENT, accession, experiment_out, alone=True)
        await remove(unit, Kind.EXPERIMENT, accession, grace=wiring.terms.removal)
