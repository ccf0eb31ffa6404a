"""Rows of runs as the archive dialect's wire shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accession.files.models import FileState
from accession.ids import Kind
from accession.projects.rules import visibility_of
from app.api.archive.structs.runs import RunOut

if TYPE_CHECKING:
    from accession.unit import Unit

_UNSETTLED = {FileState.PENDING, FileState.RECEIVING, FileState.VERIFYING, FileState.REJECTED, FileState.EXPIRED}


def run_out(unit: Unit, row: Any) -> RunOut:
    """A run's row with its file's state; `state` speaks of the file until its bytes are good, then of the record."""
    return RunOut(
        accession=unit.accession(Kind.RUN, row.serial),
        ena_accession=row.ena_accession,
        file_type=row.file_type,
        file_size=row.file_size,
        checksum_md5=row.checksum_md5,
        created_at=row.created_at,
        alias=row.alias,
        experiment_accession=unit.accession(Kind.EXPERIMENT, row.experiment_serial),
        ncbi_accession=row.ncbi_accession,
        filename=row.filename,
        checksum_sha256=row.checksum_sha256,
        read_number=row.read_number,
        mate_accession=unit.accession(Kind.RUN, row.mate_serial) if row.mate_serial is not None else None,
        version=row.version,
        state=_state(unit, row),
        qc_status=row.qc_status or "pending",
    )


def _state(unit: Unit, row: Any) -> str:
    if row.file_state in _UNSETTLED:
        return str(row.file_state)
    if row.state != "public" or row.scope_state != "public":
        return str(row.state if row.state != "public" else row.scope_state)
    return visibility_of(row.scope_state, row.release_date, unit.today)
