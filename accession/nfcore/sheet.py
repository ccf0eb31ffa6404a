"""Writes sample sheets: the runs below a record as CSV for an nf-core pipeline, or as all that is known of each run."""

from __future__ import annotations

import asyncio
import csv
import io
from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from accession.errors import Rejected
from accession.issues import Issue
from accession.nfcore.names import file_name
from accession.nfcore.pipelines import PIPELINES, SheetForm
from accession.nfcore.reading import Below, RunFile, runs_below
from accession.nfcore.rows import sheet_rows
from accession.sheets.formulas import with_guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from accession.unit import Unit

_MOST_TOLD: Final = 100
GENERIC_COLUMNS: Final = {
    "sample": "sample_alias",
    "run_accession": "accession",
    "experiment_accession": "experiment",
    "sample_accession": "sample",
    "subject_accession": "subject",
    "project_accession": "project",
    "run_alias": "alias",
    "experiment_alias": "experiment_alias",
    "subject_alias": "subject_alias",
    "organism": "organism",
    "tax_id": "tax_id",
    "file_type": "file_type",
    "filename": "filename",
    "file_path": "filename",
    "file_size": "file_size",
    "checksum_md5": "checksum_md5",
    "checksum_sha256": "checksum_sha256",
    "download_url": "",
    "read_number": "read_number",
    "mate_accession": "",
    "platform": "platform",
    "instrument_model": "instrument_model",
    "library_strategy": "library_strategy",
    "library_source": "library_source",
    "library_selection": "library_selection",
    "library_layout": "library_layout",
    "library_name": "library_name",
    "insert_size": "insert_size",
}
"""Column of the generic sheet → what of a run it holds; empty where it is made."""


class SampleSheet(msgspec.Struct, frozen=True):
    """A sheet as the bytes of a CSV file, and how many runs were left out of it, by the code of the reason."""

    content: bytes
    rows: int
    left_out: dict[str, int]


async def sample_sheet(unit: Unit, accession: str, form: SheetForm, base_url: str) -> SampleSheet:
    """The sheet of all runs below a record; `base_url` is where the archive's API is reached.

    Raises `Rejected` with an issue for each run where none fits the pipeline.
    """
    below = await runs_below(unit, accession)

    def url_of(run: RunFile, name: str) -> str:
        return f"{base_url}/runs/{run.accession}/download/{name}"

    return await asyncio.to_thread(_written, accession, form, below, url_of)


def _written(accession: str, form: SheetForm, below: Below, url_of: Callable[[RunFile, str], str]) -> SampleSheet:
    if form is SheetForm.GENERIC:
        rows, left_out = generic_rows(below, url_of)
        header: list[str] | None = list(GENERIC_COLUMNS)
    else:
        pipeline = PIPELINES[form]
        rows, left_out = sheet_rows(pipeline, below.runs, url_of, below.asked)
        header = [column.name for column in pipeline.columns] if pipeline.header else None
    if not rows:
        raise Rejected(*_why_empty(accession, form, left_out))
    content = _csv(header, (row.values() for row in rows))
    return SampleSheet(content, len(rows), dict(Counter(issue.code for issue in left_out)))


def generic_rows(below: Below, url_of: Callable[[RunFile, str], str]) -> tuple[list[dict[str, str]], list[Issue]]:
    """One row for each run with a good file, or with a description alone; the others as issues."""
    accessions = {run.id: run.accession for run in below.runs}
    rows: list[dict[str, str]] = []
    left_out: list[Issue] = []
    for run in (run for run in below.runs if below.asked in {None, run.accession}):
        if not run.ready:
            left_out.append(Issue("file_not_verified", f"{run.accession} has a file that has not been found good."))
            continue
        row = {column: _text(getattr(run, name)) if name else "" for column, name in GENERIC_COLUMNS.items()}
        row["sample"] = row["sample"] or run.sample or run.accession
        row["download_url"] = url_of(run, file_name(run.filename or ""))
        row["mate_accession"] = accessions.get(run.mate_id, "") if run.mate_id is not None else ""
        rows.append(row)
    return rows, left_out


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _why_empty(accession: str, form: SheetForm, left_out: list[Issue]) -> tuple[list[Issue], str]:
    """The issues of a sheet without rows, and the sentence over them."""
    told = left_out[:_MOST_TOLD]
    if not told:
        message = f"{accession} has no runs that you may see."
        return [Issue("no_runs", message)], message
    more = (
        f" {len(left_out):,} runs are left out; the first {_MOST_TOLD} are told." if len(left_out) > len(told) else ""
    )
    what = "a sheet" if form is SheetForm.GENERIC else f"nf-core/{form}"
    return told, f"No run of {accession} fits {what}: {told[0].message}{more}"


def _csv(header: Sequence[str] | None, rows: Iterable[Iterable[str]]) -> bytes:
    """The file; cells that a spreadsheet would run as formulas are guarded, which no name, address or id needs."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if header is not None:
        writer.writerow(header)
    writer.writerows([with_guard(cell) for cell in row] for row in rows)
    return out.getvalue().encode()
