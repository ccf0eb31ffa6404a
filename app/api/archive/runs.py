"""`/runs`: list, register, read, change, give a new version and remove."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from accession.catalog.drafts import RunDraft
from accession.errors import Rejected
from accession.files import runs
from accession.files.run_filters import by_status
from accession.files.runs import RUN
from accession.ids import Kind
from accession.issues import Issue
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
    SizeFilter,
    StateFilter,
    TextFilter,
    VisibilityFilter,
    listing,
)
from app.api.archive.mapping.records import changes_of, opening_of
from app.api.archive.mapping.runs import run_out
from app.api.archive.measures import Bounds, QcStatusFilter, bounds
from app.api.archive.structs.runs import RunFileIn, RunIn, RunOut, RunPatch
from app.wiring import Wiring

_DESCRIBED = ("filename", "file_size", "checksum_md5", "file_type")


class Runs(Controller):
    """Runs: individual data files."""

    path = "/runs"
    tags = ("Runs",)

    @get("/", summary="List runs", responses=problems(422), dependencies={"measured": bounds()})
    async def list_runs(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        measured: NamedDependency[Bounds],
        page: PageNumber = 1,
        per_page: PerPage = 20,
        cursor: Cursor = None,
        count: Count = None,
        experiment_accession: TextFilter = None,
        mate_accession: TextFilter = None,
        alias: TextFilter = None,
        in_state: StateFilter = None,
        visibility: VisibilityFilter = None,
        file_type: TextFilter = None,
        filename: TextFilter = None,
        file_size: SizeFilter = None,
        checksum_md5: TextFilter = None,
        checksum_sha256: TextFilter = None,
        read_number: NumberFilter = None,
        version: NumberFilter = None,
        ena_accession: TextFilter = None,
        ncbi_accession: TextFilter = None,
        qc_status: QcStatusFilter = None,
    ) -> Response[list[RunOut]]:
        """The runs that the caller may see, newest first; a bound leaves out runs without that number."""
        filters = {
            "experiment_accession": experiment_accession,
            "mate_accession": mate_accession,
            "alias": alias,
            "state": in_state,
            "visibility": visibility,
            "file_type": file_type,
            "filename": filename,
            "file_size": file_size,
            "checksum_md5": checksum_md5,
            "checksum_sha256": checksum_sha256,
            "read_number": read_number,
            "version": version,
            "ena_accession": ena_accession,
            "ncbi_accession": ncbi_accession,
            **by_status(qc_status),
            **measured,
        }
        wanted = page_request(page, per_page, cursor, count)
        return await listing(request, unit, RUN, wanted, filters, run_out)

    @post("/", summary="Register a run", responses=problems(403, 404, 409, 422) | repeated(RunOut))
    async def register(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        wiring: NamedDependency[Wiring],
        data: JSONBody[RunIn],
    ) -> Response[RunOut]:
        """Make a run of a verified staged file; without an object store, describe the file instead."""
        described = wiring.settings.s3_endpoint == "none" and data.file_id is None
        if not described:
            _refuse_description(data)
        draft = RunDraft(**{name: getattr(data, name) for name in RunDraft.__struct_fields__})
        parent, state = data.experiment_accession, opening_of(data)

        async def make() -> tuple[int, bool]:
            if described:
                return await runs.describe_run(unit, parent, draft, data, state=state)
            return await runs.register_run(unit, parent, draft, str(data.file_id), data.mate_accession, state=state)

        return await made(request, unit, RUN, run_out, data, make)

    @get("/{accession:str}", summary="Get a run", responses=problems(404, 410, 422))
    async def get_run(
        self, request: Request[Any, Any, Any], unit: NamedDependency[Unit], accession: FromPath[str]
    ) -> Response[RunOut]:
        """One run by its accession; with a suffix `.n`, as its version n was."""
        row = await runs.get_run(unit, accession)
        return found(request, row, run_out(unit, row))

    @patch("/{accession:str}", summary="Change a run", responses=problems(403, 404, 409, 410, 412, 422))
    async def change(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        accession: FromPath[str],
        data: JSONBody[RunPatch],
    ) -> Response[RunOut]:
        """Merge the given fields into the run; a mate is set once, on both."""
        await require_match(request, unit, RUN, accession, run_out)
        await runs.change_run(unit, accession, changes_of(data))
        return await changed(unit, RUN, accession, run_out)

    @put("/{accession:str}/file", summary="Give a new version", responses=problems(403, 404, 409, 410, 412, 422))
    async def replace_file(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        accession: FromPath[str],
        data: JSONBody[RunFileIn],
    ) -> Response[RunOut]:
        """Make a verified staged file the run's version n+1; version n stays readable by its number."""
        await require_match(request, unit, RUN, accession, run_out)
        await runs.replace_file(unit, accession, data.file_id)
        return await changed(unit, RUN, accession, run_out)

    @delete("/{accession:str}", summary="Remove a run", responses=problems(403, 404, 409, 410, 412, 422))
    async def remove(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        wiring: NamedDependency[Wiring],
        accession: FromPath[str],
    ) -> None:
        """Remove a run that was never public; one that was is withdrawn and keeps its tombstone."""
        await require_match(request, unit, RUN, accession, run_out, alone=True)
        await remove(unit, Kind.RUN, accession, grace=wiring.terms.removal)


def _refuse_description(data: RunIn) -> None:
    """Beside a staged file nothing about its bytes may be said, and a file there must be."""
    told = [name for name in _DESCRIBED if getattr(data, name) is not None]
    issues = [Issue("comes_from_file", f"'{name}' comes from the staged file.", field=name) for name in told]
    if data.file_id is None:
        message = "'file_id' is required: the id of a verified staged file."
        issues = [Issue("missing_required", message, field="file_id")]
    if issues:
        raise Rejected(issues)
