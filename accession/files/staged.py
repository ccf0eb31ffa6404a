"""Lists, shows and deletes the files that a caller has sent in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import func, select

from accession.audit.service import record
from accession.errors import Conflict, Malformed, NotFound
from accession.files import discarding
from accession.files.models import File, FileState
from accession.files.sharing import end_grants_on
from accession.ids import Kind
from accession.paging import EXACT_LIMIT, Page, PageRequest
from accession.people.access import personal_to, refuse_viewers

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from accession.files.rules import Terms
    from accession.people.access import Level
    from accession.unit import Unit

_ABSENT = "There is no such file of yours; GET /staging/files lists them."


class StagedFilter(msgspec.Struct, frozen=True):
    """Which of the own files are wanted; None: all. `status` is a file's state."""

    status: str | None = None
    filename: str | None = None
    checksum_md5: str | None = None


async def list_own(unit: Unit, wanted: StagedFilter, page: PageRequest) -> Page[File]:
    """The caller's own files, newest first; one whose bytes are still flowing in is not there yet."""
    where = _conditions(unit, wanted)
    statement = select(File).where(*where).order_by(File.serial.desc()).limit(page.per_page + 1)
    if page.before is not None:
        statement = statement.where(File.serial < page.before)
    else:
        statement = statement.offset((page.page - 1) * page.per_page)
    rows = list((await unit.session.scalars(statement)).all())
    more = len(rows) > page.per_page
    rows = rows[: page.per_page]
    total = await _count(unit, where, exact=page.exact) if page.before is None or page.exact else None
    beyond = total is not None and not page.exact and total > EXACT_LIMIT
    return Page(rows, total, beyond, rows[-1].serial if more else None)


def _conditions(unit: Unit, wanted: StagedFilter) -> list[ColumnElement[bool]]:
    """The WHERE clauses of a list of own files."""
    where = [File.owner_id == unit.require_account(), File.state != FileState.RECEIVING]
    if wanted.status is not None:
        if wanted.status not in FileState._value2member_map_:
            raise Malformed(f"'status' must be one of {', '.join(s for s in FileState if s != FileState.RECEIVING)}.")
        where.append(File.state == wanted.status)
    if wanted.filename is not None:
        where.append(File.filename == wanted.filename)
    if wanted.checksum_md5 is not None:
        where.append(File.md5 == wanted.checksum_md5.lower())
    return where


async def _count(unit: Unit, where: list[ColumnElement[bool]], *, exact: bool) -> int:
    """How many files there are; beyond the exact limit only that there are more."""
    counted = select(File.id).where(*where)
    if not exact:
        counted = counted.limit(EXACT_LIMIT + 1)
    return int((await unit.session.execute(select(func.count()).select_from(counted.subquery()))).scalar_one())


async def get_staged(unit: Unit, file_id: UUID, level: Level | None = None) -> File:
    """One of the caller's files, with a `level` also one that was granted to the caller.

    Raises `NotFound` for what is absent, foreign, or still flowing in.
    """
    unit.require_account()
    mine = personal_to(File, unit, level)
    statement = select(File).where(File.id == file_id, File.state != FileState.RECEIVING, mine)
    row = (await unit.session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound(_ABSENT)
    return row


async def delete_staged(unit: Unit, file_id: UUID, terms: Terms) -> None:
    """Remove one of the caller's files with its bytes; `Conflict` for one that a run has, or had."""
    refuse_viewers(unit)
    row = await get_staged(unit, file_id)
    if not await discarding.remove(unit, row, terms):
        raise Conflict("A run has this file; files of runs are never deleted.", code="file_linked")
    await end_grants_on(unit, file_id)
    record(unit, "deleted", unit.accession(Kind.FILE, row.serial), filename=row.filename)
