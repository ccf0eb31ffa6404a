"""Uploads to a real server process: constant memory, clients that vanish, and a server that is killed."""

from __future__ import annotations

import asyncio
import hashlib
import time
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from accession.actor import ARCHIVE
from accession.files.cleanup import carry_out, cleaned, due_cleanup
from tests.dialects.archive import uploading
from tests.servers.service import RunningService, running_service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from app.settings import Settings
    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
MIB = 2**20
HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.fastq"\r\n\r\n'
TAIL = b"\r\n--b--\r\n"
FORM = {"Content-Type": "multipart/form-data; boundary=b"}


@pytest.fixture
def server(store: Any, store_server: Any, settings: Settings) -> Iterator[RunningService]:
    with running_service(settings, store_server, store.bucket) as running:
        yield running


def head_of(who: Any, length: str) -> bytes:
    """The head of an upload's request."""
    lines = ["POST /api/v1/staging/upload HTTP/1.1", "Host: x", f"Authorization: {who.headers['Authorization']}"]
    lines += [f"Content-Type: {FORM['Content-Type']}", length, "", ""]
    return "\r\n".join(lines).encode()


async def begin_upload(server: RunningService, who: Any, *, chunked: bool) -> asyncio.StreamWriter:
    """Send the head of a request that promises a gibibyte."""
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(head_of(who, "Transfer-Encoding: chunked" if chunked else f"Content-Length: {2**30}"))
    return writer


async def send_bytes(writer: asyncio.StreamWriter, content: bytes, *, chunked: bool) -> None:
    writer.write(f"{len(content):x}\r\n".encode() + content + b"\r\n" if chunked else content)
    await writer.drain()


async def eventually(holds: Callable[[], Any]) -> None:
    """Wait until `holds` is true, or fail after half a minute."""
    deadline = time.monotonic() + 30
    while not await holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "with a length"])
async def test_a_client_that_vanishes_leaves_neither_row_nor_bytes(
    store: Any,
    wiring: Wiring,
    alice: Any,
    server: RunningService,
    chunked: bool,  # noqa: FBT001
) -> None:
    writer = await begin_upload(server, alice, chunked=chunked)
    await send_bytes(writer, HEAD, chunked=chunked)
    for _ in range(36):
        await send_bytes(writer, b"x" * MIB, chunked=chunked)

    async def parts_are_flowing() -> bool:
        return bool(await store.list_uploads("files/"))

    await eventually(parts_are_flowing)
    assert (await uploading.counted(wiring))[0] == 1
    async with httpx.AsyncClient() as client:
        listed = await client.get(f"{server.url}/api/v1/staging/files", headers=alice.headers)
    assert listed.json() == []
    writer.close()

    async def nothing_is_left() -> bool:
        rows, _ = await uploading.counted(wiring)
        return rows == 0 and not await store.list_uploads("files/")

    await eventually(nothing_is_left)
    assert await uploading.stored_keys(store) == []


async def test_a_killed_server_leaves_no_visible_file_and_the_cleaning_removes_the_rest(
    store: Any, wiring: Wiring, alice: Any, server: RunningService, clock: Any
) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        kept = (await uploading.send(client, alice)).json()
    writer = await begin_upload(server, alice, chunked=False)
    await send_bytes(writer, HEAD + b"x" * 36 * MIB, chunked=False)

    async def parts_are_flowing() -> bool:
        return bool(await store.list_uploads("files/"))

    await eventually(parts_are_flowing)
    server.process.kill()
    server.process.wait()
    writer.close()
    assert (await uploading.counted(wiring))[0] == 2
    clock.advance(minutes=11)
    async with wiring.writing(ARCHIVE) as unit:
        chores = await due_cleanup(unit, wiring.terms)
    for chore in chores:
        await carry_out(store, chore)
        async with wiring.writing(ARCHIVE) as unit:
            await cleaned(unit, wiring.terms, chore)
    assert await uploading.counted(wiring) == (1, 0)
    assert await store.list_uploads("files/") == []
    assert await uploading.stored_keys(store) == [f"files/{kept['id']}"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_big_body_passes_in_constant_memory(
    store: Any, wiring: Wiring, alice: Any, server: RunningService
) -> None:
    block = bytes(range(256)) * 4096
    digest = hashlib.md5(usedforsecurity=False)

    async def body(blocks: int) -> AsyncIterator[bytes]:
        yield HEAD
        for _ in range(blocks):
            digest.update(block)
            yield block
        yield TAIL

    async with httpx.AsyncClient(base_url=server.url, timeout=240) as client:
        address, headers = "/api/v1/staging/upload", {**alice.headers, **FORM}
        assert (await client.post(address, content=body(1), headers=headers)).status_code == 200
        digest = hashlib.md5(usedforsecurity=False)
        before = server.peak_memory()
        answer = await client.post(address, content=body(300), headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["checksum_md5"] == digest.hexdigest()
    assert answer.json()["file_size"] == 300 * MIB
    assert server.peak_memory() - before < 100 * MIB


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("token", [True, False], ids=["too large", "signed out"])
async def test_an_endless_body_is_refused_while_it_flows_and_not_read_on(
    store: Any,
    wiring: Wiring,
    alice: Any,
    server: RunningService,
    token: bool,  # noqa: FBT001
) -> None:
    who = alice if token else SimpleNamespace(headers={"Authorization": "Bearer none"})
    writer = await begin_upload(server, who, chunked=True)
    await send_bytes(writer, b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n', chunked=True)
    sent = 0
    with suppress(ConnectionError):
        while sent < 500 * MIB:
            await send_bytes(writer, b"x" * 65536, chunked=True)
            sent += 65536
    assert sent < 100 * MIB
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
        assert (await uploading.send(client, alice)).status_code == 200


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_refusal_in_the_middle_of_a_body_is_read_by_the_client(
    store: Any, wiring: Wiring, alice: Any, server: RunningService
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(head_of(alice, "Content-Length: 9999999"))
    writer.write(b"no form at all")
    answer = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close" in answer.lower()
    assert b"application/problem+json" in answer
