"""Runs a worker: takes work from the queue, and sweeps and seals when it is this worker's turn."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from litestar_queues import Worker

from app.jobs.cpu import kept_warm
from app.jobs.queue import Queue
from app.jobs.sealing import seal_all, seal_in_turn, tell_head
from app.jobs.sweeping import sweep
from app.jobs.tasks import TASKS

if TYPE_CHECKING:
    from app.wiring import Wiring

log = logging.getLogger(__name__)

TURN = "sweep"


async def run_worker(wiring: Wiring, stop: asyncio.Event) -> None:
    """Work until `stop` is set; then what runs may end within `graceful_seconds`, and the rest is given back.

    Any number of workers may run on PostgreSQL; they share one schedule.
    """
    queue = Queue(wiring)
    if wiring.notifier is None:
        wiring.notifier = queue.notify
    await queue.open()
    worker = Worker(queue.service)
    try:
        async with kept_warm(wiring.settings.worker_concurrency):
            working = asyncio.create_task(worker.start())
            sweeping = asyncio.create_task(_sweep_in_turn(wiring, queue))
            sealing = asyncio.create_task(_seal_in_turn(wiring, queue))
            stopping = asyncio.create_task(stop.wait())
            log.info("worker %s takes work: %s", worker.worker_id, ", ".join(known.name for known in TASKS))
            try:
                await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await _end(stopping)
                await _end(sweeping)
                await worker.stop()
                await working
                await _end(sealing)
                await _seal_at_last(wiring)
    finally:
        if wiring.notifier == queue.notify:
            wiring.notifier = None
        await queue.close()


async def _sweep_in_turn(wiring: Wiring, queue: Queue) -> None:
    """Sweep every `sweep_interval` seconds; of many workers, the one that first asks after the interval does it."""
    interval = wiring.settings.sweep_interval
    while True:
        try:
            if await queue.service.get_queue_backend().acquire_worker_lock(TURN, ttl=timedelta(seconds=interval)):
                await sweep(wiring, queue)
        except Exception:
            log.exception("the sweep was put off")
        await asyncio.sleep(interval / 2)


async def _seal_in_turn(wiring: Wiring, queue: Queue) -> None:
    """Tell the head of the audit's chain, then seal what comes, every `seal_interval` seconds."""
    try:
        await tell_head(wiring)
    except Exception:
        log.exception("the head of the audit was not told")
    while True:
        try:
            await seal_in_turn(wiring, queue)
        except Exception:
            log.exception("the audit was not sealed this time")
        await asyncio.sleep(wiring.settings.seal_interval / 2)


async def _seal_at_last(wiring: Wiring) -> None:
    """Seal what the last pieces of work have left."""
    try:
        await seal_all(wiring)
    except Exception:
        log.exception("the audit was not sealed at the end")


async def _end(task: asyncio.Task[object] | asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
