"""Cleans up: uploads that never ended, staged files past their time, versions beside the checked one, given-up bytes.

`due_cleanup` does in its transaction what rows alone can do and hands out chores for the store; `carry_out` does one,
holding no unit; `cleaned` notes it. A chore that is not noted is handed out again, and doing one twice does no harm.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from sqlalchemy import delete, select, update

from accession.audit.service import record
from accession.errors import NotFound
from accession.files import discarding
from accession.files.models import DiscardedObject, File, FileState, Method
from accession.files.removed import bytes_end
from accession.files.rules import Terms, next_look
from accession.files.uploads import Uploads
from accession.ids import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from accession.files.store import BlobStore, ObjectStat
    from accession.unit import Unit

_AGAIN = timedelta(minutes=5)
_STAGED = (FileState.VERIFIED, FileState.REJECTED)
_ORPHAN_AGE = timedelta(days=2)


class ChoreKind(StrEnum):
    """What is to be done with an object: remove it all, remove versions beside the kept one, or look if it came."""

    REMOVE = "remove"
    TRIM = "trim"
    LOOK = "look"


class Chore(msgspec.Struct, frozen=True):
    """One thing to do at the store. `id` is the file's for `trim` and `look`, the discarded object's for `remove`."""

    kind: ChoreKind
    id: UUID
    key: str
    keep: str | None = None


async def due_cleanup(unit: Unit, terms: Terms, limit: int = 100) -> list[Chore]:
    """Give up stale uploads, expire staged files, and hand out up to `limit` chores of each sort; needs a write unit.

    What is handed out is due again after five minutes unless it is `cleaned` by then.
    """
    statement = select(File).where(File.clean_at <= unit.now).order_by(File.clean_at).limit(limit)
    chores: list[Chore] = []
    for row in (await unit.session.scalars(statement.with_for_update(skip_locked=True))).all():
        chore = await _look_at(unit, row, terms)
        if chore is not None:
            row.clean_at = unit.now + _AGAIN
            chores.append(chore)
    await unit.session.flush()
    return [*await _discarded(unit, limit), *chores]


async def _look_at(unit: Unit, row: File, terms: Terms) -> Chore | None:
    """Do for one due file what needs no store, or say what the store is to do."""
    match row.state:
        case FileState.RECEIVING:
            await discarding.give_up(unit, row.id, terms)
            return None
        case FileState.PENDING:
            return Chore(ChoreKind.LOOK, row.id, row.key)
        case _ if _staged_until(row, terms) <= unit.now and await _expire(unit, row):
            return None
        case FileState.EXPIRED:
            row.clean_at = None
            return None
        case FileState.LINKED if await _expire_removed(unit, row, terms):
            return None
        case _ if _link_ended(row, unit.now, terms) and row.version_id is not None:
            return Chore(ChoreKind.TRIM, row.id, row.key, keep=row.version_id)
        case _:
            row.clean_at = await _next_look(unit, row, terms)
            return None


async def _next_look(unit: Unit, row: File, terms: Terms) -> datetime | None:
    """When a file is to be looked at next, also for the sake of a run that was removed."""
    moments = (_next_cleaning(row, unit.now, terms), await bytes_end(unit, row, terms))
    return min((moment for moment in moments if moment is not None), default=None)


async def _expire_removed(unit: Unit, row: File, terms: Terms) -> bool:
    """Expire the file of a run that was removed long enough ago; False where it is too soon, or a run has it."""
    end = await bytes_end(unit, row, terms)
    if end is None or end > unit.now:
        return False
    row.state, row.clean_at, row.due_at = FileState.EXPIRED, None, None
    discarding.discard(unit, [row.key, *await discarding.forget_reports(unit, row.id)])
    record(unit, "expired", unit.accession(Kind.FILE, row.serial))
    return True


async def _expire(unit: Unit, row: File) -> bool:
    """Expire a staged file: the row stays, its bytes go; False where a run has it after all."""
    statement = (
        update(File)
        .where(File.id == row.id, File.state.in_(_STAGED), discarding.unlinked())
        .values(state=FileState.EXPIRED, clean_at=None, due_at=None, updated_at=unit.now)
        .returning(File.id)
        .execution_options(synchronize_session=False)
    )
    if (await unit.session.execute(statement)).one_or_none() is None:
        return False
    discarding.discard(unit, [row.key, *await discarding.forget_reports(unit, row.id)])
    record(unit, "expired", unit.accession(Kind.FILE, row.serial))
    return True


async def _discarded(unit: Unit, limit: int) -> list[Chore]:
    """The bytes that are to be removed now."""
    statement = (
        select(DiscardedObject)
        .where(DiscardedObject.clean_at <= unit.now)
        .order_by(DiscardedObject.clean_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = (await unit.session.scalars(statement)).all()
    for row in rows:
        row.clean_at = unit.now + _AGAIN
    await unit.session.flush()
    return [Chore(ChoreKind.REMOVE, row.id, row.key) for row in rows]


async def discarded_key(unit: Unit, key: str) -> Chore | None:
    """The chore of removing `key`, for the job that is told of it right after the commit; None where it is done."""
    statement = select(DiscardedObject).where(DiscardedObject.key == key).limit(1)
    row = (await unit.session.scalars(statement)).one_or_none()
    return None if row is None else Chore(ChoreKind.REMOVE, row.id, row.key)


async def carry_out(store: BlobStore, chore: Chore) -> ObjectStat | None:
    """Do a chore at the store; a `look` answers what it found. `StoreUnavailable` leaves it for the next time."""
    match chore.kind:
        case ChoreKind.REMOVE:
            for upload in await store.list_uploads(chore.key):
                await store.abort_multipart(upload.key, upload.upload_id)
            await store.delete(chore.key)
        case ChoreKind.TRIM:
            there = [stat.version_id for stat in await store.versions(chore.key)]
            if chore.keep in there:
                for version in there:
                    if version is not None and version != chore.keep:
                        await store.delete(chore.key, version)
        case ChoreKind.LOOK:
            try:
                return await store.stat(chore.key)
            except NotFound:
                return None
    return None


async def cleaned(unit: Unit, terms: Terms, chore: Chore, found: ObjectStat | None = None) -> None:
    """Note that a chore was done; `found` is what `carry_out` answered. Needs a write unit of the archive itself."""
    match chore.kind:
        case ChoreKind.REMOVE:
            await _removed(unit, chore)
        case ChoreKind.TRIM:
            row = await unit.session.get(File, chore.id)
            if row is not None:
                row.clean_at = await _next_look(unit, row, terms)
        case ChoreKind.LOOK:
            await settle_pending(unit, terms, chore.id, found)


async def settle_pending(unit: Unit, terms: Terms, file_id: UUID, found: ObjectStat | None) -> None:
    """Settle a pending file by what a HEAD found: arrived, to be looked at again later, or given up with its link."""
    row = await unit.session.get(File, file_id)
    if row is None or row.state != FileState.PENDING:
        return
    if found is not None and found.size == row.promised_size:
        await Uploads(unit, terms).arrived(row, found)
    elif row.created_at + terms.link <= unit.now:
        await discarding.give_up(unit, file_id, terms)
    else:
        row.clean_at = next_look(unit.now, row.created_at, terms)


async def orphan_keys(unit: Unit, keys: Sequence[str]) -> list[str]:
    """Which of at most some hundred keys below `files/` belong to no row and are older than two days.

    The age is the time inside the key's UUIDv7; a key that holds none is left alone.
    """
    known = set((await unit.session.scalars(select(File.key).where(File.key.in_(keys)))).all())
    leaving = select(DiscardedObject.key).where(DiscardedObject.key.in_(keys))
    known |= set((await unit.session.scalars(leaving)).all())
    oldest = (unit.now - _ORPHAN_AGE).timestamp() * 1000
    return [key for key in keys if key not in known and (made := _made_at(key)) is not None and made < oldest]


def _made_at(key: str) -> int | None:
    """Milliseconds since 1970 at which a key was made, or None."""
    try:
        made = UUID(key.removeprefix("files/"))
    except ValueError:
        return None
    return made.int >> 80 if made.version == 7 else None


async def _removed(unit: Unit, chore: Chore) -> None:
    """Forget discarded bytes, or have them looked at once more when the link that can write them has ended."""
    now = unit.now
    later = (
        update(DiscardedObject)
        .where(DiscardedObject.id == chore.id, DiscardedObject.until > now)
        .values(clean_at=DiscardedObject.until, until=None)
    )
    if (await unit.session.execute(later.returning(DiscardedObject.id))).one_or_none() is None:
        await unit.session.execute(delete(DiscardedObject).where(DiscardedObject.id == chore.id))


def _staged_until(row: File, terms: Terms) -> datetime:
    """When a staged file's bytes may go; far away for one that is linked or still without a verdict."""
    if row.state not in _STAGED or row.scope_id is not None or row.uploaded_at is None:
        return row.created_at + timedelta(days=36_500)
    return row.uploaded_at + terms.staging


def _link_ended(row: File, now: datetime, terms: Terms) -> bool:
    """Whether a client could once write the file's key, and cannot any more."""
    return row.upload_method != Method.DIRECT and row.created_at + terms.link <= now


def _next_cleaning(row: File, now: datetime, terms: Terms) -> datetime | None:
    """When a file is to be looked at next: at its link's end, at the end of its staging time, or never."""
    if row.state == FileState.VERIFYING:
        return now + timedelta(hours=1)
    moments = [_staged_until(row, terms)] if row.state in _STAGED and row.scope_id is None else []
    if row.upload_method != Method.DIRECT:
        moments.append(row.created_at + terms.link)
    return min((moment for moment in moments if moment > now), default=None)
