"""A store that is down, frozen or unreachable: every call says so soon, and none hangs."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from accession.errors import StoreUnavailable
from accession.files.store import Part
from app.storage.s3 import S3Store
from tests.stores.conftest import client_of, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from app.storage.embedded import EmbeddedStore

pytestmark = pytest.mark.anyio
GENEROUS = 20
TEXT = "text/plain"


async def drain(chunks: AsyncIterator[Any]) -> list[Any]:
    return [chunk async for chunk in chunks]


async def few() -> AsyncIterator[bytes]:
    yield b"x"


async def many() -> AsyncIterator[bytes]:
    for _ in range(40):
        yield bytes(2**20)


CALLS: dict[str, Callable[[S3Store, Path], Coroutine[Any, Any, Any]]] = {
    "put_stream": lambda s, _: s.put_stream("k", few(), content_type=TEXT),
    "put_stream in parts": lambda s, _: s.put_stream("k", many(), content_type=TEXT),
    "put_file": lambda s, _: s.put_file("k", Path(__file__), content_type=TEXT),
    "stat": lambda s, _: s.stat("k"),
    "fetch": lambda s, folder: s.fetch("k", folder / "copy"),
    "stream": lambda s, _: drain(s.stream("k")),
    "delete": lambda s, _: s.delete("k"),
    "delete a version": lambda s, _: s.delete("k", "v"),
    "versions": lambda s, _: s.versions("k"),
    "list_keys": lambda s, _: drain(s.list_keys("")),
    "list_uploads": lambda s, _: s.list_uploads(""),
    "start_multipart": lambda s, _: s.start_multipart("k", content_type=TEXT),
    "complete_multipart": lambda s, _: s.complete_multipart("k", "u", [Part(number=1, etag="0" * 32)]),
    "abort_multipart": lambda s, _: s.abort_multipart("k", "u"),
    "ready": lambda s, _: s.ready(),
}


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port where connections are taken and nothing is ever answered."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(200)
        yield listener.getsockname()[1]


def client_at(port: int) -> S3Store:
    url = f"http://127.0.0.1:{port}"
    return S3Store(url, access_key="a", secret_key="b", bucket="bucket", public_url=url)


@pytest.mark.parametrize("call", CALLS)
async def test_a_store_that_is_not_there_is_unavailable(call: str, tmp_path: Path) -> None:
    store = client_at(free_port())
    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(CALLS[call](store, tmp_path), GENEROUS)
    assert not (tmp_path / "copy").exists()
    await store.close()


@pytest.mark.parametrize("call", CALLS)
async def test_a_store_that_takes_connections_and_says_nothing_is_unavailable(
    call: str, tmp_path: Path, deaf_port: int
) -> None:
    store = client_at(deaf_port)
    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(CALLS[call](store, tmp_path), GENEROUS)
    await store.close()


async def test_a_store_that_freezes_is_unavailable_and_works_again_when_it_wakes(own_store: EmbeddedStore) -> None:
    store = client_of(own_store)
    await store.ready()
    stat = await store.put_whole("k", b"kept", content_type=TEXT)
    assert own_store.pid is not None
    os.kill(own_store.pid, signal.SIGSTOP)
    try:
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await asyncio.wait_for(store.stat("k"), GENEROUS)
    finally:
        os.kill(own_store.pid, signal.SIGCONT)
    async with asyncio.timeout(GENEROUS):
        while True:
            try:
                assert await store.stat("k") == stat
                break
            except StoreUnavailable:
                await asyncio.sleep(0.1)
    await store.close()


async def test_the_event_loop_turns_while_the_store_is_silent(deaf_port: int) -> None:
    store = client_at(deaf_port)
    call = asyncio.create_task(store.stat("k"))
    turns = 0
    while not call.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 20
    with pytest.raises(StoreUnavailable):
        await call
    await store.close()


async def test_a_slow_answer_of_a_living_store_is_waited_for(own_store: EmbeddedStore, monkeypatch: Any) -> None:
    store = client_of(own_store)
    await store.ready()
    real = store._client.stat_object
    monkeypatch.setattr(store._client, "stat_object", lambda *a, **k: (time.sleep(4), real(*a, **k))[1])
    stat = await store.put_whole("k", b"kept", content_type=TEXT)
    assert await store.stat("k") == stat
    await store.close()


async def test_wrong_keys_and_a_lost_bucket_are_never_taken_for_an_absent_object(own_store: EmbeddedStore) -> None:
    good = client_of(own_store)
    with pytest.raises(StoreUnavailable):
        await drain(good.stream("k"))
    await good.ready()
    url = own_store.endpoint_url
    wrong = S3Store(url, access_key=own_store.access_key, secret_key="wrong", bucket=good.bucket, public_url=url)
    for call in (drain(wrong.stream("k")), wrong.stat("k"), wrong.versions("k"), wrong.ready()):
        with pytest.raises(StoreUnavailable):
            await call
    await good.close()
    await wrong.close()
