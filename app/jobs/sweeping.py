"""Sweeps: queues what rows say is due, cleans up, and forgets work that ended long ago."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from accession.actor import ARCHIVE
from accession.errors import StoreUnavailable
from accession.files.cleanup import Chore, carry_out, cleaned, discarded_key, due_cleanup, orphan_keys
from accession.files.due import due_work
from accession.limits import forget_counts
from accession.repeats import forget_expired
from accession.states.days import note_openings
from app.jobs import mailing
from app.jobs.workfolder import remove_abandoned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accession.files.store import BlobStore
    from app.jobs.queue import Queue
    from app.wiring import Wiring

log = logging.getLogger(__name__)

KEPT = timedelta(hours=1)  # how long the queue remembers work that has ended
AT_ONCE = 1000
ORPHANS, DAILY = "orphans", timedelta(days=1)
PAGE = 500


async def sweep(wiring: Wiring, queue: Queue) -> None:
    """Do one round; each part is done even where another fails."""
    for part in (_note_days, _queue_due, _send_mail, _clean, _forget, _forget_counts, _clean_orphans):
        try:
            await part(wiring, queue)
        except StoreUnavailable as error:
            log.warning("the sweep waits for the object store: %s", error)
        except Exception:
            log.exception("a part of the sweep failed")


async def remove_object(wiring: Wiring, key: str) -> None:
    """Remove the bytes that were given up under `key`; nothing happens when they are gone."""
    if wiring.store is None:
        return
    async with wiring.reading(ARCHIVE) as unit:
        chore = await discarded_key(unit, key)
    if chore is not None:
        await _do(wiring, wiring.store, [chore])


async def _note_days(wiring: Wiring, _queue: Queue) -> None:
    """Note the embargoes that have ended, and forget the idempotency keys of yesterday."""
    async with wiring.writing(ARCHIVE) as unit:
        opened = await note_openings(unit)
        await forget_expired(unit)
    for accession in opened:
        log.info("%s is open from today on", accession)


async def _queue_due(wiring: Wiring, queue: Queue) -> None:
    async with wiring.reading(ARCHIVE) as unit:
        due = await due_work(unit)
    if due and wiring.store is not None:
        await queue.notify_all(due)


async def _send_mail(wiring: Wiring, _queue: Queue) -> None:
    await mailing.send_due(wiring)


async def _clean(wiring: Wiring, _queue: Queue) -> None:
    await asyncio.to_thread(remove_abandoned, wiring.settings)
    if wiring.store is None:
        return
    async with wiring.writing(ARCHIVE) as unit:
        chores = await due_cleanup(unit, wiring.terms)
    await _do(wiring, wiring.store, chores)


async def _clean_orphans(wiring: Wiring, queue: Queue) -> None:
    """Once a day: compare the store with the rows."""
    store = wiring.store
    if store is None or not await queue.service.get_queue_backend().acquire_worker_lock(ORPHANS, ttl=DAILY):
        return
    await look_for_orphans(wiring, store)


async def look_for_orphans(wiring: Wiring, store: BlobStore) -> list[str]:
    """The keys that no row names, told in the log, page by page; uploads in parts that none awaits are ended.

    The objects stay: after a database was restored from a backup they are the only copy of what came since.
    """
    found: list[str] = []
    page: list[str] = []
    async for stat in store.list_keys("files/"):
        page.append(stat.key)
        if len(page) == PAGE:
            found += await _orphans(wiring, page)
            page = []
    found += await _orphans(wiring, page)
    if found:
        log.warning("%s objects belong to no file, the first is %s; nothing removes them", len(found), found[0])
    uploads = [u for u in await store.list_uploads("files/") if u.initiated < wiring.clock.now() - DAILY]
    for start in range(0, len(uploads), PAGE):
        some = uploads[start : start + PAGE]
        orphans = set(await _orphans(wiring, [upload.key for upload in some]))
        for upload in some:
            if upload.key in orphans:
                await store.abort_multipart(upload.key, upload.upload_id)
    return found


async def _orphans(wiring: Wiring, keys: Sequence[str]) -> list[str]:
    async with wiring.reading(ARCHIVE) as unit:
        return await orphan_keys(unit, keys)


async def _do(wiring: Wiring, store: BlobStore, chores: Sequence[Chore]) -> None:
    for chore in chores:
        found = await carry_out(store, chore)
        async with wiring.writing(ARCHIVE) as unit:
            await cleaned(unit, wiring.terms, chore, found)


async def _forget(_wiring: Wiring, queue: Queue) -> None:
    await queue.service.get_queue_backend().cleanup_terminal(datetime.now(UTC) - KEPT, limit=AT_ONCE)


async def _forget_counts(wiring: Wiring, _queue: Queue) -> None:
    async with wiring.writing(ARCHIVE) as unit:
        await forget_counts(unit)
