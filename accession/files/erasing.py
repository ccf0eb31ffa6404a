"""Erases files for good: what is known of them, their reports and, with the commit, their bytes; bare rows stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from accession.files.discarding import discard
from accession.files.models import File, FileState, QcNumber, QcReport, Submission

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from accession.unit import Unit

_FORGOTTEN = "erased"


async def erase_files(unit: Unit, wanted: ColumnElement[bool]) -> list[str]:
    """Erase the files that meet a condition, with their numbers and reports; all keys, whose bytes are discarded.

    A job that works on one of them loses its claim.
    """
    found = (await unit.session.execute(select(File.id, File.key).where(wanted))).all()
    ids = select(File.id).where(wanted)
    for model in (QcNumber, Submission):
        gone = delete(model).where(model.file_id.in_(ids))
        await unit.session.execute(gone.execution_options(synchronize_session=False))
    keys = [key for _, key in found] + await _forget(unit, QcReport.file_id.in_(ids))
    nothing = dict.fromkeys(("size", "promised_size", "promised_md5", "md5", "sha256", "format", "verdict", "reason"))
    idle = dict.fromkeys(("version_id", "upload_id", "due_at", "clean_at", "claim", "claimed_until"))
    values = {"state": FileState.EXPIRED, "filename": _FORGOTTEN, "updated_at": unit.now, **nothing, **idle}
    erasing = update(File).where(File.id.in_([file_id for file_id, _ in found])).values(**values)
    await unit.session.execute(erasing.execution_options(synchronize_session=False))
    discard(unit, keys)
    return keys


async def forget_page(unit: Unit, project_id: UUID) -> list[str]:
    """Forget the page over a whole project; its keys, which are discarded."""
    keys = await _forget(unit, QcReport.scope_id == project_id)
    discard(unit, keys)
    return keys


async def _forget(unit: Unit, wanted: ColumnElement[bool]) -> list[str]:
    """Remove rows of reports; the keys of their pages and data."""
    gone = delete(QcReport).where(wanted).returning(QcReport.page_key, QcReport.data_keys)
    rows = (await unit.session.execute(gone.execution_options(synchronize_session=False))).all()
    return [key for page, data in rows for key in (page, *data) if key]
