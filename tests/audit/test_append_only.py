"""Events are only ever added: the database itself refuses to change or delete one, and a seal is given once."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.audit.events import add_events, events, sealed_events

pytestmark = pytest.mark.anyio

COLUMNS = {
    "id": "x",
    "at": "'2020-01-01 00:00:00'",
    "actor_id": "NULL",
    "verb": "'downloaded'",
    "subject": "'NFDP-SAM-000099'",
    "address": "NULL",
    "request_id": "'other'",
    "detail": "'{}'",
    "created_at": "'2020-01-01 00:00:00'",
    "updated_at": "'2020-01-01 00:00:00'",
}
DIGEST = "a" * 64


async def attempt(wiring, statement: str) -> str:
    """What the database says to a statement."""
    with pytest.raises(DBAPIError) as refused:
        async with wiring.engines.write.begin() as connection:
            await connection.execute(text(statement))
    return str(refused.value)


@pytest.mark.parametrize("column", [name for name in COLUMNS if name != "id"])
async def test_no_column_of_an_event_can_be_changed(wiring, column):
    await add_events(wiring, 1)
    assert "only ever added" in await attempt(wiring, f"UPDATE events SET {column} = {COLUMNS[column]}")


async def test_no_event_can_be_deleted_before_or_after_it_was_sealed(wiring):
    await add_events(wiring, 1)
    assert "only ever added" in await attempt(wiring, "DELETE FROM events")
    await sealed_events(wiring, 1)
    assert "only ever added" in await attempt(wiring, "DELETE FROM events WHERE seal_number = 1")
    assert len(await events(wiring)) == 2


async def test_a_seal_is_given_once_and_whole(wiring):
    await add_events(wiring, 1)
    assert "only ever added" in await attempt(wiring, "UPDATE events SET seal_number = 1")
    await sealed_events(wiring, 0)
    for change in (f"seal_digest = '{DIGEST}'", "seal_number = 7", "seal_number = NULL, seal_digest = NULL"):
        assert "only ever added" in await attempt(wiring, f"UPDATE events SET {change}")


async def test_no_event_comes_with_a_seal_of_its_own(wiring):
    await sealed_events(wiring, 1)
    copied = "INSERT INTO events (id, at, verb, subject, detail, created_at, updated_at, seal_number, seal_digest)"
    other = "'00000000-0000-7000-8000-000000000001'"
    rows = f"SELECT {other}, at, verb, subject, detail, created_at, updated_at, 2, seal_digest FROM events"
    if wiring.settings.database_url:
        rows = rows.replace(other, f"CAST({other} AS uuid)")
    assert "only ever added" in await attempt(wiring, f"{copied} {rows}")


@pytest.mark.parametrize("database", ["sqlite"])
async def test_replacing_is_no_way_around_deletion(wiring):
    await add_events(wiring, 1)
    columns = ", ".join(COLUMNS)
    said = await attempt(wiring, f"INSERT OR REPLACE INTO events ({columns}) SELECT {columns} FROM events")
    assert "only ever added" in said


@pytest.mark.parametrize("database", ["postgresql"])
async def test_truncating_is_no_way_around_deletion(wiring):
    await add_events(wiring, 1)
    assert "only ever added" in await attempt(wiring, "TRUNCATE events")


async def test_the_head_moves_forwards_only(wiring):
    await sealed_events(wiring, 3)
    for statement in ("UPDATE seal_heads SET number = 2", "DELETE FROM seal_heads"):
        assert "only moves forwards" in await attempt(wiring, statement)
