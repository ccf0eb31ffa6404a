"""`/bulk-submit` and `/samples/bulk`: templates, trial runs and submissions of bulk sample sheets."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from weakref import WeakKeyDictionary

import msgspec
from litestar import Controller, MediaType, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter

from accession.checklists.lookup import get_checklist
from accession.errors import Malformed, NotFound, Unauthenticated
from accession.sheets.applying import Made
from accession.sheets.service import RefusedSheet, Sheets, checklist_named
from accession.sheets.template import SheetFormat, template
from app.api.archive.errors import MEDIA_TYPE as PROBLEM_TYPE
from app.api.archive.errors import problems
from app.api.archive.forms import SheetOperation, TemplateOperation, TrialOperation
from app.api.archive.mapping.sheets import report_out
from app.api.archive.structs.sheets import ConfirmedOut, RefusedSheetOut, SheetReportOut
from app.http.deps import actor_of
from app.http.idempotency import named_form
from app.http.uploads import SpooledUpload, read_form
from app.wiring import Wiring

MAX_SHEET_BYTES = 50 * 2**20
_BODY_LIMIT = MAX_SHEET_BYTES + 2**20
_MEDIA_TYPES = {
    SheetFormat.TSV: "text/tab-separated-values",
    SheetFormat.CSV: "text/csv",
    SheetFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_FAULTS = ResponseSpec(
    RefusedSheetOut, description="The sheet has faults.", media_type=PROBLEM_TYPE, generate_examples=False
)
_MOST_AT_WORK = 2
_at_work: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
Asked = Request[Any, Any, Any]


class BulkSubmission(Controller):
    """Bulk sample sheets: many samples with their libraries and files at once."""

    tags = ("Bulk submission",)
    request_max_body_size = _BODY_LIMIT

    @get(
        "/bulk-submit/template/{checklist:str}",
        operation_class=TemplateOperation,
        summary="Get a template",
        responses=problems(404),
        media_type=_MEDIA_TYPES[SheetFormat.TSV],
    )
    async def get_template(
        self, checklist: FromPath[str], form: Annotated[str, QueryParameter(name="format")] = "tsv"
    ) -> Response[bytes]:
        """An empty sheet for a checklist with two example rows: `format` is tsv, csv or xlsx."""
        found = get_checklist(checklist)
        if found is None:
            raise NotFound(f"There is no checklist {checklist[:80]!r}; GET /checklists lists them all.")
        if form not in SheetFormat._value2member_map_:
            raise Malformed("'format' must be tsv, csv or xlsx.")
        kind = SheetFormat(form)
        disposition = f'attachment; filename="{found.id}.{kind.value}"'
        return Response(
            template(found, kind), media_type=_MEDIA_TYPES[kind], headers={"Content-Disposition": disposition}
        )

    @post(
        "/bulk-submit/validate",
        opt={"reads": True},
        operation_class=TrialOperation,
        summary="Check a sheet",
        status_code=200,
        responses=problems(403, 404, 413, 415, 422),
    )
    async def validate(self, request: Asked, wiring: NamedDependency[Wiring]) -> Response[SheetReportOut]:
        """Check every cell of every row and tell all faults at once; nothing is stored."""
        sheets, fields, upload = await _form(request, wiring)
        try:
            checklist = checklist_named(fields.get("checklist_id"))
            project = fields.get("project_accession") or None
            async with _turn():
                report = await sheets.validate(upload.path, upload.filename, checklist, project)
                encoded: Any = await asyncio.to_thread(lambda: msgspec.json.encode(report_out(report)))
            return Response(encoded, media_type=MediaType.JSON)
        finally:
            upload.remove()

    @post(
        "/bulk-submit/confirm",
        operation_class=SheetOperation,
        summary="Submit a sheet",
        status_code=200,
        responses=problems(403, 404, 409, 413, 415, 422) | {400: _FAULTS},
    )
    async def confirm(self, request: Asked, wiring: NamedDependency[Wiring]) -> Response[ConfirmedOut]:
        """Make everything that the sheet says, all or nothing; the same sheet again makes nothing new."""
        return await _confirm(request, wiring, samples_only=False)

    @post(
        "/samples/bulk",
        operation_class=SheetOperation,
        summary="Submit a sheet of samples",
        status_code=200,
        responses=problems(403, 404, 409, 413, 415, 422) | {400: _FAULTS},
    )
    async def samples(self, request: Asked, wiring: NamedDependency[Wiring]) -> Response[ConfirmedOut]:
        """Make the samples of a sheet without libraries or files, all or nothing."""
        return await _confirm(request, wiring, samples_only=True)


def _turn() -> asyncio.Semaphore:
    """The turn of one sheet: large ones hold hundreds of megabytes, so a process works at two at a time."""
    return _at_work.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_MOST_AT_WORK))


async def _form(request: Asked, wiring: Wiring) -> tuple[Sheets, dict[str, str], SpooledUpload]:
    """The caller's sheets, the text fields and the sheet itself in a temporary file."""
    actor = actor_of(request)
    if not actor.signed_in:
        raise Unauthenticated("Sign in first: sheets speak of your own staged files.")
    fields, upload = await read_form(request, MAX_SHEET_BYTES)
    return Sheets(wiring, actor), fields, upload


async def _confirm(request: Asked, wiring: Wiring, *, samples_only: bool) -> Response[ConfirmedOut]:
    sheets, fields, upload = await _form(request, wiring)
    try:
        project = fields.get("project_accession")
        if not project:
            raise Malformed("'project_accession' is required: the project that the samples go into.")
        checklist = checklist_named(fields.get("checklist_id"))
        named = await asyncio.to_thread(named_form, request, fields, upload.filename, upload.path)
        async with _turn():
            made = await sheets.confirm(
                upload.path, upload.filename, checklist, project, samples_only=samples_only, named=named
            )
    except RefusedSheet as refused:
        encoded: Any = await asyncio.to_thread(_refusal, refused)
        return Response(encoded, status_code=400, media_type=PROBLEM_TYPE)
    finally:
        upload.remove()
    return Response(_confirmed(made))


def _confirmed(made: Made) -> ConfirmedOut:
    return ConfirmedOut("created", made.samples, made.subjects, made.experiments, made.runs)


def _refusal(refused: RefusedSheet) -> bytes:
    """The problem document of a refused sheet, with the whole report."""
    body = RefusedSheetOut(
        type=f"urn:seqark:problem:{refused.code}",
        title="Bad Request",
        status=400,
        detail=refused.detail,
        code=refused.code,
        issues=refused.issues[:1000],
        report=report_out(refused.report),
    )
    return msgspec.json.encode(body)
