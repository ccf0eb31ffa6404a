"""Remembers which tokens were used, and writes it down now and then, so that a read never waits for a write."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from accession.people.personal import note_uses

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from uuid import UUID

    from accession.unit import Unit

log = structlog.get_logger()

INTERVAL = 20.0  # seconds between two writes
_MOST = 1000  # tokens in one write; those beyond are noted at their next use


class Uses:
    """The tokens that were used in this process since the last write."""

    def __init__(self, writing: Callable[[], AbstractAsyncContextManager[Unit]]) -> None:
        self._writing = writing
        self._noted: set[UUID] = set()

    def note(self, token_id: UUID) -> None:
        """Note that a token was used; nothing is written."""
        if len(self._noted) < _MOST:
            self._noted.add(token_id)

    async def write(self) -> None:
        """Write down what was noted; what fails is noted again at the next use."""
        noted, self._noted = self._noted, set()
        if noted:
            async with self._writing() as unit:
                await note_uses(unit, noted)

    async def keep_writing(self) -> None:
        """Write now and then, until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL)
            try:
                await self.write()
            except Exception as error:  # a last use is worth no failure
                log.warning("uses_not_written", exc_info=error)
