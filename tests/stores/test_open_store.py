"""The settings choose the store: embedded, any S3 by its address, or none."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from app.settings import Settings
from app.storage import inner_url, open_store
from app.storage.embedded import EmbeddedStore

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.objectstore import StoreServer

pytestmark = pytest.mark.anyio


async def test_none_opens_no_store(tmp_path: Path) -> None:
    assert open_store(Settings(data_dir=tmp_path, s3_endpoint="none")) is None
    assert list(tmp_path.iterdir()) == []


async def test_an_address_opens_that_store_and_links_name_the_public_one(server: StoreServer, tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        s3_endpoint=server.endpoint_url,
        s3_access_key=server.access_key,
        s3_secret_key=server.secret_key,
        s3_bucket="chosen",
        s3_public_url="https://files.example.org/",
    )
    store = open_store(settings)
    assert store is not None
    await store.ready()
    link = await store.presign_get("k", version_id=None, expires=timedelta(minutes=1))
    assert link.startswith("https://files.example.org/chosen/k?")
    await store.close()


async def test_embedded_opens_the_store_that_another_process_started(tmp_path: Path) -> None:
    embedded = EmbeddedStore(tmp_path)
    await embedded.start()
    store = open_store(Settings(data_dir=tmp_path, s3_port=embedded.port))
    assert store is not None
    await store.ready()
    stat = await store.put_whole("k", b"x", content_type="text/plain")
    link = await store.presign_get("k", version_id=stat.version_id, expires=timedelta(minutes=1))
    assert link.startswith(f"{embedded.endpoint_url}/seqark/k?")
    await store.close()
    await embedded.stop()


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:1"), ("0.0.0.0", "http://127.0.0.1:1"), ("::", "http://[::1]:1")],
)
def test_this_machine_reaches_the_embedded_store_over_loopback(host: str, url: str) -> None:
    assert inner_url(host, 1) == url


def test_an_address_with_a_path_is_refused() -> None:
    from app.storage.s3 import S3Store

    with pytest.raises(ValueError, match="without a path"):
        S3Store("https://s3.example.org/prefix", access_key="a", secret_key="b", bucket="bucket", public_url="http://x")
