"""Fetches a run's bytes through its presigned link, goes on after a break, and names the file only when proven."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from seqark_client.errors import (
    ChecksumMismatch,
    DownloadInterrupted,
    SeqarkError,
    StoreRefused,
    TransportFailed,
    UnexpectedAnswer,
    WouldOverwrite,
)
from seqark_client.partial import PartialFile
from seqark_client.session import transport_failed
from seqark_client.store import refused_by_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seqark_client.answers import Run
    from seqark_client.records import Collection
    from seqark_client.session import Session

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/")
_TEMPORARY_NAME_ROOM = 200  # bytes of a file name that leave room for the temporary name's own


class Downloads:
    """Files on their way out."""

    def __init__(self, session: Session, store: httpx.Client, runs: Collection[Run]) -> None:
        self._session = session
        self._store = store
        self._runs = runs

    def link(self, accession: str) -> str:
        """Ask for a fresh presigned link.

        Raises:
            UnexpectedAnswer: the archive has no object store, and so no bytes to give.
        """
        response = self._session.send("GET", f"/runs/{accession}/download")
        location = response.headers.get("Location")
        if not response.is_redirect or location is None:
            raise UnexpectedAnswer(f"The archive keeps no bytes of {accession} that could be downloaded")
        return str(response.request.url.join(location))

    def save(
        self,
        run: Run | str,
        folder: Path,
        *,
        overwrite: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> Path:
        """Save a run's file into `folder` under its own name; a good copy that is there already is kept.

        The final name appears only when size, md5 and sha256 equal those of the record. After an interruption the
        bytes wait under a hidden name, and the next call goes on from there.

        Raises:
            ChecksumMismatch: other bytes came; none are kept.
            DownloadInterrupted: the connection broke too often.
            WouldOverwrite: another file has the name, and `overwrite` is False.
        """
        record = self._runs.get(run) if isinstance(run, str) else run
        if record.file_size is None or not (record.checksum_md5 or record.checksum_sha256):
            raise UnexpectedAnswer(f"The record of {record.accession} has no size or checksum to compare with")
        final = folder / _safe_name(record)
        if final.exists():
            if _holds(final, record):
                return final
            if not overwrite:
                raise WouldOverwrite(f"{final} exists and is not the file of {record.accession}")
        folder.mkdir(parents=True, exist_ok=True)
        with PartialFile(final, record.accession) as partial:
            self._fetch(record, partial, progress)
            if partial.resumed and _difference(record, partial.size, partial.md5, partial.sha256):
                partial.restart()  # what was left over may have been the bad part
                self._fetch(record, partial, progress)
            difference = _difference(record, partial.size, partial.md5, partial.sha256)
            if difference:
                partial.discard()
                raise ChecksumMismatch(f"{record.accession} arrived with {difference}")
            partial.publish()
        return final

    def _fetch(self, run: Run, partial: PartialFile, progress: Callable[[int, int], None] | None) -> None:
        """Get the bytes that are missing; tries are counted anew whenever bytes arrived."""
        patience = self._session.patience
        failed, validator = 0, _Validator()
        waits = patience.waits()
        if partial.size > _size_of(run):
            partial.restart()
        while partial.size < _size_of(run):
            before = partial.size
            try:
                self._fetch_rest(run, partial, validator, progress)
            except (TransportFailed, StoreRefused) as failure:
                if partial.size > before:
                    failed, waits = 0, patience.waits()
                failed += 1
                if failed >= patience.tries or not _worth_another_try(failure):
                    raise DownloadInterrupted(f"The download of {run.accession} stopped: {failure}") from failure
                patience.sleep(next(waits))

    def _fetch_rest(
        self, run: Run, partial: PartialFile, validator: _Validator, progress: Callable[[int, int], None] | None
    ) -> None:
        url = self.link(run.accession)
        headers = {"Accept-Encoding": "identity"}
        if partial.size:
            headers["Range"] = f"bytes={partial.size}-"
            headers |= validator.header
        try:
            with self._store.stream("GET", url, headers=headers) as response:
                self._continue_or_restart(run, partial, response)
                validator.remember(response)
                for chunk in _within(run, response.iter_raw(), partial):
                    partial.add(chunk)
                    if progress is not None:
                        progress(partial.size, _size_of(run))
        except httpx.TransportError as failure:
            raise transport_failed(f"The object store broke off {run.accession}", failure) from None
        if partial.size < _size_of(run):
            raise TransportFailed(f"Only {partial.size} of {run.file_size} bytes of {run.accession} came")

    @staticmethod
    def _continue_or_restart(run: Run, partial: PartialFile, response: httpx.Response) -> None:
        match response.status_code:
            case httpx.codes.OK:
                if partial.size:
                    partial.restart()
            case httpx.codes.PARTIAL_CONTENT:
                found = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
                if found is None or int(found[1]) != partial.size:
                    partial.restart()
                    raise TransportFailed(f"The object store went on with {run.accession} at another place")
            case httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                partial.restart()
                raise TransportFailed(f"The object store has fewer bytes of {run.accession} than came before")
            case _:
                response.read()
                raise refused_by_store(response, run.accession)


class _Validator:
    """Remembers which object the bytes come from, so that a continuation of another one is not mixed in."""

    def __init__(self) -> None:
        self.header: dict[str, str] = {}

    def remember(self, response: httpx.Response) -> None:
        etag = response.headers.get("ETag", "")
        self.header = {"If-Range": etag} if etag.startswith('"') else {}


def _within(run: Run, chunks: Iterator[bytes], partial: PartialFile) -> Iterator[bytes]:
    """Pass chunks on as long as they do not go beyond the record's size."""
    for chunk in chunks:
        if partial.size + len(chunk) > _size_of(run):
            partial.discard()
            raise ChecksumMismatch(f"{run.accession} arrived with more than its {run.file_size} bytes")
        yield chunk


def _worth_another_try(failure: SeqarkError) -> bool:
    expired = isinstance(failure, StoreRefused) and failure.status == httpx.codes.FORBIDDEN
    return failure.passing or expired  # every try asks for a new link


def _size_of(run: Run) -> int:
    return run.file_size or 0


def _difference(run: Run, size: int, md5: str, sha256: str) -> str:
    """Say what differs from the record, or give an empty text."""
    if size != run.file_size:
        return f"{size} bytes instead of {run.file_size}"
    if run.checksum_md5 and md5 != run.checksum_md5.lower():
        return f"md5 {md5} instead of {run.checksum_md5}"
    if run.checksum_sha256 and sha256 != run.checksum_sha256.lower():
        return f"sha256 {sha256} instead of {run.checksum_sha256}"
    return ""


def _holds(path: Path, run: Run) -> bool:
    size = path.stat().st_size
    if size != run.file_size:
        return False
    digests = []
    for algorithm in ("md5", "sha256"):
        with path.open("rb") as stream:
            digests.append(hashlib.file_digest(stream, algorithm).hexdigest())
    return not _difference(run, size, digests[0], digests[1])


def _safe_name(run: Run) -> str:
    """Give the record's file name if it is a bare name that stays in the folder."""
    name = run.filename or run.accession
    bare = Path(name).name == name and not set(name) & set("\\/:\0") and name.isprintable()
    if not bare or name.startswith(".") or len(name.encode()) > _TEMPORARY_NAME_ROOM:
        raise UnexpectedAnswer(f"The file name of {run.accession} cannot be used here: {name[:80]!r}")
    return name
