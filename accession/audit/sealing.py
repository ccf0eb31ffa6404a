"""Seals committed events: numbers them without a gap and chains their digests, batch by batch, never in a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sqlalchemy import bindparam, func, select, update

from accession.audit.chain import CONTENT, Head, sealed
from accession.audit.models import Event, SealHead
from accession.errors import DomainError

if TYPE_CHECKING:
    from sqlalchemy import Table

    from accession.unit import Unit

CHAIN = "events"
BATCH = 500

_EVENTS, _HEADS = cast("Table", Event.__table__), cast("Table", SealHead.__table__)
_UNSEALED = (
    select(*(_EVENTS.c[name] for name in CONTENT))
    .where(_EVENTS.c.seal_number.is_(None))
    .order_by(_EVENTS.c.at, _EVENTS.c.id)
)
_SEAL = (
    update(_EVENTS)
    .where(_EVENTS.c.id == bindparam("event"), _EVENTS.c.seal_number.is_(None))
    .values(seal_number=bindparam("number"), seal_digest=bindparam("digest"), updated_at=_EVENTS.c.updated_at)
)


class HeadMissing(DomainError):
    """The kept head is gone, which only somebody with the database in hand can have done."""

    code = "audit_head_missing"


async def seal_batch(unit: Unit, most: int = BATCH) -> int:
    """Seal up to `most` events in the unit's transaction, the oldest first; how many there were.

    The head's row stays locked until the commit, so that a second sealer waits; the number's index refuses one that
    did not.
    """
    head = await _locked_head(unit)
    rows = (await unit.session.execute(_UNSEALED.limit(most))).all()
    seals = []
    for row in rows:
        head = sealed(head, row)
        seals.append({"event": row[0], "number": head.number, "digest": head.digest})
    if seals:
        connection = await unit.session.connection()
        await connection.execute(_SEAL, seals)
        moved = update(_HEADS).where(_HEADS.c.chain == CHAIN).values(number=head.number, digest=head.digest)
        await connection.execute(moved)
    return len(seals)


async def head_of(unit: Unit) -> Head:
    """The last seal that was given."""
    rows = await unit.fetch(select(_HEADS.c.number, _HEADS.c.digest).where(_HEADS.c.chain == CHAIN), {})
    if not rows:
        raise HeadMissing("The head of the audit's chain is missing; restore the table seal_heads from a backup.")
    return Head(*rows[0])


async def any_unsealed(unit: Unit) -> bool:
    """Whether there is anything to seal."""
    return bool(await unit.fetch(select(_EVENTS.c.id).where(_EVENTS.c.seal_number.is_(None)).limit(1), {}))


async def count_unsealed(unit: Unit) -> int:
    """How many events wait for their seal."""
    counted = select(func.count()).select_from(_EVENTS).where(_EVENTS.c.seal_number.is_(None))
    return int((await unit.fetch(counted, {}))[0][0])


async def _locked_head(unit: Unit) -> Head:
    found = select(_HEADS.c.number, _HEADS.c.digest).where(_HEADS.c.chain == CHAIN).with_for_update()
    row = (await unit.session.execute(found)).first()
    if row is None:
        raise HeadMissing("The head of the audit's chain is missing; restore the table seal_heads from a backup.")
    return Head(*row)
