"""The port of the object store: what the domain asks of any S3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
    from datetime import datetime, timedelta
    from pathlib import Path


class ObjectStat(msgspec.Struct, frozen=True):
    """What the store says of one version of an object. `etag` is the bare MD5 for objects put in a single part."""

    key: str
    version_id: str | None
    size: int
    etag: str


class Part(msgspec.Struct, frozen=True):
    """One finished part of a multipart upload; numbers begin at 1."""

    number: int
    etag: str


class PendingUpload(NamedTuple):
    """A multipart upload that was begun and neither completed nor aborted."""

    key: str
    upload_id: str
    initiated: datetime


class BlobStore(Protocol):
    """An S3 bucket with versioning. Every method raises `StoreUnavailable` within 2 s when the store does not answer.

    `accession.errors.NotFound` says that the key or version is absent. Keys are paths: no empty, `.` or `..` segment.
    """

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], *, content_type: str) -> ObjectStat:
        """Store bytes of unknown length in constant memory; on any error nothing is left behind."""

    async def put_file(self, key: str, path: Path, *, content_type: str) -> ObjectStat:
        """Store a local file."""

    async def stat(self, key: str, version_id: str | None = None) -> ObjectStat:
        """Look at an object, the newest version by default."""

    async def fetch(self, key: str, path: Path, *, version_id: str | None = None) -> None:
        """Copy an object to a local file."""

    def stream(
        self, key: str, *, version_id: str | None = None, offset: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Read an object chunk by chunk."""

    async def delete(self, key: str, version_id: str | None = None) -> None:
        """Remove one version, or with None every version of the key; absent is no error."""

    async def versions(self, key: str) -> list[ObjectStat]:
        """All versions of exactly this key, newest first."""

    def list_keys(self, prefix: str) -> AsyncIterator[ObjectStat]:
        """All current objects below a prefix."""

    async def presign_get(
        self,
        key: str,
        *,
        version_id: str | None,
        expires: timedelta,
        headers: Mapping[str, str] | None = None,
        method: Literal["GET", "HEAD"] = "GET",
    ) -> str:
        """A link that reads one version, for seven days at most.

        `headers` are `response-…` overrides such as the content disposition. A link serves the method that it was
        signed for, so a HEAD needs one of its own.
        """

    async def presign_put(self, key: str, *, expires: timedelta) -> str:
        """A link that writes the key once or more (the verdict pins the version)."""

    async def start_multipart(self, key: str, *, content_type: str) -> str:
        """Begin a multipart upload and return its id."""

    async def presign_part(self, key: str, upload_id: str, number: int, *, expires: timedelta) -> str:
        """A link that writes one part (numbers from 1)."""

    async def complete_multipart(self, key: str, upload_id: str, parts: Sequence[Part]) -> ObjectStat:
        """Join the parts; `Conflict` when one is absent or differs. Completing twice is no error while it exists."""

    async def abort_multipart(self, key: str, upload_id: str) -> None:
        """Give up an upload and free its parts; absent is no error."""

    async def close(self) -> None:
        """Let go of threads and connections."""

    async def list_uploads(self, prefix: str) -> list[PendingUpload]:
        """The multipart uploads below a prefix that were neither completed nor aborted."""

    async def ready(self) -> None:
        """Ask the store for a sign of life and make sure that the bucket exists and is versioned."""
