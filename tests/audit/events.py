"""Steps that tests of the audit share: events of many shapes, their seals, and somebody with the database in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from accession.actor import Actor
from accession.audit.models import Event
from accession.audit.service import record
from accession.audit.verifying import Verdict, verify
from accession.base import new_id
from app.jobs.sealing import seal_all

if TYPE_CHECKING:
    from accession.audit.chain import Head
    from app.wiring import Wiring

TRIGGERS = ("events_added", "events_sealed_once", "events_not_deleted", "seal_heads_forwards", "seal_heads_not_deleted")


async def add_events(wiring: Wiring, count: int, **detail: Any) -> None:
    """So many events of one unit, by somebody from somewhere."""
    actor = Actor(account_id=new_id(), address="192.0.2.7", request_id="request-1")
    async with wiring.writing(actor) as unit:
        for number in range(count):
            record(unit, "change", f"NFDP-SAM-{number + 1:06d}", fields=["organism"], **detail)


async def sealed_events(wiring: Wiring, count: int, **detail: Any) -> None:
    await add_events(wiring, count, **detail)
    await seal_all(wiring)


async def events(wiring: Wiring) -> list[Event]:
    """Every event, in the order of its seal."""
    async with wiring.reading() as unit:
        return list((await unit.session.scalars(select(Event).order_by(Event.seal_number))).all())


async def verdict(wiring: Wiring, known: Head | None = None) -> Verdict:
    async with wiring.reading() as unit:
        return await verify(unit, known)


async def tamper(wiring: Wiring, *statements: str, **parameters: Any) -> None:
    """Do what only the owner of the database can: take the triggers away, then change what they guard."""
    async with wiring.engines.write.begin() as connection:
        if connection.dialect.name == "postgresql":
            for table in ("events", "seal_heads"):
                await connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        else:
            for trigger in TRIGGERS:
                await connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger}"))
        for statement in statements:
            await connection.execute(text(statement), parameters)
