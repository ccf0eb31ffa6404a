"""Splits uncompressed pieces of a text file into bounded lines with their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class LineTooLong(Exception):
    """A line does not end within the limit; `line` is its number."""

    def __init__(self, line: int, limit: int) -> None:
        super().__init__(f"Line {line} is longer than {limit} bytes.")
        self.line = line
        self.limit = limit


class Lines:
    """Iterates over the lines of a file, without their newline. `number` is that of the line last given, 1-based.

    After the last line `ended` says whether it had a newline. Raises LineTooLong.
    """

    def __init__(self, pieces: Iterable[bytes], limit: int) -> None:
        self.number = 0
        self.ended = True
        self._pieces = pieces
        self._limit = limit

    def __iter__(self) -> Iterator[bytes]:
        waiting: list[bytes] = []
        have = 0
        for piece in self._pieces:
            end = piece.rfind(b"\n")
            if end < 0:
                waiting.append(piece)
                have += len(piece)
                self._bound(have)
                continue
            lines = b"".join([*waiting, piece[:end]]).split(b"\n")
            waiting = [piece[end + 1 :]]
            have = len(waiting[0])
            for line in lines:
                self.number += 1
                yield line
        if rest := b"".join(waiting):
            self.number += 1
            self.ended = False
            yield rest

    def _bound(self, size: int) -> None:
        if size > self._limit:
            raise LineTooLong(self.number + 1, self._limit)
