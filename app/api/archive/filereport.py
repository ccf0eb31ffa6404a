"""`/filereport`: the runs below a record with their files, for scripts that know ENA's report of that name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, Operation, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import QueryParameter
from litestar.response import Stream

from accession.errors import Malformed
from accession.files.filereport import AT_ONCE, FileReport, check_result, line_of, next_runs, open_report, read_fields
from accession.sheets.formulas import with_guard
from app.api.archive.errors import problems
from app.api.archive.structs.filereport import RunFileOut
from app.http.deps import actor_of
from app.wiring import Wiring

_TSV = "text/plain"  # with its charset, which the framework adds
_PATH = "/api/v1"
_BLANKS = str.maketrans("\t\n\r\v\f\x85\u2028\u2029", " " * 8)
_ABOUT = """Every run of a project, subject, sample, experiment, or one run, in the order of registration, as far as the
caller may see them: `[{…}]`, or as `format=tsv` a header and one line a run. Without `fields` all of them are given.

Suppressed runs are told only where the accession is theirs, or that of a record that is suppressed itself. In a TSV,
blanks stand for tabs and line ends within a value, and an apostrophe precedes one that a spreadsheet would run as a
formula; JSON has the values as they are. A report may be of any length: it is sent while it is read."""


@dataclass
class ReportOperation(Operation):
    """An array, or lines of text."""

    def __post_init__(self) -> None:
        report = (self.responses or {}).get("200")
        if isinstance(report, OpenAPIResponse) and report.content is not None:
            report.content["text/plain"] = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))


class FileReports(Controller):
    """Reports of files."""

    path = "/filereport"
    tags = ("Search",)

    @get(
        "/",
        operation_class=ReportOperation,
        summary="Report runs and their files",
        description=_ABOUT,
        responses=problems(404, 410, 422),
    )
    async def report(
        self,
        request: Request[Any, Any, Any],
        wiring: NamedDependency[Wiring],
        accession: Annotated[str, QueryParameter(description="A project, subject, sample, experiment or run.")],
        result: Annotated[str, QueryParameter(description="Only `read_run`.")] = "read_run",
        fields: Annotated[str | None, QueryParameter(description="Names of fields, parted by commas.")] = None,
        form: Annotated[str, QueryParameter(name="format", description="`json` or `tsv`.")] = "json",
        limit: Annotated[int, QueryParameter(description="At most so many runs; 0: all.", ge=0, le=2**53)] = 0,
        download: Annotated[bool, QueryParameter(description="As a file to keep.")] = False,  # noqa: FBT002  # as the query has it
    ) -> Response[list[RunFileOut]]:
        """The first runs are read before the answer begins, so that a refusal is one; the others while it is sent."""
        check_result(result)
        if form not in _WRITERS:
            raise Malformed("'format' must be json or tsv.")
        named = read_fields(fields)
        actor = actor_of(request)
        async with wiring.reading(actor) as unit:
            report = await open_report(unit, accession, named)
            first = await next_runs(unit, report, 0, _step(limit, 0))

        async def pages() -> AsyncIterator[Sequence[Any]]:
            rows, told = first, len(first)
            yield rows
            while len(rows) == AT_ONCE and told != limit:
                async with wiring.reading(actor) as further:
                    rows = await next_runs(further, report, rows[-1].serial, _step(limit, told))
                told += len(rows)
                yield rows

        write, media_type = _WRITERS[form]
        headers = {"Cache-Control": "private"}
        if download:
            headers["Content-Disposition"] = f'attachment; filename="filereport_{result}_{accession}_{form}.txt"'
        return Stream(write(wiring, report, pages), media_type=media_type, headers=headers)  # type: ignore[return-value]  # documented by what it sends


def _step(limit: int, told: int) -> int:
    """How many runs to read next."""
    return min(AT_ONCE, limit - told) if limit else AT_ONCE


Pages = Callable[[], AsyncIterator[Sequence[Any]]]


def _lines(wiring: Wiring, report: FileReport, rows: Sequence[Any]) -> list[dict[str, Any]]:
    settings = wiring.settings
    address = f"{settings.base_url}{_PATH}"
    return [line_of(settings.accession_prefix, address, row, report.fields) for row in rows]


async def _as_json(wiring: Wiring, report: FileReport, pages: Pages) -> AsyncIterator[bytes]:
    """The runs as one array."""
    before = b"["
    async for rows in pages():
        if rows:
            yield before + msgspec.json.encode(_lines(wiring, report, rows))[1:-1]
            before = b","
    yield b"]" if before == b"," else b"[]"


async def _as_tsv(wiring: Wiring, report: FileReport, pages: Pages) -> AsyncIterator[bytes]:
    """The runs as lines below their header."""
    yield ("\t".join(report.fields) + "\n").encode()
    async for rows in pages():
        lines = ("\t".join(map(_cell, line.values())) for line in _lines(wiring, report, rows))
        text = "".join(f"{line}\n" for line in lines)
        if text:
            yield text.encode()


def _cell(value: object) -> str:
    """A value as one cell of text."""
    if value is None:
        return ""
    return with_guard(value.translate(_BLANKS)) if isinstance(value, str) else str(value)


_WRITERS = {"json": (_as_json, "application/json"), "tsv": (_as_tsv, _TSV)}
