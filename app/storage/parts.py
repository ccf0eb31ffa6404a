"""Writes a stream of unknown length as one object: in one piece when it is small, else part by part."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Protocol, TypeVar

from accession.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Sequence
    from pathlib import Path

    from accession.files.store import ObjectStat, Part

T = TypeVar("T")

MIB = 2**20
_STEPS = ((1000, 16 * MIB), (2000, 64 * MIB), (3000, 256 * MIB), (10_000, 704 * MIB))
_AT_ONCE = 2
_SMALL = 64 * MIB  # larger parts go one at a time

_cleaning: set[asyncio.Task[None]] = set()


class Target(Protocol):
    """What a stream is written to."""

    async def put_whole(self, key: str, body: bytes | bytearray, *, content_type: str) -> ObjectStat:
        """Write an object in one request."""

    async def start_multipart(self, key: str, *, content_type: str) -> str:
        """Begin an upload."""

    async def put_part(self, key: str, upload_id: str, number: int, body: bytes | bytearray) -> Part:
        """Write one part."""

    async def complete_multipart(self, key: str, upload_id: str, parts: Sequence[Part]) -> ObjectStat:
        """Join the parts."""

    async def abort_multipart(self, key: str, upload_id: str) -> None:
        """Give the upload up."""

    async def delete(self, key: str, version_id: str | None = None) -> None:
        """Remove what was written."""


def part_size(number: int) -> int:
    """The bytes of part `number` (from 1): 16 MiB at first, growing so that 10,000 parts hold 5 TiB."""
    return next(size for last, size in _STEPS if number <= last)


def joined_etag(parts: Sequence[Part]) -> str:
    """The ETag that S3 gives to joined parts: the MD5 of their MD5s, a dash and their number."""
    digests = b"".join(bytes.fromhex(part.etag.strip('"')) for part in parts)
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"


async def write_stream(target: Target, key: str, chunks: AsyncIterator[bytes], *, content_type: str) -> ObjectStat:
    """Write `chunks` to `key`, holding three parts in memory at most; on any error or cancellation nothing stays.

    What the store does after it has fallen silent cannot be undone from here: the sweep removes it later.
    """
    upload = _Upload(target, key, content_type)
    bodies = _cut(chunks)
    try:
        return await upload.run(bodies)
    except BaseException:
        await _to_the_end(upload.undo())
        raise
    finally:
        await bodies.aclose()


async def read_file(path: Path) -> AsyncIterator[bytes]:
    """The bytes of a local file in chunks of 4 MiB."""
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while chunk := await asyncio.to_thread(file.read, 4 * MIB):
            yield chunk
    finally:
        file.close()


async def _cut(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytearray, None]:
    """Join chunks of any size into bodies of `part_size`; the last one is shorter, or empty if there is nothing."""
    number, body = 1, bytearray()
    async for chunk in chunks:
        rest = memoryview(chunk)
        while rest:
            room = part_size(number) - len(body)
            body += rest[:room]
            rest = rest[room:]
            if len(body) == part_size(number):
                yield body
                number, body = number + 1, bytearray()
    if body or number == 1:
        yield body


class _Upload:
    """The state of one write, so that it can be undone from wherever it stopped."""

    def __init__(self, target: Target, key: str, content_type: str) -> None:
        self.target, self.key, self.content_type = target, key, content_type
        self.started: asyncio.Task[str] | None = None
        self.sending: list[asyncio.Task[Part]] = []
        self.written: asyncio.Task[ObjectStat] | None = None

    async def run(self, bodies: AsyncIterator[bytearray]) -> ObjectStat:
        """Write all bodies. Requests are shielded: a cancelled one would leave its thread writing unobserved."""
        first = await anext(bodies)
        second = await anext(bodies, None) if len(first) == part_size(1) else None
        if second is None:
            whole = self.target.put_whole(self.key, first, content_type=self.content_type)
            self.written = asyncio.create_task(whole)
            return await asyncio.shield(self.written)
        self.started = asyncio.create_task(self.target.start_multipart(self.key, content_type=self.content_type))
        upload_id = await asyncio.shield(self.started)
        parts = [await self._send(upload_id, 1, first), await self._send(upload_id, 2, second)]
        del first, second
        number = 2
        async for body in bodies:
            number += 1
            parts.append(await self._send(upload_id, number, body))
        joined = self.target.complete_multipart(self.key, upload_id, [await asyncio.shield(part) for part in parts])
        self.written = asyncio.create_task(joined)
        return await asyncio.shield(self.written)

    async def _send(self, upload_id: str, number: int, body: bytearray) -> asyncio.Task[Part]:
        """Begin to send one part as soon as there is room for it."""
        room = _AT_ONCE if len(body) <= _SMALL else 1
        while len(self.sending) >= room:
            await asyncio.shield(self.sending[0])
            self.sending.pop(0)
        task = asyncio.create_task(self.target.put_part(self.key, upload_id, number, body))
        self.sending.append(task)
        return task

    async def undo(self) -> None:
        """Wait for what is under way, then remove all that was written."""
        await asyncio.gather(*self.sending, return_exceptions=True)
        try:
            if self.written is not None and (stat := await _outcome(self.written)) is not None:
                await self.target.delete(self.key, stat.version_id)
            elif self.started is not None and (upload_id := await _outcome(self.started)) is not None:
                await self.target.abort_multipart(self.key, upload_id)
        except DomainError:
            return  # the error that led here says more


async def _outcome(task: asyncio.Task[T]) -> T | None:
    await asyncio.wait({task})
    return None if task.cancelled() or task.exception() is not None else task.result()


async def _to_the_end(work: Coroutine[object, object, None]) -> None:
    """Do `work` even if the caller is cancelled meanwhile, then in the background."""
    task = asyncio.create_task(work)
    _cleaning.add(task)
    task.add_done_callback(_cleaning.discard)
    await asyncio.shield(task)
