"""What presigned links promise: they work from where clients are, allow what they were signed for, and no more."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from accession.files.store import Part
from app.storage.embedded import EmbeddedStore
from app.storage.parts import MIB
from app.storage.s3 import S3Store
from tests.stores.conftest import client_of, other_address

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)
BODY = b"@r1\nACGT\n+\nIIII\n" * 1000


@pytest.fixture
async def web() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        yield client


async def get_link(store: S3Store, **options: Any) -> str:
    stat = await store.put_whole("files/a b", BODY, content_type="text/plain")
    return await store.presign_get("files/a b", version_id=stat.version_id, expires=HOUR, **options)


async def test_a_link_reads_the_object_whole_and_in_ranges(blobs: S3Store, web: httpx.AsyncClient) -> None:
    link = await get_link(blobs)
    whole = await web.get(link)
    assert (whole.status_code, whole.content) == (200, BODY)
    part = await web.get(link, headers={"Range": "bytes=16-31"})
    assert (part.status_code, part.content) == (206, BODY[16:32])
    assert part.headers["content-range"] == f"bytes 16-31/{len(BODY)}"
    assert (await web.get(link, headers={"Range": f"bytes={len(BODY)}-"})).status_code == 416


async def test_a_link_for_get_answers_head_as_the_embedded_store_allows(blobs: S3Store, web: httpx.AsyncClient) -> None:
    answer = await web.head(await get_link(blobs))
    assert answer.status_code in {200, 403}
    if answer.status_code == 200:
        assert int(answer.headers["content-length"]) == len(BODY)


async def test_a_link_overrides_how_the_file_is_named(blobs: S3Store, web: httpx.AsyncClient) -> None:
    wanted = "attachment; filename=\"reads.fq\"; filename*=UTF-8''l%C3%A4sung.fq"
    overrides = {"response-content-disposition": wanted, "response-content-type": "application/gzip"}
    answer = await web.get(await get_link(blobs, headers=overrides))
    assert answer.headers["content-disposition"] == wanted
    assert answer.headers["content-type"] == "application/gzip"


@pytest.mark.parametrize("wrong", ["signature", "key", "expiry", "method", "version"])
async def test_a_link_that_was_changed_is_refused(blobs: S3Store, web: httpx.AsyncClient, wrong: str) -> None:
    link = await get_link(blobs)
    other = await blobs.put_whole("files/a c", b"secret", content_type="text/plain")
    method = "PUT" if wrong == "method" else "GET"
    match wrong:
        case "signature":
            link = link[:-4] + ("0000" if link[-4:] != "0000" else "1111")
        case "key":
            link = link.replace("a%20b", "a%20c")
        case "expiry":
            link = link.replace("X-Amz-Expires=3600", "X-Amz-Expires=36000")
        case "version":
            link = link.replace("versionId=", f"versionId={other.version_id}&x=")
    answer = await web.request(method, link)
    assert answer.status_code == 403
    assert b"ACGT" not in answer.content


async def test_an_expired_link_is_refused(blobs: S3Store, web: httpx.AsyncClient) -> None:
    stat = await blobs.put_whole("k", BODY, content_type="text/plain")
    link = await blobs.presign_get("k", version_id=stat.version_id, expires=timedelta(seconds=1))
    answers = [await web.get(link)]
    for _ in range(100):
        if answers[-1].status_code != 200:
            break
        await asyncio.sleep(0.1)
        answers.append(await web.get(link))
    assert answers[-1].status_code == 403


async def test_without_a_signature_nothing_is_read_written_or_listed(blobs: S3Store, web: httpx.AsyncClient) -> None:
    bare = (await get_link(blobs)).partition("?")[0]
    assert (await web.get(bare)).status_code == 403
    assert (await web.put(bare, content=b"evil")).status_code == 403
    assert (await web.delete(bare)).status_code == 403
    assert (await web.get(bare.rpartition("/files")[0])).status_code == 403


async def test_a_link_used_to_write_twice_leaves_the_checked_bytes_as_they_were(
    blobs: S3Store, web: httpx.AsyncClient
) -> None:
    link = await blobs.presign_put("k", expires=HOUR)
    assert (await web.put(link, content=b"first")).status_code == 200
    pinned = await blobs.stat("k")
    assert pinned.etag == hashlib.md5(b"first").hexdigest()
    assert (await web.put(link, content=b"second!")).status_code == 200
    assert len(await blobs.versions("k")) == 2
    assert b"".join([c async for c in blobs.stream("k", version_id=pinned.version_id)]) == b"first"
    read = await blobs.presign_get("k", version_id=pinned.version_id, expires=HOUR)
    assert (await web.get(read)).content == b"first"


async def test_bytes_that_a_client_declares_as_encoded_are_read_back_as_they_were_sent(
    blobs: S3Store, web: httpx.AsyncClient, tmp_path: Path
) -> None:
    packed = gzip.compress(BODY)
    link = await blobs.presign_put("k", expires=HOUR)
    assert (await web.put(link, content=packed, headers={"Content-Encoding": "gzip"})).status_code == 200
    assert b"".join([chunk async for chunk in blobs.stream("k")]) == packed
    await blobs.fetch("k", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == packed


async def test_parts_sent_through_links_are_joined(blobs: S3Store, web: httpx.AsyncClient) -> None:
    upload = await blobs.start_multipart("k", content_type="text/plain")
    parts: list[Part] = []
    for number, body in ((1, b"a" * 5 * MIB), (2, b"b")):
        answer = await web.put(await blobs.presign_part("k", upload, number, expires=HOUR), content=body)
        parts.append(Part(number=number, etag=answer.headers["etag"]))
    assert (await blobs.complete_multipart("k", upload, parts)).size == 5 * MIB + 1


async def test_a_link_is_signed_without_asking_the_store() -> None:
    store = S3Store(
        "http://127.0.0.1:9", access_key="a", secret_key="b", bucket="seqark", public_url="https://s3.example.org"
    )
    link = urlsplit(await store.presign_get("k", version_id="v", expires=timedelta(days=30)))
    assert (link.scheme, link.netloc, link.path) == ("https", "s3.example.org", "/seqark/k")
    assert "X-Amz-Expires=604800" in link.query


async def test_links_work_from_another_address_than_loopback(tmp_path: Path, web: httpx.AsyncClient) -> None:
    store = EmbeddedStore(tmp_path, host=other_address())
    await store.start()
    try:
        public = f"http://{other_address()}:{store.port}"
        blobs = client_of(store, public_url=public)
        await blobs.ready()
        body = bytes(range(256)) * 40_000
        link = await blobs.presign_put("k", expires=HOUR)
        assert link.startswith(public)
        assert (await web.put(link, content=body)).status_code == 200
        stat = await blobs.stat("k")
        assert stat.etag == hashlib.md5(body).hexdigest()
        read = await blobs.presign_get("k", version_id=stat.version_id, expires=HOUR)
        assert (await web.get(read)).content == body
        assert store.endpoint_url == f"http://127.0.0.1:{store.port}"
    finally:
        await store.stop()
