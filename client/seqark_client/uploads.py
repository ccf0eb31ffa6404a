"""Sends files to the archive's object store by presigned parts, in parallel, with retries, and able to go on later."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import msgspec

from seqark_client.answers import FileStatus, StagedFile, UploadTicket
from seqark_client.errors import (
    Conflict,
    FileChanged,
    SeqarkError,
    StoreRefused,
    TransportFailed,
    UnexpectedAnswer,
    UploadInterrupted,
)
from seqark_client.parts import Part, chunks_of, digest, part_size_of, parts_of
from seqark_client.session import transport_failed
from seqark_client.store import refused_by_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from seqark_client.session import Session


class _PartUrl(msgspec.Struct, frozen=True):
    part_number: int
    url: str


class _Initiated(msgspec.Struct, frozen=True):
    staged_file_id: str
    presigned_url: str | None = None
    parts: tuple[_PartUrl, ...] | None = None


class Uploads:
    """Files on their way in. `part_size` None chooses by the file's size.

    A `progress` callback gets the bytes done and the bytes in all; done goes back where a part is sent again.
    """

    def __init__(
        self, session: Session, store: httpx.Client, *, workers: int = 4, part_size: int | None = None
    ) -> None:
        self._session = session
        self._store = store
        self._workers = workers
        self._part_size = part_size

    def send(
        self, path: Path, *, name: str | None = None, progress: Callable[[int, int], None] | None = None
    ) -> StagedFile:
        """Upload one file under `name` (its own by default); the answer is `verifying` or already settled.

        Raises:
            UploadInterrupted: the store could not be reached for long; its `ticket` goes to `resume`.
            ApiError: the archive refused.
        """
        size = path.stat().st_size
        part_size = self._part_size or part_size_of(size)
        parts = parts_of(size, part_size)
        digests = digest(path, parts)
        body: dict[str, object] = {"filename": name or path.name, "file_size": size, "checksum_md5": digests.md5}
        if len(parts) > 1:
            body["parts"] = len(parts)
        begun = self._session.call("POST", "/staging/initiate", answer=_Initiated, json=body)
        ticket = UploadTicket(
            begun.staged_file_id, size, digests.md5, part_size, _urls(begun, len(parts)), begun.parts is not None
        )
        return self._finish(path, ticket, digests.of_parts, progress)

    def resume(
        self, path: Path, ticket: UploadTicket, *, progress: Callable[[int, int], None] | None = None
    ) -> StagedFile:
        """Go on with an interrupted upload, sending only the parts that the store does not have.

        Raises:
            FileChanged: the file is not the one that the upload began with.
        """
        parts = parts_of(ticket.file_size, ticket.part_size)
        digests = digest(path, parts)
        if path.stat().st_size != ticket.file_size or digests.md5 != ticket.checksum_md5:
            raise FileChanged(f"{path.name} is not the file whose upload began; upload it anew")
        return self._finish(path, ticket, digests.of_parts, progress)

    def get(self, staged_file_id: str) -> StagedFile:
        """Read one staged file, with its verdict."""
        return self._session.call("GET", f"/staging/files/{staged_file_id}", answer=StagedFile)

    def page(self, number: int = 1, *, per_page: int = 20) -> list[StagedFile]:
        """Give a page of the caller's staged files."""
        params = {"page": number, "per_page": per_page}
        return self._session.call("GET", "/staging/files", answer=list[StagedFile], params=params)

    def delete(self, staged_file_id: str) -> None:
        """Give up a staged file that no run uses."""
        self._session.send("DELETE", f"/staging/files/{staged_file_id}")

    def _finish(
        self,
        path: Path,
        ticket: UploadTicket,
        part_md5s: tuple[str, ...],
        progress: Callable[[int, int], None] | None,
    ) -> StagedFile:
        etags = dict(ticket.etags)
        parts = parts_of(ticket.file_size, ticket.part_size)
        meter = _Meter(ticket.file_size, progress)
        meter.moved(sum(part.size for part in parts if part.number in etags))
        failure = self._send_parts(path, ticket, part_md5s, etags, meter)
        if failure is not None:
            if not isinstance(failure, SeqarkError) or isinstance(failure, FileChanged):
                raise failure
            kept = msgspec.structs.replace(ticket, etags=etags)
            raise UploadInterrupted(f"The upload of {path.name} stopped: {failure}", kept) from failure
        return self._session.patience.keep_trying(lambda: self._complete(ticket, etags))

    def _send_parts(
        self, path: Path, ticket: UploadTicket, part_md5s: tuple[str, ...], etags: dict[int, str], meter: _Meter
    ) -> BaseException | None:
        """Send what is missing into `etags`; give the first failure, after which no further part is begun."""
        failures: list[BaseException] = []

        def send(part: Part) -> None:
            if failures:
                return
            try:
                etags[part.number] = self._session.patience.keep_trying(
                    lambda: self._put(path, part, ticket.urls[part.number - 1], part_md5s[part.number - 1], meter)
                )
            except BaseException as failure:  # noqa: BLE001 - handed to the caller's thread
                failures.append(failure)

        missing = [part for part in parts_of(ticket.file_size, ticket.part_size) if part.number not in etags]
        with ThreadPoolExecutor(self._workers) as pool:
            try:
                for _ in pool.map(send, missing):
                    pass
            except BaseException as stopped:  # Ctrl-C in this thread: let the parts under way end, begin no other
                failures.append(stopped)
                raise
        return failures[0] if failures else None

    def _put(self, path: Path, part: Part, url: str, md5: str, meter: _Meter) -> str:
        sent = 0

        def body() -> Iterator[bytes]:
            nonlocal sent
            for chunk in chunks_of(path, part):
                yield chunk
                sent += len(chunk)
                meter.moved(len(chunk))

        headers = {"Content-Length": str(part.size), "Content-MD5": md5}
        try:
            response = self._store.put(url, content=body(), headers=headers)
            if response.is_error:
                raise refused_by_store(response, f"part {part.number} of {path.name}")
            etag = response.headers.get("ETag")
            if not etag:
                raise UnexpectedAnswer(f"The object store took part {part.number} of {path.name} but gave no ETag")
        except httpx.TransportError as failure:
            meter.moved(-sent)
            raise transport_failed(f"The object store broke off part {part.number} of {path.name}", failure) from None
        except StoreRefused:
            meter.moved(-sent)
            raise
        return str(etag)

    def _complete(self, ticket: UploadTicket, etags: dict[int, str]) -> StagedFile:
        """Tell the archive that the bytes are there; an answer that got lost is looked up, not asked for again."""
        parts = [{"PartNumber": number, "ETag": etags[number]} for number in sorted(etags)]
        body = {"parts": parts} if ticket.multipart else {}
        try:
            return self._session.call(
                "POST", f"/staging/complete/{ticket.staged_file_id}", answer=StagedFile, json=body
            )
        except (TransportFailed, Conflict):
            known = self.get(ticket.staged_file_id)
            if known.status in {FileStatus.PENDING, FileStatus.RECEIVING}:
                raise
            return known


def _urls(begun: _Initiated, parts: int) -> tuple[str, ...]:
    if begun.parts is None and begun.presigned_url is not None and parts == 1:
        return (begun.presigned_url,)
    urls = {part.part_number: part.url for part in begun.parts or ()}
    if sorted(urls) != list(range(1, parts + 1)):
        raise UnexpectedAnswer(f"The archive was asked for {parts} upload addresses and gave {len(urls)}")
    return tuple(urls[number] for number in sorted(urls))


class _Meter:
    """Adds up what the threads send and tells the caller."""

    def __init__(self, total: int, progress: Callable[[int, int], None] | None) -> None:
        self._total = total
        self._progress = progress
        self._done = 0
        self._lock = threading.Lock()

    def moved(self, size: int) -> None:
        with self._lock:
            self._done += size
            if self._progress is not None:
                self._progress(self._done, self._total)
