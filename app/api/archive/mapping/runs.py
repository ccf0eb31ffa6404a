"""Rows of runs as the archive dialect's wire shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accession.files.models import UNSETTLED
from accession.ids import Kind
from accession.moves import CLOSED
from app.api.archive.mapping.records import standing_out
from app.api.archive.structs.runs import RunOut

if TYPE_CHECKING:
    from accession.unit import Unit


def run_out(unit: Unit, row: Any) -> RunOut:
    """A run's row with its file's state; `state` speaks of the file until its bytes are good, then of the record.

    A mate that is closed by itself is not told by a run that is not.
    """
    told = standing_out(unit, row)
    mate = None if row.mate_state in CLOSED and row.state not in CLOSED else row.mate_serial
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
        mate_accession=unit.accession(Kind.RUN, mate) if mate is not None else None,
        version=row.version,
        qc_status=row.qc_status or "pending",
        **{**told, "state": row.file_state if row.file_state in UNSETTLED else told["state"]},
    )
