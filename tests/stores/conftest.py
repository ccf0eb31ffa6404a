"""The stores that the conformance tests run against: the embedded one, and another that the environment names."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING
from uuid import uuid4

import psutil
import pytest

from app.storage.embedded import EmbeddedStore
from app.storage.s3 import S3Store
from tests.servers.objectstore import StoreServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

NAMED = "SEQARK_TEST_S3_URL"
STORES = ("embedded", "named") if os.environ.get(NAMED) else ("embedded",)


def named_server() -> StoreServer:
    """The store of SEQARK_TEST_S3_URL, with SEQARK_TEST_S3_ACCESS_KEY and SEQARK_TEST_S3_SECRET_KEY."""
    keys = (os.environ[f"SEQARK_TEST_S3_{kind}_KEY"] for kind in ("ACCESS", "SECRET"))
    return StoreServer(os.environ[NAMED], *keys)


@pytest.fixture(params=STORES)
def server(request: pytest.FixtureRequest) -> StoreServer:
    """A running S3."""
    return request.getfixturevalue("store_server") if request.param == "embedded" else named_server()


@pytest.fixture
async def blobs(server: StoreServer) -> AsyncIterator[S3Store]:
    """A client of it, on a bucket of the test's own that is emptied afterwards."""
    store = client_of(server)
    await store.ready()
    yield store
    left = [entry.key async for entry in store.list_keys("")]
    await asyncio.gather(*(store.delete(key) for key in left))
    await store.close()


@pytest.fixture
async def own_store(tmp_path: Path) -> AsyncIterator[EmbeddedStore]:
    """An embedded store that the test may harm."""
    store = EmbeddedStore(tmp_path)
    await store.start()
    yield store
    await store.stop()


def client_of(server: StoreServer | EmbeddedStore, *, bucket: str = "", public_url: str = "") -> S3Store:
    """A client of a running store."""
    return S3Store(
        server.endpoint_url,
        access_key=server.access_key,
        secret_key=server.secret_key,
        bucket=bucket or f"test-{uuid4().hex[:12]}",
        public_url=public_url or server.endpoint_url,
    )


def other_address() -> str:
    """An address of this machine that is not 127.0.0.1: of a network interface, else another one of loopback."""
    addresses = [a.address for cards in psutil.net_if_addrs().values() for a in cards if a.family == socket.AF_INET]
    return next((address for address in addresses if not address.startswith("127.")), "127.0.0.2")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
