"""Starts the embedded object store in a temporary folder, on a free port, and stops it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anyio.from_thread import start_blocking_portal

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
    """Yield a store that keeps its data below `folder` and faces `host`; its event loop runs in a thread."""
    store = EmbeddedStore(folder, host=host)
    with start_blocking_portal() as portal:
        portal.call(store.start)
        try:
            yield StoreServer(store.endpoint_url, store.access_key, store.secret_key)
        finally:
            portal.call(store.stop)
