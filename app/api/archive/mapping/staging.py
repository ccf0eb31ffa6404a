"""Files on their way in as the archive dialect shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accession.files.models import FileState
from accession.ids import Kind, format_accession
from app.api.archive.structs.staging import StagedFileOut

if TYPE_CHECKING:
    from accession.files.models import File


def staged_out(prefix: str, row: File) -> StagedFileOut:
    """A file's row; the size of one whose bytes are not there yet is the promised one."""
    return StagedFileOut(
        id=row.id,
        accession=format_accession(prefix, Kind.FILE, row.serial),
        filename=row.filename,
        file_size=row.size if row.size is not None else row.promised_size,
        checksum_md5=row.md5 or row.promised_md5,
        checksum_sha256=row.sha256,
        status=status_of(row.state),
        upload_method=row.upload_method,
        created_at=row.created_at,
        uploaded_at=row.uploaded_at,
        file_type=row.format,
        reason=row.reason,
        verdict=row.verdict,
    )


def status_of(state: str) -> str:
    """A file's state in the dialect's words."""
    return FileState.PENDING.value if state == FileState.RECEIVING else str(state)
