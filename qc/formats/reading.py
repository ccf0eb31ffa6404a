"""Reads a file or a stream once, taking its digests on the way, in threads beside the reader."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

from qc.errors import Unreadable
from qc.opening import ByteStream, open_regular

if TYPE_CHECKING:
    from collections.abc import Callable

READ_SIZE = 1 << 20


class HashedFile:
    """Bytes read forward in pieces; md5, sha256 and size cover every one of them once `drain` has returned.

    Every piece but the last is full, however little a stream gives at a time: what is found never depends on that.
    `progress(done, total)` gets bytes, `total` is None for a stream. Raises Unreadable.
    """

    def __init__(self, source: Path | ByteStream, progress: Callable[[int, int | None], None] | None = None) -> None:
        self.size = 0
        self._name = str(source) if isinstance(source, Path) else "The stream"
        self._opened = open_regular(source) if isinstance(source, Path) else None
        self._source: ByteStream = self._opened or cast("ByteStream", source)
        self._total = os.fstat(self._opened.fileno()).st_size if self._opened else None
        self._ended = False
        self._progress = progress
        self._copied: Callable[[bytes], object] | None = None
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
        if self._opened:
            self._opened.close()

    def peek(self, size: int) -> bytes:
        """The first bytes of the file, without moving on. Only before the first `read`."""
        if not self._head:
            self._head = self._take(max(size, READ_SIZE))
        return self._head[:size]

    def read(self) -> bytes:
        """The next piece of the file, about 1 MiB; empty at the end."""
        piece, self._head = self._head, b""
        piece = piece or self._take(READ_SIZE)
        if piece and self._copied is not None:
            self._copied(piece)
        return piece

    def copy_to(self, take: Callable[[bytes], object]) -> None:
        """Gives every piece that is read from now on to `take` too, peeked ones included."""
        self._copied = take

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
        piece = self._filled(size)
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
            self._progress(self.size, None if self._total is None else max(self._total, self.size))
        return piece

    def _filled(self, size: int) -> bytes:
        """As many bytes as are asked for, fewer only at the end, after which the source is not asked again."""
        pieces: list[bytes] = []
        have = 0
        while have < size and not self._ended:
            try:
                piece = self._source.read(size - have)
            except OSError as error:
                raise Unreadable(f"{self._name} cannot be read: {error.strerror or error}.") from error
            if piece is None:
                raise Unreadable(f"{self._name} has no bytes now and does not wait for them.")
            self._ended = not piece
            pieces.append(piece)
            have += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _settle(self) -> None:
        for future in self._pending:
            future.result()
        self._pending = []
