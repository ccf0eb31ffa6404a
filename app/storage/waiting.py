"""Waits for an object store that may come later than the service: its bucket is made as soon as it answers."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from accession.errors import DomainError

if TYPE_CHECKING:
    from accession.files.store import BlobStore

log = logging.getLogger(__name__)

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0


async def until_ready(store: BlobStore) -> None:
    """Ask the store to be ready, with growing pauses and a word in the log, until it is."""
    pause = _FIRST_PAUSE
    while True:
        try:
            await store.ready()
        except DomainError as error:
            log.warning("the object store is not ready: %s", error)
        except Exception:
            log.exception("the object store could not be asked whether it is ready")
        else:
            return
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
