"""The archive's own rows: its fixed settings, a counter per kind, and from where to where a scope's numbers go."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from uuid import UUID  # noqa: TC003  # the mapper reads it

from advanced_alchemy.base import DefaultBase
from sqlalchemy import BigInteger, ForeignKey, Index, String, Table, bindparam, text, update
from sqlalchemy.orm import Mapped, mapped_column

from accession.base import Guid, Term
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


class Span(DefaultBase):
    """The first and the last number of one kind in one scope, whatever became of its records and whoever may see them.

    What lies outside cannot be there, so lists skip long stretches of what their caller may not see (catalog/walking).
    """

    __tablename__ = "spans"
    __table_args__ = (Index("ix_spans_last", "kind", "last", "first", "scope_id"),)

    kind: Mapped[str] = mapped_column(Term, primary_key=True)
    scope_id: Mapped[UUID] = mapped_column(Guid, ForeignKey("scopes.id", ondelete="CASCADE"), primary_key=True)
    first: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[int] = mapped_column(BigInteger)


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


_WIDEN = text(
    "INSERT INTO spans (kind, scope_id, first, last) VALUES (:kind, :scope, :first, :last)"
    " ON CONFLICT (kind, scope_id) DO UPDATE SET last = excluded.last"
).bindparams(bindparam("scope", type_=Guid))


async def mint_in(session: AsyncSession, scope_id: UUID, wanted: Mapping[Kind, int]) -> dict[Kind, range]:
    """`mint` for new records of a scope, whose spans grow with it."""
    minted = await mint(session, wanted)
    await widen(session, scope_id, minted)
    return minted


async def widen(session: AsyncSession, scope_id: UUID, minted: Mapping[Kind, range]) -> None:
    """Let the spans of a scope reach to the numbers just minted; the counters' locks hold for these rows too."""
    connection = await session.connection()
    for kind, serials in minted.items():
        span = {"kind": kind.value, "scope": scope_id, "first": serials[0], "last": serials[-1]}
        await connection.execute(_WIDEN, span)


async def visibility_moved(session: AsyncSession) -> None:
    """Note, in the caller's transaction, that lists may have become longer or shorter without a new record."""
    statement = update(Counter).where(Counter.kind == VISIBILITY).values(next=Counter.next + 1)
    await session.execute(statement.execution_options(synchronize_session=False))
