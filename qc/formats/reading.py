"""Reads a file once, taking its digests on the way; hashing runs beside the reader in threads of its own."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

from qc.errors import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

READ_SIZE = 1 << 20


class HashedFile:
    """A file read forward in pieces; md5, sha256 and size cover every byte once `drain` has returned.

    Raises Unreadable when the path cannot be opened or read.
    """

    def __init__(self, path: Path, progress: Callable[[int, int], None] | None = None) -> None:
        try:
            if not path.is_file():
                raise Unreadable(f"{path} is not a file that can be read.")
            self._file = path.open("rb", buffering=0)
            self.total = path.stat().st_size
        except OSError as error:
            raise Unreadable(f"{path} cannot be read: {error.strerror or error}.") from error
        self.size = 0
        self._path = path
        self._progress = progress
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="digest")
        self._pending: list[Future[None]] = []
        self._head = b""
        self._tail = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown()
        self._file.close()

    def peek(self, size: int) -> bytes:
        """The first bytes of the file, without moving on. Only before the first `read`."""
        if not self._head:
            self._head = self._take(max(size, READ_SIZE))
        return self._head[:size]

    def read(self) -> bytes:
        """The next piece of the file, about 1 MiB; empty at the end."""
        if self._head:
            piece, self._head = self._head, b""
            return piece
        return self._take(READ_SIZE)

    def drain(self) -> None:
        """Reads what is left, so that the digests cover the whole file."""
        while self.read():
            pass
        self._settle()

    @property
    def tail(self) -> bytes:
        """The last bytes that were read so far (at least 64 of them when the file is that long)."""
        return self._tail

    @property
    def digests(self) -> tuple[str, str]:
        """md5 and sha256 in hexadecimal, of what was read so far."""
        self._settle()
        return self._md5.hexdigest(), self._sha256.hexdigest()

    def _take(self, size: int) -> bytes:
        try:
            piece = self._file.read(size)
        except OSError as error:
            raise Unreadable(f"{self._path} cannot be read: {error.strerror or error}.") from error
        if not piece:
            return b""
        self._settle()
        self._pending = [
            self._threads.submit(self._md5.update, piece),
            self._threads.submit(self._sha256.update, piece),
        ]
        self.size += len(piece)
        self._tail = (self._tail + piece[-64:])[-64:]
        if self._progress:
            self._progress(self.size, max(self.total, self.size))
        return piece

    def _settle(self) -> None:
        for future in self._pending:
            future.result()
        self._pending = []
