"""Seals the audit in its turn: every `seal_interval` seconds, at the end of a worker, and one sealer at a time."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from accession.actor import ARCHIVE
from accession.audit.sealing import BATCH, any_unsealed, head_of, seal_batch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.jobs.queue import Queue
    from app.wiring import Wiring

log = structlog.get_logger(__name__)

TURN = "seal"
TOLD, DAILY = "audit_head", timedelta(days=1)


async def seal_in_turn(wiring: Wiring, queue: Queue) -> None:
    """Seal what is committed, if anything is and no other worker does; once a day tell the head."""
    async with wiring.reading(ARCHIVE) as unit:
        waiting = await any_unsealed(unit)
    backend = queue.service.get_queue_backend()
    turn = timedelta(seconds=wiring.settings.seal_interval)
    if waiting and await backend.acquire_worker_lock(TURN, ttl=turn):
        await seal_all(wiring)
    if await backend.acquire_worker_lock(TOLD, ttl=DAILY):
        await tell_head(wiring)


@asynccontextmanager
async def sealing_meanwhile(wiring: Wiring) -> AsyncIterator[None]:
    """Seal while a worker waits for something else, and has no queue yet that would give it turns."""

    async def keep_sealing() -> None:
        while True:
            try:
                await seal_all(wiring)
            except Exception as error:  # the next round may do it
                log.warning("audit_not_sealed", exc_info=error)
            await asyncio.sleep(wiring.settings.seal_interval)

    task = asyncio.create_task(keep_sealing())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def seal_all(wiring: Wiring) -> int:
    """Seal all that is committed, each batch in a transaction of its own; how many events there were."""
    sealed = 0
    while True:
        async with wiring.writing(ARCHIVE) as unit:
            batch = await seal_batch(unit)
        sealed += batch
        if batch < BATCH:
            return sealed


async def tell_head(wiring: Wiring) -> None:
    """Put the head into the log, which another machine may keep: a chain made anew later does not pass it."""
    async with wiring.reading(ARCHIVE) as unit:
        head = await head_of(unit)
    log.info("audit_head", number=head.number, digest=head.digest)
