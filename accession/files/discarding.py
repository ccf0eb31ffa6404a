"""Gives bytes up: the row goes and a note of its key stays, in one transaction, until the bytes are gone too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, exists, not_, or_, select

from accession.catalog.models import Run, RunVersion
from accession.files.models import DiscardedObject, File, FileState, Method, QcReport, Submission
from accession.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from accession.files.rules import Terms
    from accession.unit import Unit

_UNSETTLED = (FileState.PENDING, FileState.RECEIVING)


def discard(unit: Unit, keys: Iterable[str], *, until: datetime | None = None) -> None:
    """Have objects removed after the commit; again after `until`, while a link out there can still write the key."""
    for key in keys:
        again = until if until is not None and until > unit.now else None
        unit.session.add(DiscardedObject(key=key, clean_at=unit.now, until=again))
        unit.notify(Work.REMOVE_OBJECT, key)


async def give_up(unit: Unit, file_id: UUID, terms: Terms) -> bool:
    """Remove the row of an upload that did not come to its end, with its bytes; False where it is settled or gone."""
    unsettled = select(File.id).where(File.id == file_id, File.state.in_(_UNSETTLED))
    await unit.session.execute(delete(Submission).where(Submission.file_id.in_(unsettled)))
    statement = (
        delete(File)
        .where(File.id == file_id, File.state.in_(_UNSETTLED))
        .returning(File.key, File.upload_method, File.created_at)
        .execution_options(synchronize_session=False)
    )
    gone = (await unit.session.execute(statement)).one_or_none()
    if gone is None:
        return False
    discard(unit, [gone.key], until=_link_end(gone.upload_method, gone.created_at, terms))
    return True


async def remove(unit: Unit, row: File, terms: Terms) -> bool:
    """Remove a file that nothing hangs on, with its reports and bytes; False where it was linked meanwhile."""
    reports = await forget_reports(unit, row.id)
    await unit.session.execute(delete(Submission).where(Submission.file_id == row.id, Submission.run_id.is_(None)))
    statement = (
        delete(File)
        .where(File.id == row.id, unlinked())
        .returning(File.id)
        .execution_options(synchronize_session=False)
    )
    if (await unit.session.execute(statement)).one_or_none() is None:
        return False
    discard(unit, [row.key], until=_link_end(row.upload_method, row.created_at, terms))
    discard(unit, reports)
    return True


async def forget_reports(unit: Unit, file_id: UUID) -> list[str]:
    """Remove the rows of a file's QC reports; the keys of their pages and data, for the caller to discard."""
    gone = delete(QcReport).where(QcReport.file_id == file_id).returning(QcReport.page_key, QcReport.data_keys)
    return [key for page, data in (await unit.session.execute(gone)).all() for key in (page, *data) if key]


def unlinked() -> ColumnElement[bool]:
    """The condition that a file is not, and never was, a run's."""
    of_run = or_(exists().where(Run.file_id == File.id), exists().where(RunVersion.file_id == File.id))
    return and_(File.scope_id.is_(None), File.state != FileState.LINKED, not_(of_run))


def _link_end(method: str, begun: datetime, terms: Terms) -> datetime | None:
    """Until when a signed link can write a file's key; None where none was given out."""
    return None if method == Method.DIRECT else begun + terms.link
