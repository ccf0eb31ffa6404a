"""Committed events are sealed: numbered without a gap, chained, the same on every database, by one sealer at a time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from uuid import UUID

import msgspec
import pytest
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from accession.audit import sealing
from accession.audit.chain import START, canonical, sealed
from accession.audit.sealing import BATCH, count_unsealed, head_of, seal_batch
from accession.audit.service import record, record_many
from app.jobs.queue import Queue
from app.jobs.sealing import seal_all, seal_in_turn, sealing_meanwhile
from app.wiring import Wiring
from tests.audit.events import add_events, events, sealed_events, verdict
from tests.jobs.ingest import eventually, working

pytestmark = pytest.mark.anyio


async def test_seals_count_from_one_without_a_gap_and_chain(wiring):
    await add_events(wiring, BATCH + 3)
    assert await seal_all(wiring) == BATCH + 3
    found = await events(wiring)
    assert [event.seal_number for event in found] == list(range(1, BATCH + 4))
    assert [event.at for event in found] == sorted(event.at for event in found)
    async with wiring.reading() as unit:
        head = await head_of(unit)
        assert await count_unsealed(unit) == 0
    assert (head.number, head.digest) == (BATCH + 3, found[-1].seal_digest)
    assert len({event.seal_digest for event in found}) == BATCH + 3


async def test_what_is_sealed_later_goes_on_where_the_chain_ended(wiring):
    await sealed_events(wiring, 2)
    await sealed_events(wiring, 2)
    assert [event.seal_number for event in await events(wiring)] == [1, 2, 3, 4]
    assert (await verdict(wiring)).intact
    assert await seal_all(wiring) == 0


async def test_an_uncommitted_event_is_not_sealed(wiring):
    async with wiring.writing() as unit:
        record(unit, "change", "NFDP-SAM-000001")
        await unit.session.flush()
        unit.doom()
    assert await seal_all(wiring) == 0


async def test_what_a_database_does_to_numbers_does_not_break_a_seal(wiring):
    odd = {"whole": 1.0, "small": 1e-7, "large": 1e300, "minus": -0.0, "long": 2**62, "ten": 1e22, "third": 1 / 3}
    await sealed_events(wiring, 1, odd=odd, nested=[{"b": None, "a": [1.5, "ä\\u0001"]}])
    assert (await verdict(wiring)).intact


def test_an_event_has_one_form_whatever_database_it_is_read_from():
    moment = datetime(2026, 1, 2, 3, 4, 5, 0, tzinfo=UTC)
    elsewhere = moment.astimezone(timezone(timedelta(hours=3)))
    event_id, actor = UUID(int=1), UUID(int=2)
    shared = ("change", "NFDP-SAM-000001", None, "r")
    one = (event_id, moment, actor, *shared, {"b": 1e22, "a": [2.0, -0.0]}, moment, moment)
    other = (event_id, elsewhere, actor, *shared, {"a": [2, 0], "b": 10**22}, moment, elsewhere)
    assert canonical(1, one) == canonical(1, other)
    assert canonical(1, one) == (
        b'{"actor_id":"00000000-0000-0000-0000-000000000002","address":null,"at":"2026-01-02T03:04:05.000000+00:00",'
        b'"created_at":"2026-01-02T03:04:05.000000+00:00","detail":{"a":[2,0],"b":1e22},'
        b'"id":"00000000-0000-0000-0000-000000000001","request_id":"r","seal_number":1,'
        b'"subject":"NFDP-SAM-000001","updated_at":"2026-01-02T03:04:05.000000+00:00","verb":"change"}'
    )
    seal = sealed(START, one)
    assert seal.digest == sha256(b"0" * 64 + b"\n" + canonical(1, one)).hexdigest()


async def test_two_sealers_at_once_make_one_chain(wiring, settings):
    """Wirings of their own, as two processes have, without the lease that keeps workers apart."""
    await add_events(wiring, 3 * BATCH)
    others = [Wiring(settings) for _ in range(3)]
    try:
        counts = await asyncio.gather(*(seal_all(other) for other in others))
    finally:
        for other in others:
            await other.close()
    assert sum(counts) == 3 * BATCH
    found = await verdict(wiring)
    assert (found.intact, found.checked) == (True, 3 * BATCH)


async def test_the_database_refuses_the_number_of_another_seal(wiring, monkeypatch):
    await sealed_events(wiring, 2)
    await add_events(wiring, 1)

    async def stale(unit):
        return START

    monkeypatch.setattr(sealing, "_locked_head", stale)
    with pytest.raises((DBAPIError, Exception), match=r"(?i)unique|same moment"):
        async with wiring.writing() as unit:
            await seal_batch(unit)
    monkeypatch.undo()
    found = await verdict(wiring)
    assert (found.intact, found.checked, found.unsealed) == (True, 2, 1)


async def test_a_worker_seals_and_at_its_end_leaves_nothing_unsealed(wiring, settings):
    quick = Wiring(msgspec.structs.replace(settings, seal_interval=0.05))
    try:
        async with working(quick):
            await add_events(wiring, 2)

            async def done() -> bool:
                return (await verdict(wiring)).checked == 2

            await eventually(done)
    finally:
        await quick.close()
    slow = Wiring(msgspec.structs.replace(settings, seal_interval=3600))
    try:
        async with working(slow):
            await add_events(wiring, 2)
    finally:
        await slow.close()
    found = await verdict(wiring)
    assert (found.intact, found.checked, found.unsealed) == (True, 4, 0)


async def test_a_worker_that_waits_for_the_store_seals_meanwhile(wiring, settings):
    quick = Wiring(msgspec.structs.replace(settings, seal_interval=0.05))
    try:
        async with sealing_meanwhile(quick):
            await add_events(wiring, 2)

            async def done() -> bool:
                return (await verdict(wiring)).checked == 2

            await eventually(done)
    finally:
        await quick.close()


async def test_a_sealer_waits_for_its_turn(wiring):
    queue = Queue(wiring)
    await queue.open()
    try:
        await add_events(wiring, 1)
        await seal_in_turn(wiring, queue)
        await add_events(wiring, 1)
        await seal_in_turn(wiring, queue)
        assert (await verdict(wiring)).unsealed == 1, "the turn lasts for seal_interval"
    finally:
        await queue.close()


async def test_events_of_a_bulk_submission_are_sealed_too(wiring):
    async with wiring.writing() as unit:
        await record_many(unit, [("create", f"NFDP-SAM-{n:06d}") for n in range(1, 4)])
    assert await seal_all(wiring) == 3
    assert (await verdict(wiring)).intact


async def test_a_worker_tells_the_head_at_its_start_and_once_a_day(wiring):
    await sealed_events(wiring, 2)
    head = (await verdict(wiring)).head
    queue = Queue(wiring)
    await queue.open()
    try:
        with capture_logs() as said:
            for _ in range(3):
                await seal_in_turn(wiring, queue)
            assert [line for line in said if line["event"] == "audit_head"] == [
                {"event": "audit_head", "log_level": "info", "number": 2, "digest": head.digest}
            ]
            async with working(wiring):
                pass
        assert [line["number"] for line in said if line["event"] == "audit_head"] == [2, 2]
    finally:
        await queue.close()
