"""Takes exact lengths of uncompressed bytes from the pieces of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class EndOfData(Exception):
    """The data ends before the length that was asked for."""


class Feed:
    """A forward reader on pieces of bytes. `offset` is the 0-based offset of the next byte, uncompressed."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.offset = 0
        self._pieces = iter(pieces)
        self._buffer = b""
        self._at = 0

    def take(self, size: int) -> bytes:
        """Exactly `size` bytes. Memory grows with what is there, not with what is asked. Raises EndOfData."""
        have = len(self._buffer) - self._at
        if have < size:
            waiting = [self._buffer[self._at :]]
            while have < size:
                piece = next(self._pieces, b"")
                if not piece:
                    break
                waiting.append(piece)
                have += len(piece)
            self._buffer, self._at = b"".join(waiting), 0
            if have < size:
                raise EndOfData
        data = self._buffer[self._at : self._at + size]
        self._at += size
        self.offset += size
        return data

    def peek(self, size: int) -> bytes:
        """The next bytes without taking them; fewer than `size` only at the end of the data."""
        waiting = [self._buffer[self._at :]]
        have = len(waiting[0])
        while have < size and (piece := next(self._pieces, b"")):
            waiting.append(piece)
            have += len(piece)
        if len(waiting) > 1:
            self._buffer, self._at = b"".join(waiting), 0
        return self._buffer[self._at : self._at + size]

    def more(self) -> bool:
        """Says whether at least one byte is left."""
        while self._at == len(self._buffer):
            self._buffer, self._at = next(self._pieces, b""), 0
            if not self._buffer:
                return False
        return True

    def number(self) -> int:
        """The next four bytes as a signed little-endian integer."""
        return int.from_bytes(self.take(4), "little", signed=True)

    def rest(self) -> Iterator[bytes]:
        """All pieces that are left; `offset` stays where it is."""
        if self._at < len(self._buffer):
            piece, self._buffer, self._at = self._buffer[self._at :], b"", 0
            yield piece
        yield from self._pieces
