"""Holds a download under a temporary name, with its digests so far, until it is whole and proven."""

from __future__ import annotations

import hashlib
import os
import secrets
from typing import TYPE_CHECKING

from seqark_client.parts import CHUNK

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self


class PartialFile:
    """The first `size` bytes of a file, beside the place that it will have.

    What an interrupted download left (`.NAME.KEY.part`) is claimed by a rename, which only one of several processes
    wins, so that no two ever write into one file. Leaving the context without `publish` puts the bytes back under
    that name, or removes them after `discard`.
    """

    def __init__(self, final: Path, key: str) -> None:
        self._final = final
        self._left_over = final.with_name(f".{final.name}.{key}.part")
        self._path = final.with_name(f".{final.name}.{key}.{secrets.token_hex(6)}.partial")
        self._keep = True

    def __enter__(self) -> Self:
        """Claim what is left over, if anything."""
        try:
            self._left_over.rename(self._path)
        except FileNotFoundError:
            self._path.touch(exist_ok=False)
        self._stream = self._path.open("r+b")
        self._begin_digests()
        while chunk := self._stream.read(CHUNK):
            self._digested(chunk)
        self.resumed = self.size > 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keep the bytes for a later try, unless they were published, discarded or none came."""
        self._stream.close()
        if self._path.exists():
            if self._keep and self.size:
                self._path.replace(self._left_over)
            else:
                self._path.unlink()

    @property
    def md5(self) -> str:
        """The md5 of the bytes so far, in hex."""
        return self._md5.hexdigest()

    @property
    def sha256(self) -> str:
        """The sha256 of the bytes so far, in hex."""
        return self._sha256.hexdigest()

    def add(self, chunk: bytes) -> None:
        """Write the next bytes."""
        self._stream.write(chunk)
        self._digested(chunk)

    def restart(self) -> None:
        """Drop the bytes so far."""
        self._stream.seek(0)
        self._stream.truncate()
        self._begin_digests()

    def discard(self) -> None:
        """Keep nothing of this when the context is left."""
        self._keep = False

    def publish(self) -> None:
        """Give the bytes their final name, after they are on disk."""
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        self._path.replace(self._final)

    def _begin_digests(self) -> None:
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()

    def _digested(self, chunk: bytes) -> None:
        self._md5.update(chunk)
        self._sha256.update(chunk)
        self.size += len(chunk)
