"""A stream that ends badly leaves nothing behind: no object, no version, no pending upload."""

from __future__ import annotations

import asyncio
import tracemalloc
from typing import TYPE_CHECKING

import pytest
import urllib3

from accession.errors import StoreUnavailable
from app.storage import parts
from app.storage.parts import MIB, part_size

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from app.storage.s3 import S3Store

pytestmark = pytest.mark.anyio
TEXT = "text/plain"


class ClientLeft(Exception):
    """The sender went away."""


async def broken(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // MIB):
        yield bytes(MIB)
    raise ClientLeft


async def waiting(size: int, reached: asyncio.Event) -> AsyncIterator[bytes]:
    for _ in range(size // MIB):
        yield bytes(MIB)
    reached.set()
    await asyncio.Event().wait()


async def assert_nothing_is_left(store: S3Store) -> None:
    await asyncio.gather(*parts._cleaning)
    assert await store.list_uploads("") == []
    assert await store.versions("k") == []
    assert [entry.key async for entry in store.list_keys("")] == []


@pytest.mark.parametrize("size", [0, MIB, 17 * MIB, 60 * MIB])
async def test_a_sender_that_leaves_midway_leaves_nothing(blobs: S3Store, size: int) -> None:
    with pytest.raises(ClientLeft):
        await blobs.put_stream("k", broken(size), content_type=TEXT)
    await assert_nothing_is_left(blobs)


@pytest.mark.parametrize("size", [MIB, 20 * MIB, 60 * MIB])
async def test_a_cancelled_stream_leaves_nothing(blobs: S3Store, size: int) -> None:
    reached = asyncio.Event()
    task = asyncio.create_task(blobs.put_stream("k", waiting(size, reached), content_type=TEXT))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await assert_nothing_is_left(blobs)


@pytest.mark.parametrize(
    "moment", ["_put_object", "_create_multipart_upload", "_upload_part", "_complete_multipart_upload"]
)
async def test_a_cancellation_during_any_request_leaves_nothing(
    blobs: S3Store, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    loop, begun = asyncio.get_running_loop(), asyncio.Event()
    real = getattr(blobs._client, moment)

    def announced(*args: object, **keywords: object) -> object:
        loop.call_soon_threadsafe(begun.set)
        return real(*args, **keywords)

    async def steady() -> AsyncIterator[bytes]:
        for _ in range(1 if moment == "_put_object" else 40):
            yield bytes(MIB)

    monkeypatch.setattr(blobs._client, moment, announced)
    task = asyncio.create_task(blobs.put_stream("k", steady(), content_type=TEXT))
    await begun.wait()
    for _ in range(3):  # as an enclosing scope does that cancels again until the task has ended
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    await assert_nothing_is_left(blobs)


async def test_a_part_that_the_store_refuses_ends_the_stream_and_leaves_nothing(
    blobs: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, sent = blobs._client._upload_part, []

    def second_fails(*args: object) -> object:
        sent.append(args)
        if len(sent) == 2:
            raise urllib3.exceptions.ProtocolError("the connection broke")
        return real(*args)

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(MIB)

    monkeypatch.setattr(blobs._client, "_upload_part", second_fails)
    with pytest.raises(StoreUnavailable):
        await blobs.put_stream("k", endless(), content_type=TEXT)
    assert len(sent) < 6
    await assert_nothing_is_left(blobs)


async def test_an_earlier_version_survives_a_stream_that_fails(blobs: S3Store) -> None:
    kept = await blobs.put_whole("k", b"kept", content_type=TEXT)
    with pytest.raises(ClientLeft):
        await blobs.put_stream("k", broken(20 * MIB), content_type=TEXT)
    assert await blobs.versions("k") == [kept]


async def test_a_file_that_ends_too_early_is_an_error_and_not_a_short_file(
    blobs: S3Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await blobs.put_whole("k", bytes(3 * MIB), content_type=TEXT)
    real = blobs._client.get_object

    def cut(*args: object, **keywords: object) -> object:
        answer = real(*args, **keywords)
        read, calls = answer.read, []
        answer.read = lambda *a, **k: calls.append(1) or (read(*a, **k) if len(calls) < 2 else b"")
        return answer

    monkeypatch.setattr(blobs._client, "get_object", cut)
    with pytest.raises(StoreUnavailable):
        await blobs.fetch("k", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    with pytest.raises(StoreUnavailable):
        async for _ in blobs.stream("k"):
            pass


async def test_a_long_stream_takes_no_more_memory_than_a_few_parts(blobs: S3Store) -> None:
    async def long() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield bytes(MIB)

    tracemalloc.start()
    try:
        await blobs.put_stream("k", long(), content_type=TEXT)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5 * part_size(1)


def test_ten_thousand_parts_hold_five_tebibytes_and_the_first_gigabytes_come_in_small_ones() -> None:
    sizes = [part_size(number) for number in range(1, 10_001)]
    assert sum(sizes) >= 5 * 2**40
    assert set(sizes[:1000]) == {16 * MIB}
    assert max(sizes) < 2**30
    assert sizes == sorted(sizes)
