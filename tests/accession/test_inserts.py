"""Rows that are written past the ORM are those that it would have written, and events come with the commit alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, text

from accession.audit.models import Event
from accession.audit.service import record, record_many
from accession.base import new_id
from accession.inserts import insert_rows

if TYPE_CHECKING:
    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
EVENTS: Any = Event.__table__
VALUES: dict[str, Any] = {
    "at": datetime(2026, 5, 1, 12, 30, 15, 123456, UTC),
    "verb": "change",
    "subject": "NFDP-SAM-000001",
    "address": None,
    "request_id": "r",
    "detail": {"fields": ["ü", None, 1.5], "more": {}},
    "actor_id": new_id(),
}
SHOWN = [column for column in EVENTS.c if column.name not in {"id", "created_at", "updated_at"}]


async def stored(wiring: Wiring) -> list[Any]:
    async with wiring.reading() as unit:
        return list((await unit.session.execute(select(*SHOWN).order_by(EVENTS.c.id))).all())


@pytest.mark.parametrize("count", [1, 2, 700])
async def test_inserted_rows_are_those_that_the_orm_writes(wiring: Wiring, count: int) -> None:
    async with wiring.writing() as unit:
        unit.session.add(Event(**VALUES))
    shared = {name: VALUES[name] for name in ("at", "verb", "actor_id")}
    own = {name: value for name, value in VALUES.items() if name not in shared}
    rows = [own | {"id": new_id()} for _ in range(count)]
    async with wiring.writing() as unit:
        await insert_rows(unit.session, EVENTS, rows, **shared)
    first, *others = await stored(wiring)
    assert others == [first] * count


async def test_defaults_of_a_table_are_filled_in_and_no_rows_are_no_statement(wiring: Wiring) -> None:
    row = {name: VALUES[name] for name in ("at", "verb", "subject")} | {"id": new_id()}
    async with wiring.writing() as unit:
        await insert_rows(unit.session, EVENTS, [row])
        await insert_rows(unit.session, EVENTS, [])
    async with wiring.reading() as unit:
        (made,) = (await unit.session.scalars(select(Event))).all()
    assert made.detail == {}
    assert made.actor_id is made.seal_number is None
    assert abs((made.created_at - datetime.now(UTC)).total_seconds()) < 60


async def test_ids_lie_in_the_database_as_the_orm_lays_them_there(wiring: Wiring) -> None:
    row = {"id": new_id(), "at": VALUES["at"], "verb": "v", "subject": "s"}
    async with wiring.writing() as unit:
        await insert_rows(unit.session, EVENTS, [row])
    async with wiring.reading() as unit:
        raw = (await unit.session.execute(text("SELECT id FROM events"))).scalar_one()
        assert (await unit.session.get(Event, row["id"])) is not None
    assert getattr(raw, "bytes", raw) == row["id"].bytes


async def test_what_is_noted_is_written_with_the_commit_and_never_without(wiring: Wiring) -> None:
    async with wiring.writing() as unit:
        record(unit, "download", "NFDP-RUN-000001")
        unit.doom()
    with pytest.raises(ZeroDivisionError):
        await note_and_fail(wiring, "NFDP-RUN-000002")
    async with wiring.writing() as unit:
        record(unit, "change", "NFDP-RUN-000003", fields=["title"])
        record(unit, "download", "NFDP-RUN-000004")
        await record_many(unit, [("create", "NFDP-SAM-000001"), ("create", "NFDP-SAM-000002")])
    told = [(event.verb, event.subject, event.detail) for event in await stored(wiring)]
    assert sorted(told, key=lambda one: one[1]) == [
        ("change", "NFDP-RUN-000003", {"fields": ["title"]}),
        ("download", "NFDP-RUN-000004", {}),
        ("create", "NFDP-SAM-000001", {}),
        ("create", "NFDP-SAM-000002", {}),
    ]


async def note_and_fail(wiring: Wiring, subject: str) -> None:
    async with wiring.writing() as unit:
        record(unit, "download", subject)
        raise ZeroDivisionError
