"""Gives bytes up: the row goes and a note of its key stays, in one transaction, until the bytes are gone too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from accession.files.models import DiscardedObject, File, FileState, Method, QcReport, Submission

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from accession.files.rules import Terms
    from accession.unit import Unit

REMOVE = "remove_object"
_UNSETTLED = (FileState.PENDING, FileState.RECEIVING)


def discard(unit: Unit, keys: Iterable[str], *, upload_id: str | None = None, until: datetime | None = None) -> None:
    """Have objects removed after the commit; again after `until`, while a link out there can still write the key."""
    for key in keys:
        again = until if until is not None and until > unit.now else None
        unit.session.add(DiscardedObject(key=key, upload_id=upload_id, clean_at=unit.now, until=again))
        unit.notify(REMOVE, key)


async def give_up(unit: Unit, file_id: UUID, terms: Terms) -> bool:
    """Remove the row of an upload that did not come to its end, with its bytes; False where it is settled or gone."""
    unsettled = select(File.id).where(File.id == file_id, File.state.in_(_UNSETTLED))
    await unit.session.execute(delete(Submission).where(Submission.file_id.in_(unsettled)))
    statement = (
        delete(File)
        .where(File.id == file_id, File.state.in_(_UNSETTLED))
        .returning(File.key, File.upload_id, File.upload_method, File.created_at)
        .execution_options(synchronize_session=False)
    )
    gone = (await unit.session.execute(statement)).one_or_none()
    if gone is None:
        return False
    discard(unit, [gone.key], upload_id=gone.upload_id, until=_link_end(gone.upload_method, gone.created_at, terms))
    return True


async def remove(unit: Unit, row: File, terms: Terms) -> bool:
    """Remove a file that nothing hangs on, with its reports and bytes; False where it was linked meanwhile."""
    reports = (
        await unit.session.execute(
            delete(QcReport).where(QcReport.file_id == row.id).returning(QcReport.page_key, QcReport.data_keys)
        )
    ).all()
    await unit.session.execute(delete(Submission).where(Submission.file_id == row.id, Submission.run_id.is_(None)))
    statement = (
        delete(File)
        .where(File.id == row.id, File.scope_id.is_(None), File.state != FileState.LINKED)
        .returning(File.id)
        .execution_options(synchronize_session=False)
    )
    if (await unit.session.execute(statement)).one_or_none() is None:
        return False
    discard(unit, [row.key], upload_id=row.upload_id, until=_link_end(row.upload_method, row.created_at, terms))
    discard(unit, [key for page, data in reports for key in (page, *data) if key])
    return True


def _link_end(method: str, begun: datetime, terms: Terms) -> datetime | None:
    """Until when a signed link can write a file's key; None where none was given out."""
    return None if method == Method.DIRECT else begun + terms.link
