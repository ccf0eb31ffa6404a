"""Queues background work by name and key; a key that waits or runs already is not queued twice."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from litestar_queues import QueueConfig, QueueService, WorkerConfig
from litestar_queues.models import TaskRequest

from accession.work import FIRST, Work
from app.db.queue import QueueDatabase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.wiring import Wiring

log = logging.getLogger(__name__)

PRIORITIES = {work: 10 * (len(FIRST) - place) for place, work in enumerate(FIRST)}
RECOVERIES = 10_000  # a piece of work whose worker dies is taken up again, however often
TOLERATED = 0.75  # the part of `worker_stale_after` without a heartbeat after which a worker counts as dead
BATCH = 100


class Queue:
    """One process's door to the queue. Open it before use; `notify` opens it by itself."""

    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring
        self.database = QueueDatabase(wiring.settings, wiring.engines)
        self.service = QueueService(self._config())
        self.ready = False

    async def open(self) -> None:
        """Make the tables if need be."""
        if not self.ready:
            await self.database.prepare()
            await self.service.open()
            self.ready = True

    async def close(self) -> None:
        """Close what is open."""
        self.ready = False
        await self.service.close()
        await self.database.close()

    async def probe(self) -> None:
        """A sign of life of the queue's database; whatever is wrong is raised."""
        await self.database.answers()

    async def notify(self, work: str, key: str) -> None:
        """Queue `work` for `key`; never raises, since the sweep finds what was not queued."""
        await self.notify_all([(work, key)])

    async def notify_all(self, wanted: Sequence[tuple[str, str]]) -> None:
        """Queue many pieces of work in few transactions; never raises."""
        try:
            await self.open()
            for start in range(0, len(wanted), BATCH):
                await self._enqueue([_request(work, key) for work, key in wanted[start : start + BATCH]])
        except Exception:
            log.exception("work was not queued; the next sweep will find it")

    async def _enqueue(self, requests: list[TaskRequest]) -> None:
        backend = self.service.get_queue_backend()
        if len(requests) > 1:
            try:
                await backend.enqueue_many(requests)
            except Exception:  # noqa: BLE001  # one key that somebody else queues just now fails the whole batch
                log.info("a batch of work is queued piece by piece")
            else:
                return
        for request in requests:
            await backend.enqueue(
                request.task_name,
                args=request.args,
                priority=request.priority,
                max_retries=request.max_retries,
                key=request.key,
            )

    def _config(self) -> QueueConfig:
        """Workers poll: with wake-ups by notification a worker that is fully busy would spin while work waits."""
        settings = self.wiring.settings

        async def arguments(*_: object) -> Mapping[str, object]:
            return {"wiring": self.wiring, "queue": self}

        silence = settings.worker_stale_after * TOLERATED
        return QueueConfig(
            namespace="seqark",
            queue_backend=self.database.backend(),
            task_dependency_resolver=arguments,
            worker=WorkerConfig(
                placement="external",
                max_concurrency=settings.worker_concurrency,
                poll_interval=min(0.1, settings.worker_poll_max),
                poll_backoff_max=settings.worker_poll_max,
                heartbeat_interval=silence / 5,
                stale_after=silence,
                stale_check_interval=(settings.worker_stale_after - silence) / 2,
                graceful_shutdown_timeout=settings.graceful_seconds,
                requeue_on_shutdown=True,
                max_interruptions=RECOVERIES,
                hard_exit_timeout=None,
            ),
        )


def _request(work: str, key: str) -> TaskRequest:
    priority = PRIORITIES.get(Work(work), 0)
    return TaskRequest(work, args=(key,), key=f"{work}:{key}", priority=priority, max_retries=RECOVERIES)
