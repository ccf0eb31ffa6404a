"""How often somebody has asked for what: one counter per caller, kind of request and hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy import Row as Found
from sqlalchemy import String, UniqueConstraint, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from accession.base import Row, Term, Time, new_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Table

    from accession.unit import Unit

WINDOW = timedelta(hours=1)
KEPT = timedelta(hours=2)  # how long windows that have ended stay
_AT_ONCE, _FORGOTTEN = 500, 5000


class RequestCount(Row):
    """Requests of one kind by one caller (an account's id or an address) in the hour that began at `window`."""

    __tablename__ = "request_counts"
    __table_args__ = (UniqueConstraint("caller", "kind", "window"),)

    caller: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(Term)
    window: Mapped[datetime] = mapped_column(Time, index=True)
    count: Mapped[int] = mapped_column(default=0)


_COUNTS = cast("Table", RequestCount.__table__)


class RequestKind(StrEnum):
    """What is counted apart."""

    REQUEST = "request"
    UPLOAD = "upload"
    DOWNLOAD = "download"
    SEARCH = "search"


class Key(NamedTuple):
    """What one counter is about."""

    caller: str
    kind: str
    window: datetime


def window_of(now: datetime) -> datetime:
    """The beginning of the hour."""
    return now.replace(minute=0, second=0, microsecond=0)


async def add_counts(unit: Unit, counts: Mapping[Key, int]) -> dict[Key, int]:
    """Add to the counters, each of which several processes add to; what they stand at now.

    In the order of their keys, so that two processes do not lock each other out.
    """
    totals: dict[Key, int] = {}
    ordered = sorted(counts.items())
    for start in range(0, len(ordered), _AT_ONCE):
        for row in await _upserted(unit, ordered[start : start + _AT_ONCE]):
            totals[Key(*row[:3])] = row[3]
    return totals


async def _upserted(unit: Unit, counts: Sequence[tuple[Key, int]]) -> Sequence[Found[Any]]:
    shared = {"created_at": unit.now, "updated_at": unit.now}
    rows = [{"id": new_id(), **key._asdict(), "count": count, **shared} for key, count in counts]
    dialect = postgresql if (await unit.session.connection()).dialect.name == "postgresql" else sqlite
    inserted = dialect.insert(_COUNTS).values(rows)
    added = {"count": _COUNTS.c.count + inserted.excluded.count, "updated_at": inserted.excluded.updated_at}
    upsert = inserted.on_conflict_do_update(index_elements=["caller", "kind", "window"], set_=added)
    returned = upsert.returning(_COUNTS.c.caller, _COUNTS.c.kind, _COUNTS.c.window, _COUNTS.c.count)
    return (await unit.session.execute(returned)).all()


async def counts_of(unit: Unit, caller: str, window: datetime) -> dict[str, int]:
    """What a caller's counters stand at, by kind."""
    found = select(_COUNTS.c.kind, _COUNTS.c.count).where(_COUNTS.c.caller == caller, _COUNTS.c.window == window)
    return {row[0]: row[1] for row in await unit.fetch(found, {})}


async def forget_counts(unit: Unit) -> int:
    """Remove some counters of hours that have ended; how many there were."""
    old = select(_COUNTS.c.id).where(_COUNTS.c.window < unit.now - KEPT).limit(_FORGOTTEN)
    removed = await unit.session.execute(delete(_COUNTS).where(_COUNTS.c.id.in_(old)))
    return cast("int", cast("Any", removed).rowcount)
