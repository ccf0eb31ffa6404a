"""Reads what the checks of FASTQ files found of their reads, and keeps files that are no pair from becoming one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import BigInteger, cast, select

from accession.errors import Conflict
from accession.files.mates import why_no_mates
from accession.files.models import File, FileState
from accession.issues import Issue
from accession.records import refuse

if TYPE_CHECKING:
    from uuid import UUID

    from accession.unit import Unit

# Two keys of the verdict, taken out by the database: whole verdicts of thousands of files are megabytes.
RECORDS: Final = cast(File.verdict[("counts", "records")].as_string(), BigInteger).label("records")
NAMES_DIGEST: Final = File.verdict[("counts", "names_digest")].as_string().label("names_digest")

_UNCHECKED: Final = frozenset({FileState.PENDING, FileState.RECEIVING, FileState.VERIFYING})


async def refuse_strangers(unit: Unit, one: UUID | None, two: UUID | None) -> None:
    """Refuse to make mates of two FASTQ files whose reads are not; `Conflict` while one is not checked yet.

    Runs that only describe a file (None) are taken at their word.
    """
    if one is None or two is None:
        return
    columns = (File.id, File.filename, File.state, File.format, File.md5, RECORDS, NAMES_DIGEST)
    found = (await unit.session.execute(select(*columns).where(File.id.in_((one, two))))).all()
    for row in found:
        if row.state in _UNCHECKED:
            message = f"{row.filename} is still {row.state}; try again when it is verified."
            raise Conflict(message, code="file_not_ready")
    files = {row.id: row for row in found if row.format == "FASTQ"}
    fault = why_no_mates(files[one], files[two]) if len(files) == 2 else None
    if fault is not None:
        refuse([Issue("mate_mismatch", fault, field="mate_accession")])
