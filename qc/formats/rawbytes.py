"""Looks ahead in the raw bytes of a file and takes exact lengths from them, knowing the offset."""

from __future__ import annotations

from typing import Protocol

PIECE = 1 << 20


class Source(Protocol):
    """A file or a stream that gives its bytes in pieces."""

    def read(self) -> bytes:
        """The next piece; empty at the end."""
        ...


class RawBytes:
    """A forward buffer on a source. `offset` is the 0-based offset in it of the next byte."""

    def __init__(self, source: Source) -> None:
        self.offset = 0
        self._source = source
        self._buffer = b""
        self._at = 0

    def peek(self, size: int) -> bytes:
        """The next bytes without taking them; fewer than `size` only at the end of the file."""
        self._fill(size)
        return self._buffer[self._at : self._at + size]

    def take(self, size: int) -> bytes:
        """The next bytes; fewer than `size` only at the end of the file."""
        piece = self.peek(size)
        self._at += len(piece)
        self.offset += len(piece)
        return piece

    def give_back(self, size: int) -> None:
        """Moves back over bytes of the last `take` or `some`."""
        self._at -= size
        self.offset -= size

    def some(self, most: int | None = None) -> bytes:
        """Whatever is at hand, at least one byte and at most `most` (1 MiB); empty only at the end of the file."""
        self._fill(1)
        piece = self._buffer[self._at : self._at + (most or PIECE)]
        self._at += len(piece)
        self.offset += len(piece)
        return piece

    def _fill(self, size: int) -> None:
        have = len(self._buffer) - self._at
        if have >= size:
            return
        pieces = [self._buffer[self._at :]]
        while have < size and (piece := self._source.read()):
            pieces.append(piece)
            have += len(piece)
        self._buffer = b"".join(pieces)
        self._at = 0
