"""Limits: counted per caller, kind and hour, told on every answer, shared by processes, and never a write of a read."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import msgspec
import pytest
from sqlalchemy import event, select

from accession.errors import Unavailable
from accession.limits import Key, RequestCount, RequestKind, counts_of, forget_counts, window_of
from app.asgi import service
from app.counts import Counts
from app.settings import UnsafeSettings, from_environment
from app.wiring import Wiring
from tests.conftest import make_person
from tests.dialects.archive.records import make, make_experiment, make_project, make_sample
from tests.dialects.archive.test_history import RUN

pytestmark = pytest.mark.anyio

V1 = "/api/v1"
REQUESTS, UPLOADS, DOWNLOADS, SEARCHES = 6, 2, 3, 2
FIGURES = {"rate_requests": REQUESTS, "rate_uploads": UPLOADS, "rate_downloads": DOWNLOADS, "rate_searches": SEARCHES}


@pytest.fixture
def limited(settings):
    """Settings that count the archive's own dialect, with small figures."""
    return msgspec.structs.replace(settings, rate_limits=["archive"], **FIGURES)


@pytest.fixture
async def counting(limited, clock):
    """A process that counts; `alice` and others are made by another, which does not."""
    made = Wiring(limited, clock=clock)
    yield made
    await made.close()


def client_of(wiring, address="192.0.2.1"):
    transport = httpx.ASGITransport(app=service(wiring), client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://archive.test")


def standing(answer):
    return tuple(int(answer.headers[f"x-ratelimit-{name}"]) for name in ("limit", "remaining"))


async def kept(wiring):
    async with wiring.reading() as unit:
        rows = (await unit.session.scalars(select(RequestCount))).all()
    return {(row.caller, row.kind): row.count for row in rows}


async def test_every_answer_tells_where_the_caller_stands(wiring, counting, alice):
    async with client_of(counting) as api:
        for number, path in enumerate(("projects", "projects/NFDP-PRJ-999999", "nowhere", "projects?x=1", "auth/me")):
            answer = await api.get(f"{V1}/{path}", headers=alice.headers if path != "nowhere" else {})
            expected = 1 if path == "nowhere" else number + 1 - (number > 2)
            assert standing(answer) == (REQUESTS, REQUESTS - expected), path
            reset = int(answer.headers["x-ratelimit-reset"])
            assert reset == (window_of(counting.clock.now()) + timedelta(hours=1)).timestamp()
        refused = await api.get(f"{V1}/auth/me", headers={"Authorization": "Bearer nonsense"})
        assert refused.status_code == 401
        assert standing(refused)[0] == REQUESTS


async def test_beyond_the_limit_the_answer_is_429_in_the_shape_of_the_dialect(wiring, counting, alice):
    async with client_of(counting) as api:
        for _ in range(REQUESTS):
            assert (await api.get(f"{V1}/projects", headers=alice.headers)).status_code == 200
        refused = await api.get(f"{V1}/projects", headers=alice.headers)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert refused.headers["content-type"] == "application/problem+json"
    assert standing(refused) == (REQUESTS, 0)
    wait = int(refused.headers["retry-after"])
    assert 1 <= wait <= 3600
    assert str(wait) in refused.json()["detail"]


async def test_the_next_hour_begins_anew(wiring, counting, clock):
    async with client_of(counting) as api:
        for _ in range(REQUESTS + 1):
            last = await api.get(f"{V1}/projects")
        assert last.status_code == 429
        clock.advance(seconds=int(last.headers["retry-after"]))
        again = await api.get(f"{V1}/projects")
    assert (again.status_code, standing(again)) == (200, (REQUESTS, REQUESTS - 1))


async def test_an_account_has_a_limit_of_its_own_wherever_it_asks_from(wiring, counting, alice, bob):
    async with client_of(counting, "192.0.2.1") as here, client_of(counting, "192.0.2.2") as there:
        await here.get(f"{V1}/projects", headers=alice.headers)
        assert standing(await there.get(f"{V1}/projects", headers=alice.headers)) == (REQUESTS, REQUESTS - 2)
        assert standing(await here.get(f"{V1}/projects", headers=bob.headers)) == (REQUESTS, REQUESTS - 1)


async def test_without_an_account_the_address_counts_and_of_ipv6_the_subscribers_network(wiring, counting):
    async def asked_from(address):
        async with client_of(counting, address) as api:
            return standing(await api.get(f"{V1}/projects"))[1]

    assert [await asked_from("192.0.2.1") for _ in range(2)] == [REQUESTS - 1, REQUESTS - 2]
    assert await asked_from("192.0.2.2") == REQUESTS - 1
    assert await asked_from("2001:db8:0:1::1") == REQUESTS - 1
    assert await asked_from("2001:db8:0:1:ffff::2") == REQUESTS - 2
    assert await asked_from("2001:db8:0:2::1") == REQUESTS - 1


async def test_behind_a_trusted_proxy_the_callers_address_counts(wiring, limited):
    behind = Wiring(msgspec.structs.replace(limited, trusted_proxies=["192.0.2.1"]))
    try:
        async with client_of(behind) as api:
            for caller in ("203.0.113.1", "203.0.113.2"):
                answer = await api.get(f"{V1}/projects", headers={"X-Forwarded-For": caller})
                assert standing(answer)[1] == REQUESTS - 1
        async with client_of(behind, "192.0.2.9") as api:
            for number in range(1, 3):
                answer = await api.get(f"{V1}/projects", headers={"X-Forwarded-For": f"203.0.113.{number}"})
                assert standing(answer)[1] == REQUESTS - number, "a feigned address is no new caller"
    finally:
        await behind.close()


async def test_downloads_and_searches_have_limits_of_their_own(wiring, api, counting, alice):
    sample = await make_sample(api, alice, await make_project(api, alice))
    run = await make(api, alice, "runs", experiment_accession=await make_experiment(api, alice, sample), **RUN)
    async with client_of(counting) as limited:
        for number in range(1, DOWNLOADS + 1):
            answer = await limited.get(f"{V1}/runs/{run}/download")
            assert (answer.status_code, standing(answer)) == (200, (DOWNLOADS, DOWNLOADS - number))
        assert (await limited.get(f"{V1}/runs/{run}/download")).status_code == 429
        for number in range(1, SEARCHES + 1):
            assert standing(await limited.get(f"{V1}/search?q=cattle")) == (SEARCHES, SEARCHES - number)
        refused = await limited.get(f"{V1}/search?q=cattle")
        assert (refused.status_code, refused.json()["detail"].split(";")[0]) == (
            429,
            f"That was more than {SEARCHES} searches in this hour",
        )
        assert standing(await limited.get(f"{V1}/projects")) == (REQUESTS, REQUESTS - 1)


async def test_an_upload_counts_once_however_many_steps_it_takes(wiring, limited, store, alice):
    counting = Wiring(limited, store=store)
    body = {"filename": "a.bam", "file_size": 20 * 2**20, "parts": 3}
    try:
        async with client_of(counting) as api:
            for number in range(1, UPLOADS + 1):
                begun = await api.post(f"{V1}/staging/initiate", json=body, headers=alice.headers)
                assert (begun.status_code, standing(begun)) == (200, (UPLOADS, UPLOADS - number)), begun.text
                for _ in range(4):
                    path = f"{V1}/staging/complete/{begun.json()['staged_file_id']}"
                    part = await api.post(path, json={}, headers=alice.headers)
                    assert part.status_code in {409, 422}
                    assert standing(part) == (UPLOADS, UPLOADS - number)
            refused = await api.post(f"{V1}/staging/initiate", json=body, headers=alice.headers)
            assert refused.status_code == 429
            assert (await api.post(path, json={}, headers=alice.headers)).status_code != 429, "what was begun may end"
    finally:
        await counting.close()


async def test_what_is_refused_for_its_number_is_not_counted_further(wiring, counting):
    async with client_of(counting) as api:
        for _ in range(REQUESTS + 5):
            await api.get(f"{V1}/projects")
    await counting.counts.write()
    assert await kept(wiring) == {("address:192.0.2.1", "request"): REQUESTS}


async def test_a_read_writes_nothing_in_its_own_path(wiring, counting):
    written = []

    def note(_connection, _cursor, statement, *_rest):
        if not statement.startswith(("SELECT", "WITH edge AS")):
            written.append(statement)

    engine = counting.engines.write.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    async with client_of(counting) as api:
        for _ in range(3):
            assert (await api.get(f"{V1}/projects")).status_code == 200
    assert written == []
    await counting.counts.write()
    assert len([statement for statement in written if "request_counts" in statement]) == 1, "one write for all"
    written.clear()
    await counting.counts.write()
    assert written == [], "and none where nothing was counted"


async def test_two_processes_share_a_limit(wiring, limited, clock):
    first, second = Wiring(limited, clock=clock), Wiring(limited, clock=clock)
    try:
        async with client_of(first) as one, client_of(second) as other:
            for _ in range(2):
                await one.get(f"{V1}/projects")
                await other.get(f"{V1}/projects")
            await asyncio.gather(first.counts.write(), second.counts.write())
            await one.get(f"{V1}/projects")
            await first.counts.write()
            answer = await one.get(f"{V1}/projects")
            assert standing(answer) == (REQUESTS, 0)
            assert (await one.get(f"{V1}/projects")).status_code == 429
            await first.counts.write()
            await other.get(f"{V1}/projects")
            await second.counts.write()
            assert (await other.get(f"{V1}/projects")).status_code == 429
    finally:
        await first.close()
        await second.close()


async def test_a_restart_keeps_the_counts(wiring, limited, clock):
    for number in range(1, 3):
        process = Wiring(limited, clock=clock)
        async with client_of(process) as api:
            assert standing(await api.get(f"{V1}/projects")) == (REQUESTS, REQUESTS - number)
        await process.counts.write()
        await process.close()


async def test_a_write_that_fails_is_made_up_for(wiring, counting):
    async with client_of(counting) as api:
        await api.get(f"{V1}/projects")
        broken = Counts(wiring.reading, _failing)
        key = Key("address:192.0.2.1", "request", window_of(wiring.clock.now()))
        broken.add(key)
        with pytest.raises(Unavailable):
            await broken.write()
        assert await broken.count(key) == 1
        broken._writing = wiring.writing
        await broken.write()
        await counting.counts.write()
    assert await kept(wiring) == {("address:192.0.2.1", "request"): 2}


def _failing():
    raise Unavailable("The database does not answer.")


async def test_memory_is_bounded_by_a_number_of_callers(wiring):
    counts, window = Counts(wiring.reading, wiring.writing, most=10), window_of(wiring.clock.now())
    keys = [Key(f"address:{number}", "request", window) for number in range(50)]
    for key in keys:
        assert await counts.count(key) == 0
        counts.add(key)
    assert max(len(counts._known), len(counts._pending)) == 10
    await counts.write()
    assert len(await kept(wiring)) == 10
    assert await counts.count(keys[0]) == 1, "one that was forgotten is read again"


async def test_counters_of_hours_that_have_ended_are_swept(wiring, clock):
    window = window_of(wiring.clock.now())
    counts = Counts(wiring.reading, wiring.writing)
    counts.add(Key("address:1", RequestKind.REQUEST.value, window))
    await counts.write()
    async with wiring.writing() as unit:
        assert await forget_counts(unit) == 0
        assert await counts_of(unit, "address:1", window) == {"request": 1}
    clock.advance(hours=3)
    async with wiring.writing() as unit:
        assert await forget_counts(unit) == 1


async def test_a_dialect_that_is_not_named_counts_nothing(wiring, api):
    answer = await api.get(f"{V1}/projects")
    assert not [name for name in answer.headers if name.startswith("x-ratelimit")]
    await wiring.counts.write()
    assert await kept(wiring) == {}


async def test_asking_for_options_is_free(wiring, counting):
    async with client_of(counting) as api:
        for _ in range(REQUESTS + 2):
            assert (await api.options(f"{V1}/projects")).status_code == 204


def test_a_dialect_that_does_not_exist_is_refused_at_the_start():
    with pytest.raises(UnsafeSettings, match=r"SEQARK_RATE_LIMITS.*'flows'"):
        from_environment({"SEQARK_RATE_LIMITS": "archive,flows"})


async def test_a_machine_has_the_limit_of_its_account(wiring, counting):
    """Whatever credential speaks for an account, one counter counts."""
    carol = await make_person(wiring, "carol")
    async with client_of(counting) as api:
        await api.get(f"{V1}/projects", headers=carol.headers)
    await counting.counts.write()
    assert await kept(wiring) == {(f"account:{carol.id}", "request"): 1}
