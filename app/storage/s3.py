"""The archive's object store: one bucket of any S3, spoken to through the minio client; the only file that imports it.

Links are signed for the address that clients use, which may differ from the one that the service uses.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Literal, ParamSpec, TypeVar, cast
from xml.etree.ElementTree import ParseError

import urllib3
from minio import Minio
from minio.commonconfig import ENABLED
from minio.credentials.providers import StaticProvider
from minio.datatypes import Part as MinioPart
from minio.error import MinioException
from minio.versioningconfig import VersioningConfig

from accession.errors import Conflict, DomainError, NotFound, StoreUnavailable
from accession.files.store import ObjectStat, Part, PendingUpload
from app.storage.calls import Calls, address
from app.storage.failures import CUT_SHORT, SILENT, OutOfRange, failure, unversioned
from app.storage.parts import MIB, joined_etag, read_file, write_stream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from minio.datatypes import Object
    from minio.helpers import DictType
    from urllib3.response import BaseHTTPResponse

P = ParamSpec("P")
T = TypeVar("T")

_CHUNK = MIB
_PAGE = 1000
_LONGEST_LINK = timedelta(days=7)
_FAILURES = (MinioException, urllib3.exceptions.HTTPError, ConnectionError, TimeoutError, ParseError)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class S3Store:
    """A versioned bucket as `accession.files.store.BlobStore`; `ready` is called once before anything else."""

    def __init__(
        self,
        endpoint_url: str,
        *,
        access_key: str,
        secret_key: str,
        bucket: str,
        public_url: str,
        region: str = "us-east-1",
    ) -> None:
        self.bucket = bucket
        self._calls = Calls(endpoint_url)
        keys = StaticProvider(access_key, secret_key)
        pool = self._calls.connections
        host, secure = address(endpoint_url)
        self._client = Minio(host, secure=secure, region=region, http_client=pool, credentials=keys)
        host, secure = address(public_url)
        self._signer = Minio(host, secure=secure, region=region, http_client=pool, credentials=keys)

    async def ready(self) -> None:
        """Make the bucket if there is none and turn its versioning on; `StoreUnavailable` where that cannot be."""
        if not await self._run(self._client.bucket_exists, self.bucket):
            with suppress(Conflict):  # another process was faster
                await self._run(self._client.make_bucket, self.bucket)
        if await self._run(self._versioning) != ENABLED:
            try:
                await self._run(self._client.set_bucket_versioning, self.bucket, VersioningConfig(ENABLED))
            except DomainError as error:
                if error.detail == SILENT:
                    raise
            if await self._run(self._versioning) != ENABLED:
                raise StoreUnavailable(unversioned(self.bucket))

    async def close(self) -> None:
        """Let go of threads and connections."""
        self._calls.close()

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], *, content_type: str) -> ObjectStat:
        """Store bytes of unknown length: in one request up to 16 MiB (then the ETag is the MD5), else in parts."""
        return await write_stream(self, key, chunks, content_type=content_type)

    async def put_file(self, key: str, path: Path, *, content_type: str) -> ObjectStat:
        """Store a local file, in the same way."""
        return await write_stream(self, key, read_file(path), content_type=content_type)

    async def put_whole(self, key: str, body: bytes | bytearray, *, content_type: str) -> ObjectStat:
        """Store a body that is at hand, in one request."""
        headers: DictType = {"Content-Type": content_type}
        written = await self._run(self._client._put_object, self.bucket, key, cast("bytes", body), headers)  # noqa: SLF001
        return ObjectStat(key=key, version_id=written.version_id, size=len(body), etag=written.etag or "")

    async def stat(self, key: str, version_id: str | None = None) -> ObjectStat:
        """Look at an object, the newest version by default. A HEAD cannot say that the bucket is lost: it is asked."""
        try:
            return _stat(await self._run(self._client.stat_object, self.bucket, key, version_id=version_id))
        except NotFound:
            if not await self._run(self._client.bucket_exists, self.bucket):
                raise failure("NoSuchBucket", "") from None
            raise

    async def fetch(self, key: str, path: Path, *, version_id: str | None = None) -> None:
        """Copy an object to a local file; a file that could not be filled to its full length is removed."""
        stop = threading.Event()
        try:
            await self._run(self._copy, key, version_id, path, stop)
        except BaseException:
            stop.set()
            await asyncio.to_thread(path.unlink, missing_ok=True)
            raise

    async def stream(
        self, key: str, *, version_id: str | None = None, offset: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Read an object in chunks of at most 1 MiB; the end of the object ends the stream, whatever `length` says."""
        if length == 0:
            return
        try:
            answer = await self._run(self._open, key, version_id, offset, length or 0)
        except OutOfRange:
            return
        try:
            left = int(answer.headers["content-length"])
            while left and (chunk := await self._run(answer.read, _CHUNK, decode_content=False)):
                left -= len(chunk)
                yield chunk
            if left:
                raise StoreUnavailable(CUT_SHORT)
        finally:
            answer.close()

    async def delete(self, key: str, version_id: str | None = None) -> None:
        """Remove one version, or with None every version of the key; absent is no error."""
        if version_id is not None:
            await self._remove(key, version_id)
            return
        for entry in await self._run(self._history, key):
            await self._remove(key, entry.version_id)

    async def versions(self, key: str) -> list[ObjectStat]:
        """All versions of exactly this key, newest first."""
        found = await self._run(self._history, key)
        return [_stat(entry) for entry in found if not entry.is_delete_marker]

    async def list_keys(self, prefix: str) -> AsyncIterator[ObjectStat]:
        """All current objects below a prefix, without their versions."""
        found = self._client.list_objects(self.bucket, prefix=prefix, recursive=True)
        while page := await self._run(_take, found):
            for entry in page:
                yield _stat(entry)

    async def list_uploads(self, prefix: str) -> list[PendingUpload]:
        """The multipart uploads below a prefix that were neither completed nor aborted."""
        return await self._run(self._pending, prefix)

    async def presign_get(
        self,
        key: str,
        *,
        version_id: str | None,
        expires: timedelta,
        headers: Mapping[str, str] | None = None,
        method: Literal["GET", "HEAD"] = "GET",
    ) -> str:
        """A link that reads one version, for seven days at most; a HEAD needs a link of its own."""
        overrides: DictType = dict(headers or {})
        lasting = min(expires, _LONGEST_LINK)
        return self._signer.get_presigned_url(method, self.bucket, key, lasting, overrides, version_id=version_id)

    async def presign_put(self, key: str, *, expires: timedelta) -> str:
        """A link that writes the key."""
        return str(self._signer.presigned_put_object(self.bucket, key, min(expires, _LONGEST_LINK)))

    async def presign_part(self, key: str, upload_id: str, number: int, *, expires: timedelta) -> str:
        """A link that writes one part."""
        which: DictType = {"uploadId": upload_id, "partNumber": str(number)}
        return str(
            self._signer.get_presigned_url(
                "PUT", self.bucket, key, min(expires, _LONGEST_LINK), extra_query_params=which
            )
        )

    async def start_multipart(self, key: str, *, content_type: str) -> str:
        """Begin a multipart upload and return its id."""
        headers: DictType = {"Content-Type": content_type}
        return await self._run(self._client._create_multipart_upload, self.bucket, key, headers)  # noqa: SLF001

    async def put_part(self, key: str, upload_id: str, number: int, body: bytes | bytearray) -> Part:
        """Store one part that is at hand."""
        upload = self._client._upload_part  # noqa: SLF001
        sent = cast("bytes", body)  # any buffer will do
        return Part(number=number, etag=await self._run(upload, self.bucket, key, sent, None, upload_id, number))

    async def complete_multipart(self, key: str, upload_id: str, parts: Sequence[Part]) -> ObjectStat:
        """Join the parts; `Conflict` when one is absent or differs. A second call finds what the first has made."""
        if not parts:
            raise Conflict("An upload without parts cannot be completed; send at least one part.")
        ordered = sorted(parts, key=lambda part: part.number)
        try:
            version_id = await self._run(self._join, key, upload_id, ordered)
        except NotFound:
            etag = joined_etag(ordered)
            made = next((entry for entry in await self.versions(key) if entry.etag == etag), None)
            if made is None:
                raise
            return made
        return await self.stat(key, version_id)

    async def abort_multipart(self, key: str, upload_id: str) -> None:
        """Give up an upload and free its parts; absent is no error."""
        try:
            await self._run(self._client._abort_multipart_upload, self.bucket, key, upload_id)  # noqa: SLF001
        except NotFound:
            return

    async def _run(self, work: Callable[P, T], /, *args: P.args, **keywords: P.kwargs) -> T:
        """Do `work` in a thread, with the client's errors told in the domain's words."""
        try:
            return await self._calls.run(work, *args, **keywords)
        except _FAILURES as error:
            raise _told(error) from error

    async def _remove(self, key: str, version_id: str | None) -> None:
        try:
            await self._run(self._client.remove_object, self.bucket, key, version_id=version_id)
        except NotFound:
            return

    def _versioning(self) -> str | None:
        return self._client.get_bucket_versioning(self.bucket).status

    def _open(self, key: str, version_id: str | None, offset: int, length: int) -> BaseHTTPResponse:
        return self._client.get_object(self.bucket, key, offset=offset, length=length, version_id=version_id)

    def _copy(self, key: str, version_id: str | None, path: Path, stop: threading.Event) -> None:
        answer = self._open(key, version_id, 0, 0)
        try:
            left = int(answer.headers["content-length"])
            with path.open("wb") as file:
                while left and not stop.is_set() and (chunk := answer.read(_CHUNK, decode_content=False)):
                    left -= file.write(chunk)
        finally:
            answer.close()
        if left:
            raise StoreUnavailable(CUT_SHORT)

    def _history(self, key: str) -> list[Object]:
        """Versions and delete markers of exactly this key, newest first."""
        found = self._client.list_objects(self.bucket, prefix=key, recursive=True, include_version=True)
        return [entry for entry in found if entry.object_name == key]

    def _join(self, key: str, upload_id: str, parts: Sequence[Part]) -> str | None:
        wanted = [MinioPart(part.number, part.etag.strip('"')) for part in parts]
        joined = self._client._complete_multipart_upload(self.bucket, key, upload_id, wanted)  # noqa: SLF001
        if not joined.etag:  # S3 may say 200 first and tell the error in the body
            raise StoreUnavailable("The object store could not join the parts; try again.")
        return joined.version_id

    def _pending(self, prefix: str) -> list[PendingUpload]:
        found: list[PendingUpload] = []
        key_marker = id_marker = None
        while True:
            page = self._client._list_multipart_uploads(  # noqa: SLF001
                self.bucket, prefix=prefix, key_marker=key_marker, upload_id_marker=id_marker, max_uploads=_PAGE
            )
            found += [
                PendingUpload(u.object_name, u.upload_id or "", u.initiated_time or _LONG_AGO) for u in page.uploads
            ]
            if not page.is_truncated or not page.uploads:
                return found
            key_marker, id_marker = page.uploads[-1].object_name, page.uploads[-1].upload_id


def _take(found: Iterator[Object]) -> list[Object]:
    return list(islice(found, _PAGE))


def _stat(entry: Object) -> ObjectStat:
    etag = (entry.etag or "").strip('"')
    return ObjectStat(key=entry.object_name or "", version_id=entry.version_id, size=entry.size or 0, etag=etag)


def _told(error: Exception) -> DomainError:
    if isinstance(error, MinioException):
        return failure(getattr(error, "code", None) or "", str(error))
    return StoreUnavailable(SILENT)
