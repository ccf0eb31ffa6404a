"""The archive's own rows: its fixed settings (the accession prefix) and one counter per kind; minting numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from advanced_alchemy.base import DefaultBase
from sqlalchemy import BigInteger, String, Table, bindparam, update
from sqlalchemy.orm import Mapped, mapped_column

from accession.base import Term
from accession.ids import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncSession


VISIBILITY = "visibility"  # a counter beside those of the kinds: see accession.catalog.totals


class ArchiveSetting(DefaultBase):
    """A value that is fixed when the database is first made, such as `prefix`."""

    __tablename__ = "archive_settings"

    key: Mapped[str] = mapped_column(Term, primary_key=True)
    value: Mapped[str] = mapped_column(String(255))


class Counter(DefaultBase):
    """The next free number of one kind of accession."""

    __tablename__ = "counters"

    kind: Mapped[str] = mapped_column(Term, primary_key=True)
    next: Mapped[int] = mapped_column(BigInteger)


_counters = cast("Table", Counter.__table__)
_TAKE = (
    update(_counters)
    .where(_counters.c.kind == bindparam("of"))
    .values(next=_counters.c.next + bindparam("count", type_=BigInteger))
    .returning(_counters.c.next)
)


async def mint(session: AsyncSession, wanted: Mapping[Kind, int]) -> dict[Kind, range]:
    """Take `n` numbers of each kind inside the caller's transaction; a rollback gives them back.

    All kinds of a request are minted in one call, in the order of `Kind`, so that two requests never deadlock; call it
    after every check and just before the insert, because the counter rows stay locked until the commit.
    """
    minted: dict[Kind, range] = {}
    connection = await session.connection()
    for kind in Kind:
        count = wanted.get(kind, 0)
        if count:
            end = (await connection.execute(_TAKE, {"of": kind.value, "count": count})).scalar_one()
            minted[kind] = range(end - count, end)
    return minted


async def visibility_moved(session: AsyncSession) -> None:
    """Note, in the caller's transaction, that lists may have become longer or shorter without a new record."""
    statement = update(Counter).where(Counter.kind == VISIBILITY).values(next=Counter.next + 1)
    await session.execute(statement.execution_options(synchronize_session=False))
