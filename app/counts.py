"""Counts requests in this process, and adds them to the database's counters about once a second.

A request writes nothing. What other processes have counted comes back with each write, and with the first request of a
caller in an hour, so that several processes share a limit approximately: each may be a second behind.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING

import structlog

from accession.errors import DomainError
from accession.limits import Key, add_counts, counts_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from accession.unit import Unit

    Opened = Callable[[], AbstractAsyncContextManager[Unit]]

log = structlog.get_logger()

INTERVAL = 1.0  # seconds between two writes
MOST = 20_000  # callers that are remembered; one that was forgotten is read again


class Counts:
    """The counters of this process: what the database told last, and what it has not been told yet."""

    def __init__(self, reading: Opened, writing: Opened, *, most: int = MOST) -> None:
        self._reading, self._writing, self._most = reading, writing, most
        self._known: OrderedDict[tuple[str, datetime], dict[str, int]] = OrderedDict()
        self._pending: dict[Key, int] = {}
        self._going: dict[Key, int] = {}

    async def count(self, key: Key) -> int:
        """How often it was asked for, as far as this process knows; the database is read for a new caller alone."""
        caller = (key.caller, key.window)
        known = self._known.get(caller)
        if known is None:
            known = await self._read(key)
        if caller in self._known:
            self._known.move_to_end(caller)
        return known.get(key.kind, 0) + self._going.get(key, 0) + self._pending.get(key, 0)

    def add(self, key: Key) -> None:
        """Count one request; nothing is written. Beyond all bounds, where no write succeeds, it is not counted."""
        if key in self._pending or len(self._pending) < self._most:
            self._pending[key] = self._pending.get(key, 0) + 1

    async def write(self) -> None:
        """Add what was counted to the database, and learn what others have added; what fails is kept for later."""
        if not self._pending or self._going:
            return
        self._going, self._pending = self._pending, {}
        try:
            async with self._writing() as unit:
                totals = await add_counts(unit, self._going)
        except BaseException:
            for key, count in self._going.items():
                self._pending[key] = self._pending.get(key, 0) + count
            raise
        else:
            for key, total in totals.items():
                known = self._known.get((key.caller, key.window))
                if known is not None:
                    known[key.kind] = total
        finally:
            self._going = {}

    async def keep_writing(self) -> None:
        """Write about once a second, until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL)
            try:
                await self.write()
            except Exception as error:  # the next write brings it
                log.warning("counts_not_written", exc_info=error)

    async def _read(self, key: Key) -> dict[str, int]:
        """What the database knows of a caller; nothing where it does not answer, so that a limit never bars by that."""
        try:
            async with self._reading() as unit:
                read = await counts_of(unit, key.caller, key.window)
        except DomainError:
            return {}
        known = self._known.setdefault((key.caller, key.window), read)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return known
