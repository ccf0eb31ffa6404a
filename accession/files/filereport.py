"""Reports the runs below a record with their files, as ENA's file report does: page after page, in bounded memory."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Select, and_, bindparam, literal_column, select

from accession.base import State
from accession.catalog.models import Experiment, Run, Sample
from accession.catalog.reading import find_record
from accession.catalog.shapes import (
    EXPERIMENT,
    EXPERIMENTS,
    PROJECT,
    PROJECTS,
    SAMPLE,
    SAMPLES,
    SUBJECT,
    SUBJECTS,
    Shape,
)
from accession.errors import Malformed, Rejected
from accession.files.models import FileState
from accession.files.runs import FILES, RUN, RUNS
from accession.ids import Kind, format_accession, require_any
from accession.issues import Issue
from accession.people.access import Viewer, readable, values, viewer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from accession.unit import Unit

FIELDS = (
    *("run_accession", "experiment_accession", "sample_accession", "project_accession", "organism", "tax_id"),
    *("file_type", "filename", "file_path", "file_size", "checksum_md5", "checksum_sha256", "download_url"),
    *("platform", "instrument_model", "library_strategy", "library_layout"),
)
RESULT = "read_run"
AT_ONCE = 2000
_GOOD = (FileState.LINKED, FileState.VERIFIED)
_SHAPES: dict[Kind, Shape] = {shape.kind: shape for shape in (PROJECT, SUBJECT, SAMPLE, EXPERIMENT, RUN)}
_ANCHORS = {
    Kind.PROJECT: PROJECTS.c.serial,
    Kind.SUBJECT: SUBJECTS.c.serial,
    Kind.SAMPLE: SAMPLES.c.serial,
    Kind.EXPERIMENT: EXPERIMENTS.c.serial,
    Kind.RUN: RUNS.c.serial,
}


class FileReport(msgspec.Struct, frozen=True):
    """A report that may be given: below which record, and with which fields.

    `suppressed` says that the record is one that is found by its accession only: its runs are told then, and otherwise
    those that are suppressed are left out, for everyone.
    """

    kind: Kind
    serial: int
    fields: tuple[str, ...]
    suppressed: bool


def read_fields(text: str | None) -> tuple[str, ...]:
    """Read a list of fields, parted by commas; all fields for none or `all`, `Malformed` for one that is not known."""
    names = tuple(dict.fromkeys(name.strip() for name in (text or "").split(",") if name.strip()))
    for name in names:
        if name not in FIELDS and name != "all":
            raise Malformed(f"'fields' has {name[:80]!r}; known are {', '.join(FIELDS)}.", code="unknown_field")
    return FIELDS if not names or "all" in names else names


def check_result(result: str) -> None:
    """Raise `Malformed` unless the report is one of runs, the only one there is."""
    if result != RESULT:
        raise Malformed(f"'result' is {result[:80]!r}; the only report here is {RESULT!r}.", code="unknown_result")


async def open_report(unit: Unit, accession: str, fields: tuple[str, ...]) -> FileReport:
    """Find the record; `Rejected` for a malformed accession, `NotFound` and `Gone` as the record itself answers."""
    wanted = require_any(accession, unit.prefix, _SHAPES)
    kind = wanted.kind
    if wanted.version is not None:
        message = f"A report is of a run, not of one version of it; ask for {accession.partition('.')[0]}."
        raise Rejected([Issue("malformed_accession", message, field="accession")])
    row = await find_record(unit, _SHAPES[kind], wanted)
    suppressed = kind is Kind.RUN or State.SUPPRESSED in {row.state, row.scope_state}
    return FileReport(kind, wanted.serial, fields, suppressed)


async def next_runs(unit: Unit, report: FileReport, after: int, most: int) -> Sequence[Row[Any]]:
    """At most `most` further runs of a report, in the order in which they were registered, in one statement."""
    statement = _statement(report.kind, viewer(unit), report.suppressed)
    return await unit.fetch(statement, {"anchor": report.serial, "after": after, "most": most, **values(unit)})


def line_of(prefix: str, base_url: str, row: Row[Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """One run with the wanted fields; None for what it has not, or what the caller may not see.

    `base_url` is that of the API; a file that was not found good has no `download_url`.
    """

    def printed(kind: Kind, serial: int | None) -> str | None:
        return None if serial is None else format_accession(prefix, kind, serial)

    run = format_accession(prefix, Kind.RUN, row.serial)
    ready = row.file_id is None or row.file_state in _GOOD
    made = {
        "run_accession": run,
        "experiment_accession": printed(Kind.EXPERIMENT, row.experiment_serial),
        "sample_accession": printed(Kind.SAMPLE, row.sample_serial),
        "project_accession": printed(Kind.PROJECT, row.project_serial),
        "file_path": row.filename,
        "download_url": f"{base_url}/runs/{run}/download" if ready else None,
    }
    return {name: made[name] if name in made else getattr(row, name) for name in fields}


@cache
def _statement(kind: Kind, who: Viewer, suppressed: bool) -> Select[Any]:  # noqa: FBT001
    """One statement for all: parents that the caller may not see are null."""
    seen = {model: readable(model, who, by_accession=True) for model in (Experiment, Sample)}
    rows = (
        RUNS.join(PROJECTS, PROJECTS.c.id == RUNS.c.scope_id)
        .outerjoin(EXPERIMENTS, and_(EXPERIMENTS.c.id == RUNS.c.experiment_id, seen[Experiment]))
        .outerjoin(SAMPLES, and_(SAMPLES.c.id == EXPERIMENTS.c.sample_id, seen[Sample]))
        .outerjoin(FILES, FILES.c.id == RUNS.c.file_id)
    )
    if kind is Kind.SUBJECT:
        rows = rows.join(SUBJECTS, SUBJECTS.c.id == SAMPLES.c.subject_id)
    own = RUNS.c["serial", "file_id", "file_type", "filename", "file_size", "checksum_md5", "checksum_sha256"]
    library = EXPERIMENTS.c["platform", "instrument_model", "library_strategy", "library_layout"]
    serials = {"experiment": EXPERIMENTS, "sample": SAMPLES, "project": PROJECTS}
    parents = [table.c.serial.label(f"{name}_serial") for name, table in serials.items()]
    found = select(*own, *library, *SAMPLES.c["organism", "tax_id"], *parents, FILES.c.state.label("file_state"))
    found = found.select_from(rows).where(
        _ANCHORS[kind] == bindparam("anchor"),
        RUNS.c.serial > bindparam("after"),
        readable(Run, who, by_accession=suppressed),
    )
    if not suppressed:
        found = found.where(RUNS.c.state != literal_column(f"'{State.SUPPRESSED.value}'"))
    return found.order_by(RUNS.c.serial).limit(bindparam("most"))
