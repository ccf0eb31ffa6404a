"""Reads what a MultiQC page tells of each run besides the tools' own data: verdict, digests, grades and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import select

from accession.base import GONE, State
from accession.catalog.models import Run, RunVersion
from accession.files.measures import measured
from accession.files.models import File, FileState
from accession.files.own_report import KEPT_PARTS, details_of
from accession.ids import Kind

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Row

    from accession.unit import Unit

MOST_ROWS = 5_000
PENDING = "pending"
_COLUMNS = (File.filename, File.state, File.format, File.size, File.md5, File.sha256, File.qc_status, *KEPT_PARTS)
_VERDICTS = {FileState.VERIFIED: "valid", FileState.LINKED: "valid", FileState.REJECTED: "invalid"}


class RunRow(msgspec.Struct, frozen=True):
    """One run. `verdict` is valid, invalid or pending; `marks` go by module, `numbers` by name, with the size."""

    run: str
    filename: str
    verdict: str
    status: str
    format: str | None
    md5: str | None
    sha256: str | None
    marks: dict[str, str]
    numbers: dict[str, float]


async def rows_of_project(unit: Unit, project_id: UUID, limit: int = MOST_ROWS) -> list[RunRow]:
    """The newest runs of a project that have a file, at most `limit`, newest first."""
    rows = (
        select(Run.serial, *_COLUMNS)
        .join(File, File.id == Run.file_id)
        .where(Run.scope_id == project_id, Run.state.not_in((*GONE, State.SUPPRESSED)))
        .order_by(Run.serial.desc())
        .limit(limit)
    )
    return [_row(unit, found) for found in (await unit.session.execute(rows)).all()]


async def rows_of_file(unit: Unit, file_id: UUID) -> list[RunRow]:
    """The run that a file is, or was, a version of."""
    rows = (
        select(Run.serial, *_COLUMNS)
        .join(RunVersion, RunVersion.run_id == Run.id)
        .join(File, File.id == RunVersion.file_id)
        .where(File.id == file_id)
    )
    return [_row(unit, found) for found in (await unit.session.execute(rows)).all()]


def _row(unit: Unit, found: Row[Any]) -> RunRow:
    serial, filename, state, kind, size, md5, sha256, status, *parts = found
    details = details_of(parts)
    valid = _VERDICTS.get(state) == "valid"
    numbers = measured(details.get("counts", {})) if valid else {}
    return RunRow(
        run=unit.accession(Kind.RUN, serial),
        filename=filename,
        verdict=_VERDICTS.get(state, PENDING),
        status=status,
        format=kind,
        md5=md5,
        sha256=sha256,
        marks={grade["module"]: grade["mark"] for grade in details.get("grades", [])},
        numbers=numbers if size is None else {"size": size, **numbers},
    )
