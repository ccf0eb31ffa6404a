"""Workers that are killed, stopped or held up: what they had begun is finished by others, once."""

from __future__ import annotations

import asyncio
import signal

import pytest

from accession.files.models import FileState
from tests.jobs.ingest import (
    eventually,
    file_row,
    has_qc,
    has_verdict,
    reports_of,
    send_in,
    worker_process,
    working,
)
from tests.jobs.worker_process import PLACES

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("database", "place"),
    [*(("sqlite", place) for place in PLACES), ("postgresql", "checking"), ("postgresql", "measured")],
    indirect=["database"],
)
async def test_what_a_killed_worker_had_begun_is_finished_by_the_next(
    wiring, store, store_server, alice, dataset, settings, place
):
    file_id = await send_in(wiring, alice, dataset.samples[0].forward)
    marker = settings.data_dir / "hangs"
    process = worker_process(wiring, store, store_server, hang_at=place)
    try:
        await eventually(lambda: asyncio.to_thread(marker.exists))
    finally:
        process.kill()
        process.wait()
    held = await file_row(wiring, file_id)
    assert held.claim is not None, "the dead worker's claim stands until its lease has ended"
    async with working(wiring):
        await eventually(lambda: has_qc(wiring, file_id))
    row = await file_row(wiring, file_id)
    assert (row.state, row.claim, row.due_at) == (FileState.VERIFIED, None, None)
    assert row.version_id is not None
    assert all(report.data_keys for report in (await reports_of(wiring, file_id)).values())


async def test_a_stopped_worker_gives_back_what_it_cannot_end_in_time(wiring, store, store_server, alice, dataset):
    file_id = await send_in(wiring, alice, dataset.samples[0].forward)
    marker = wiring.settings.data_dir / "hangs"
    process = worker_process(wiring, store, store_server, hang_at="checking")
    try:
        await eventually(lambda: asyncio.to_thread(marker.exists))
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(asyncio.to_thread(process.wait), 60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    row = await file_row(wiring, file_id)
    assert (row.state, row.claim, row.attempts) == (FileState.VERIFYING, None, 0)
    async with working(wiring):
        await eventually(lambda: has_verdict(wiring, file_id))
    assert (await file_row(wiring, file_id)).state == FileState.VERIFIED


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_many_workers_settle_every_file_once_though_one_of_them_is_killed(
    wiring, store, store_server, alice, dataset
):
    files = [await send_in(wiring, alice, dataset.samples[0].vcf, f"calls_{n}.vcf.gz") for n in range(12)]
    workers = [worker_process(wiring, store, store_server) for _ in range(3)]
    try:

        async def some_settled() -> bool:
            return any([(await file_row(wiring, one)).state != FileState.VERIFYING for one in files])

        await eventually(some_settled)
        workers[0].kill()
        await eventually(lambda: has_qc(wiring, *files))
    finally:
        for process in workers:
            process.kill()
            process.wait()
    for file_id in files:
        assert (await file_row(wiring, file_id)).state == FileState.VERIFIED
    assert await times_settled(wiring) == {"verified": len(files), "measured": len(files)}


async def times_settled(wiring) -> dict[str, int]:
    from sqlalchemy import func, select

    from accession.audit.models import Event

    counted = select(Event.verb, func.count()).where(Event.verb.in_(["verified", "measured"])).group_by(Event.verb)
    async with wiring.reading() as unit:
        return dict((await unit.session.execute(counted)).all())
