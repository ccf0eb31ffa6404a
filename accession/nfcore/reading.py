"""Finds the runs below a record for a sample sheet, with what is known of their samples, as the caller may see them."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_, bindparam, or_, select

from accession.base import State
from accession.catalog.models import Experiment, Run, Sample, Subject
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
from accession.errors import Rejected, TooLarge
from accession.files.models import FileState
from accession.files.runs import FILES, RUN, RUNS
from accession.ids import Accession, Kind, format_accession, require_any
from accession.issues import Issue
from accession.people.access import Viewer, readable, values, viewer

if TYPE_CHECKING:
    from sqlalchemy import BindParameter, ColumnElement, Table

    from accession.unit import Unit

MOST_RUNS = 20_000
_SHAPES: dict[Kind, Shape] = {shape.kind: shape for shape in (PROJECT, SUBJECT, SAMPLE, EXPERIMENT, RUN)}
_GOOD = (FileState.LINKED, FileState.VERIFIED)
_SAME = (
    *("id", "serial", "mate_id", "alias", "file_type", "filename", "file_size", "checksum_md5", "checksum_sha256"),
    *("read_number", "platform", "instrument_model", "library_strategy", "library_source", "library_selection"),
    *("library_layout", "library_name", "insert_size", "organism", "tax_id"),
)
_asked = RUNS.alias("asked")


class RunFile(msgspec.Struct, frozen=True, kw_only=True):
    """One run with its file, its experiment, its sample and its subject; None where the caller may not see them.

    `ready` says that its bytes were found good; `kept` that the archive keeps them and does not only know of them.
    """

    id: UUID
    serial: int
    accession: str
    mate_id: UUID | None
    ready: bool
    kept: bool
    alias: str | None
    file_type: str | None
    filename: str | None
    file_size: int | None
    checksum_md5: str | None
    checksum_sha256: str | None
    read_number: int | None
    public_ids: tuple[str, ...]
    experiment: str | None
    experiment_alias: str | None
    platform: str | None
    instrument_model: str | None
    library_strategy: str | None
    library_source: str | None
    library_selection: str | None
    library_layout: str | None
    library_name: str | None
    insert_size: int | None
    sample: str | None
    sample_alias: str | None
    organism: str | None
    tax_id: int | None
    sample_sex: str | None
    custom_fields: dict[str, Any]
    subject: str | None
    subject_alias: str | None
    subject_sex: str | None
    project: str
    project_ids: tuple[str, ...]


def _wanted(unit: Unit, text: str) -> Accession:
    """The record that is asked for: any with runs below it, and without a version."""
    wanted = require_any(text, unit.prefix, _SHAPES)
    if wanted.version is not None:
        message = f"A sample sheet is of a run, not of one version of it; ask for {text.partition('.')[0]}."
        raise Rejected([Issue("malformed_accession", message, field="accession")])
    return wanted


class Below(msgspec.Struct, frozen=True):
    """The runs below a record in the order in which they were registered.

    Where one run is `asked` for, they are those of its experiment and its mate, for the other file of its pair.
    """

    runs: list[RunFile]
    asked: str | None = None


async def runs_below(unit: Unit, accession: str) -> Below:
    """The runs of a project, subject, sample or experiment, or one run, as far as the caller may see them.

    Raises `NotFound` or `Gone` as the record itself does, and `TooLarge` above `MOST_RUNS`.
    """
    wanted = _wanted(unit, accession)
    await find_record(unit, _SHAPES[wanted.kind], wanted)
    parameters = {"anchor": wanted.serial, "most": MOST_RUNS + 1, **values(unit)}
    rows = await unit.fetch(_statement(wanted.kind, viewer(unit)), parameters)
    if len(rows) > MOST_RUNS:
        message = (
            f"{accession} has more than {MOST_RUNS:,} runs, the most of one sheet; ask for its samples one by one."
        )
        raise TooLarge(message)
    runs = await asyncio.to_thread(lambda: [_run_file(unit.prefix, row._asdict()) for row in rows])
    return Below(runs, accession if wanted.kind is Kind.RUN else None)


@cache
def _statement(kind: Kind, who: Viewer) -> Select[Any]:
    """One statement for all: parents that the caller may not see are null."""
    seen = {model: readable(model, who, by_accession=True) for model in (Experiment, Sample, Subject, Run)}
    rows = (
        RUNS.join(PROJECTS, PROJECTS.c.scope_id == RUNS.c.scope_id)
        .outerjoin(EXPERIMENTS, and_(EXPERIMENTS.c.id == RUNS.c.experiment_id, seen[Experiment]))
        .outerjoin(SAMPLES, and_(SAMPLES.c.id == EXPERIMENTS.c.sample_id, seen[Sample]))
        .outerjoin(SUBJECTS, and_(SUBJECTS.c.id == SAMPLES.c.subject_id, seen[Subject]))
        .outerjoin(FILES, FILES.c.id == RUNS.c.file_id)
    )
    shown = or_(RUNS.c.state != State.SUPPRESSED.value, _is_asked(kind))
    found = select(*_columns()).select_from(rows).where(_below(kind), shown, seen[Run])
    return found.order_by(RUNS.c.serial).limit(bindparam("most"))


def _below(kind: Kind) -> ColumnElement[bool]:
    """The condition that a run is one of the record's."""
    anchor: BindParameter[int] = bindparam("anchor")
    if kind is Kind.RUN:
        of_asked = select(_asked.c.experiment_id).where(_asked.c.serial == anchor)
        mate = select(_asked.c.mate_id).where(_asked.c.serial == anchor)
        return or_(RUNS.c.experiment_id.in_(of_asked), RUNS.c.id.in_(mate))
    table = {Kind.PROJECT: PROJECTS, Kind.SUBJECT: SUBJECTS, Kind.SAMPLE: SAMPLES, Kind.EXPERIMENT: EXPERIMENTS}[kind]
    below: ColumnElement[bool] = table.c.serial == anchor
    return below


def _is_asked(kind: Kind) -> ColumnElement[bool]:
    """A suppressed run is told only where it is asked for by name."""
    named: ColumnElement[bool] = RUNS.c.serial == (bindparam("anchor") if kind is Kind.RUN else -1)
    return named


def _columns() -> list[Any]:
    """What a sheet needs; columns of parents are named after them."""
    own = RUNS.c["serial", "id", "mate_id", "file_id", "alias", "file_type", "filename", "file_size"]
    sums = RUNS.c["checksum_md5", "checksum_sha256", "read_number", "ena_accession", "ncbi_accession"]
    library = EXPERIMENTS.c["platform", "instrument_model", "library_strategy", "library_source", "library_selection"]
    prepared = EXPERIMENTS.c["library_layout", "library_name", "insert_size"]
    described = SAMPLES.c["organism", "tax_id", "custom_fields"]
    named: dict[Table, tuple[str, ...]] = {
        EXPERIMENTS: ("serial", "alias", "ena_accession", "ncbi_accession"),
        SAMPLES: ("serial", "alias", "sex", "ena_accession", "ncbi_accession"),
        SUBJECTS: ("serial", "alias", "sex"),
        PROJECTS: ("serial", "ena_accession", "ncbi_accession"),
        FILES: ("state",),
    }
    parents = [table.c[name].label(f"{table.name}_{name}") for table, names in named.items() for name in names]
    return [*own, *sums, *library, *prepared, *described, *parents]


def _run_file(prefix: str, row: dict[str, Any]) -> RunFile:
    def printed(kind: Kind, column: str) -> str | None:
        return None if row[column] is None else format_accession(prefix, kind, row[column])

    def ids(*tables: str) -> tuple[str, ...]:
        names = [f"{table}{name}" for table in tables for name in ("ena_accession", "ncbi_accession")]
        return tuple(row[name] for name in names if row[name])

    return RunFile(
        **{name: row[name] for name in _SAME},
        accession=format_accession(prefix, Kind.RUN, row["serial"]),
        ready=row["file_id"] is None or row["files_state"] in _GOOD,
        kept=row["file_id"] is not None,
        public_ids=ids("", "experiments_", "samples_"),
        experiment=printed(Kind.EXPERIMENT, "experiments_serial"),
        experiment_alias=row["experiments_alias"],
        sample=printed(Kind.SAMPLE, "samples_serial"),
        sample_alias=row["samples_alias"],
        sample_sex=row["samples_sex"],
        custom_fields=row["custom_fields"] or {},
        subject=printed(Kind.SUBJECT, "subjects_serial"),
        subject_alias=row["subjects_alias"],
        subject_sex=row["subjects_sex"],
        project=format_accession(prefix, Kind.PROJECT, row["projects_serial"]),
        project_ids=ids("projects_"),
    )
