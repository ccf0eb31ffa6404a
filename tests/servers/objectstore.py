"""Starts the embedded object store in a temporary folder, on a free port, and stops it."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.storage.embedded import EmbeddedStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class StoreServer:
    """A running object store and the keys that it honours."""

    endpoint_url: str
    access_key: str
    secret_key: str


@contextmanager
def running_store(folder: Path, host: str = "127.0.0.1") -> Iterator[StoreServer]:
    """Yield a store that keeps its data below `folder` and faces `host`."""
    store = EmbeddedStore(folder, host=host)
    asyncio.run(store.start())
    try:
        yield StoreServer(store.endpoint_url, store.access_key, store.secret_key)
    finally:
        asyncio.run(store.stop())
