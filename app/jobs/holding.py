"""Holds a lease while work goes on, and gives it back when the work could not be done."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from accession.actor import ARCHIVE
from accession.errors import Unavailable
from accession.files import leases

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
    from typing import Any

    from accession.files.leases import Claimed
    from app.settings import Settings
    from app.wiring import Wiring

T = TypeVar("T")
log = logging.getLogger(__name__)

LEASE = 0.6  # of `worker_stale_after`: shorter than the queue takes to find a worker dead
ATTEMPTS = 3  # before a file whose check fails, or finds no bytes, is refused
NO_BYTES = "The object store has no bytes of this file."
RENEWALS = 5  # within one lease
SOONEST, LATEST = timedelta(seconds=2), timedelta(seconds=60)


class LeaseLost(Exception):
    """Somebody else has taken the work over; nothing of it may be kept."""


def lease_of(settings: Settings) -> timedelta:
    """How long a claim stands without a sign of life."""
    return timedelta(seconds=settings.worker_stale_after * LEASE)


async def while_held(work: Coroutine[Any, Any, T], renew: Callable[[], Awaitable[bool]], lease: timedelta) -> T:
    """Do the work, renewing its lease meanwhile; `LeaseLost` ends it."""
    task = asyncio.create_task(work)
    try:
        while not (await asyncio.wait({task}, timeout=lease.total_seconds() / RENEWALS))[0]:
            if not await _renewed(renew):
                raise LeaseLost
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})


@asynccontextmanager
async def file_held(wiring: Wiring, claimed: Claimed) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
    """Yield what renews the lease of a file; an error gives the file back, to be tried again after a while.

    An outage of the store, a full disk, a stopping worker or an error of the service never count against the file.
    """
    lease = lease_of(wiring.settings)

    async def renew() -> bool:
        async with wiring.writing(ARCHIVE) as unit:
            return await leases.renew(unit, claimed, lease)

    try:
        yield renew
    except LeaseLost:
        log.warning("file %s was taken over by another worker", claimed.file_id)
    except asyncio.CancelledError:
        await asyncio.shield(give_back(wiring, claimed, after=timedelta()))
        raise
    except Unavailable as error:
        log.warning("file %s waits: %s", claimed.file_id, error)
        await give_back(wiring, claimed, after=pause(wiring, claimed))
    except Exception:
        log.exception("work on file %s failed inside", claimed.file_id)
        await give_back(wiring, claimed, after=LATEST)


async def give_back(wiring: Wiring, claimed: Claimed, *, after: timedelta, failed: bool = False) -> None:
    """End the lease with the work undone."""
    async with wiring.writing(ARCHIVE) as unit:
        await leases.give_back(unit, claimed, after=after, failed=failed)


async def tried_again(wiring: Wiring, claimed: Claimed, reason: str) -> bool:
    """Give the file back after a failed attempt; False, and nothing done, when that was its last one."""
    log.warning("an attempt at file %s failed: %s", claimed.file_id, reason)
    if claimed.attempts + 1 >= ATTEMPTS:
        return False
    await give_back(wiring, claimed, after=pause(wiring, claimed), failed=True)
    return True


def pause(wiring: Wiring, claimed: Claimed) -> timedelta:
    """How long to wait before another try: a quarter of the time since the upload, between 2 and 60 s."""
    waited = wiring.clock.now() - claimed.uploaded_at if claimed.uploaded_at is not None else SOONEST
    return min(max(waited / 4, SOONEST), LATEST)


async def _renewed(renew: Callable[[], Awaitable[bool]]) -> bool:
    """Renew; a database that does not answer just now is no loss yet."""
    try:
        return await renew()
    except Exception:
        log.exception("a lease could not be renewed")
        return True
