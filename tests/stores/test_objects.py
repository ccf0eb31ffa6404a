"""What the archive asks of any object store: objects, versions, parts and listings."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

import pytest
from minio.error import MinioException

from accession.errors import Conflict, NotFound, StoreUnavailable
from accession.files.store import Part
from app.storage.parts import MIB
from app.storage.waiting import until_ready
from tests.stores.conftest import client_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from app.storage.s3 import S3Store
    from tests.servers.objectstore import StoreServer

pytestmark = pytest.mark.anyio
TEXT = "text/plain"
ODD_KEYS = ["files/ä ö+%2F&=?#.txt", "files/sp ace", "日本/語", "dots/..txt", "quote'\"<>", "tilde~!$()*,;:@[]"]


async def put(store: S3Store, key: str, body: bytes) -> str | None:
    return (await store.put_whole(key, body, content_type=TEXT)).version_id


async def read(store: S3Store, key: str, version_id: str | None = None, **span: int) -> bytes:
    return b"".join([chunk async for chunk in store.stream(key, version_id=version_id, **span)])


async def pieces(body: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def test_a_bucket_is_made_versioned_and_making_it_twice_is_no_error(blobs: S3Store) -> None:
    first = await put(blobs, "k", b"first")
    await blobs.ready()
    await put(blobs, "k", b"second")
    assert await read(blobs, "k", first) == b"first"


async def test_a_store_that_refuses_to_version_its_bucket_is_not_ready(
    server: StoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = client_of(server)

    def refuse(*_: object) -> None:
        raise MinioException("A header you provided implies functionality that is not implemented")

    with monkeypatch.context() as refusal:
        refusal.setattr(store._client, "set_bucket_versioning", refuse)
        with pytest.raises(StoreUnavailable, match=f"{store.bucket} is not versioned"):
            await store.ready()
    await asyncio.wait_for(until_ready(store), 20)
    await put(store, "k", b"first")
    await store.close()


@pytest.mark.parametrize("size", [0, 1, 5 * MIB, 16 * MIB - 1, 16 * MIB])
async def test_a_stream_that_fits_one_part_has_its_md5_as_etag(blobs: S3Store, size: int) -> None:
    body = b"ACGT" * (size // 4) + b"N" * (size % 4)
    stat = await blobs.put_stream("k", pieces(body), content_type=TEXT)
    assert stat.size == size
    assert stat.etag == hashlib.md5(body).hexdigest()
    assert await blobs.stat("k") == stat
    assert await read(blobs, "k") == body


@pytest.mark.parametrize("size", [16 * MIB + 1, 32 * MIB, 50 * MIB + 3])
async def test_a_longer_stream_is_joined_from_parts_without_loss(blobs: S3Store, size: int) -> None:
    body = hashlib.sha256(b"seed").digest() * (size // 32) + b"x" * (size % 32)
    stat = await blobs.put_stream("k", pieces(body, 3 * MIB), content_type=TEXT)
    assert stat.size == size
    assert hashlib.sha256(await read(blobs, "k", stat.version_id)).digest() == hashlib.sha256(body).digest()
    assert await blobs.list_uploads("") == []


async def test_a_chunk_larger_than_a_part_is_cut(blobs: S3Store) -> None:
    body = bytes(40 * MIB)
    assert (await blobs.put_stream("k", pieces(body, len(body)), content_type=TEXT)).size == len(body)


async def test_a_local_file_comes_back_equal(blobs: S3Store, tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.write_bytes(b"@r1\nACGT\n+\nIIII\n" * 1_200_000)
    stat = await blobs.put_file("k", source, content_type=TEXT)
    await blobs.fetch("k", copy, version_id=stat.version_id)
    assert copy.read_bytes() == source.read_bytes()


async def test_ranges_are_read_exactly(blobs: S3Store) -> None:
    body = bytes(range(256)) * 12_000
    await put(blobs, "k", body)
    assert await read(blobs, "k", offset=7) == body[7:]
    assert await read(blobs, "k", offset=1_000_000, length=1_500_000) == body[1_000_000:2_500_000]
    assert await read(blobs, "k", offset=len(body) - 3, length=100) == body[-3:]
    assert await read(blobs, "k", length=0) == b""
    assert await read(blobs, "k", offset=0, length=1) == body[:1]


async def test_beyond_the_end_there_is_nothing(blobs: S3Store) -> None:
    await put(blobs, "k", b"abc")
    assert await read(blobs, "k", offset=3) == b""
    assert await read(blobs, "k", offset=9, length=2) == b""


async def test_every_version_stays_readable_until_it_is_deleted(blobs: S3Store) -> None:
    first, second = await put(blobs, "k", b"first"), await put(blobs, "k", b"second")
    assert [v.version_id for v in await blobs.versions("k")] == [second, first]
    assert await read(blobs, "k") == b"second"
    assert await read(blobs, "k", first) == b"first"
    assert (await blobs.stat("k", first)).size == 5
    await blobs.delete("k", second)
    assert await read(blobs, "k") == b"first"
    with pytest.raises(NotFound):
        await blobs.stat("k", second)


async def test_versions_are_those_of_exactly_one_key(blobs: S3Store) -> None:
    for key in ("k", "k/below", "k.txt", "kk"):
        await put(blobs, key, key.encode())
    assert [v.key for v in await blobs.versions("k")] == ["k"]
    assert await blobs.versions("absent") == []


async def test_delete_without_a_version_removes_them_all_and_only_of_this_key(blobs: S3Store) -> None:
    for body in (b"1", b"2", b"3"):
        await put(blobs, "k", body)
    kept = await put(blobs, "k2", b"kept")
    await blobs.delete("k")
    assert await blobs.versions("k") == []
    assert await read(blobs, "k2", kept) == b"kept"
    await blobs.delete("k")


async def test_an_absent_key_is_not_found_wherever_it_is_read(blobs: S3Store, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    with pytest.raises(NotFound):
        await blobs.stat("absent")
    with pytest.raises(NotFound):
        await read(blobs, "absent")
    with pytest.raises(NotFound):
        await blobs.fetch("absent", target)
    assert not target.exists()


async def test_a_bucket_that_was_never_made_does_not_say_that_an_object_is_absent(server: StoreServer) -> None:
    store = client_of(server)
    for version in (None, "null"):
        with pytest.raises(StoreUnavailable, match="bucket"):
            await store.stat("k", version)
    await store.close()


async def test_an_absent_version_is_not_found_wherever_it_is_read(blobs: S3Store) -> None:
    gone = await put(blobs, "k", b"1")
    await put(blobs, "k", b"2")
    await blobs.delete("k", gone)
    await blobs.delete("k", gone)
    with pytest.raises(NotFound):
        await blobs.stat("k", gone)
    with pytest.raises(NotFound):
        await read(blobs, "k", gone)


@pytest.mark.parametrize("key", ODD_KEYS)
async def test_odd_keys_are_kept_as_they_are(blobs: S3Store, key: str) -> None:
    version = await put(blobs, key, b"odd")
    assert await read(blobs, key, version) == b"odd"
    assert [entry.key async for entry in blobs.list_keys("")] == [key]
    assert [v.key for v in await blobs.versions(key)] == [key]
    await blobs.delete(key)
    assert [entry.key async for entry in blobs.list_keys("")] == []


async def test_a_listing_crosses_its_pages_and_keeps_to_its_prefix(blobs: S3Store) -> None:
    keys = sorted(f"files/{number:04}" for number in range(1050))
    await asyncio.gather(*(put(blobs, key, b"x") for key in keys), put(blobs, "other/1", b"y"))
    assert [entry.key async for entry in blobs.list_keys("files/")] == keys


async def upload_of(store: S3Store, *bodies: bytes) -> tuple[str, list[Part]]:
    upload = await store.start_multipart("k", content_type=TEXT)
    return upload, [await store.put_part("k", upload, number, body) for number, body in enumerate(bodies, 1)]


async def test_parts_are_joined_in_order_and_completing_twice_finds_the_same(blobs: S3Store) -> None:
    upload, parts = await upload_of(blobs, b"a" * 5 * MIB, b"b")
    stat = await blobs.complete_multipart("k", upload, parts[::-1])
    assert await read(blobs, "k", stat.version_id) == b"a" * 5 * MIB + b"b"
    assert await blobs.complete_multipart("k", upload, parts) == stat
    assert len(await blobs.versions("k")) == 1
    assert await blobs.list_uploads("") == []


async def test_a_part_that_was_never_sent_or_differs_is_a_conflict(blobs: S3Store) -> None:
    upload, parts = await upload_of(blobs, b"a" * 5 * MIB, b"b")
    with pytest.raises(Conflict):
        await blobs.complete_multipart("k", upload, [*parts, Part(number=3, etag="0" * 32)])
    with pytest.raises(Conflict):
        await blobs.complete_multipart("k", upload, [parts[0], Part(number=2, etag="0" * 32)])
    with pytest.raises(Conflict):
        await blobs.complete_multipart("k", upload, [])
    assert (await blobs.complete_multipart("k", upload, parts)).size == 5 * MIB + 1


async def test_pending_uploads_are_listed_until_they_are_aborted(blobs: S3Store) -> None:
    upload, parts = await upload_of(blobs, b"a")
    other = await blobs.start_multipart("other", content_type=TEXT)
    (pending,) = await blobs.list_uploads("k")
    assert (pending.key, pending.upload_id) == ("k", upload)
    assert pending.initiated.tzinfo is not None
    assert {entry.upload_id for entry in await blobs.list_uploads("")} == {upload, other}
    for _ in range(2):
        await blobs.abort_multipart("k", upload)
    assert await blobs.list_uploads("k") == []
    with pytest.raises(NotFound):
        await blobs.complete_multipart("k", upload, parts)
    with pytest.raises(NotFound):
        await blobs.stat("k")
    await blobs.abort_multipart("other", other)
