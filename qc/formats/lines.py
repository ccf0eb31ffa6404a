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


class LineBlocks:
    """Iterates over blocks of whole lines, each with its newline, from pieces shorter than `limit`.

    `number` counts the lines given. Only the last block may lack its newline, which `ended` then says. Raises
    LineTooLong.
    """

    def __init__(self, pieces: Iterable[bytes], limit: int, least: int = 1 << 18) -> None:
        self.number = 0
        self.ended = True
        self._pieces = pieces
        self._limit = limit
        self._least = least

    def __iter__(self) -> Iterator[bytes]:
        waiting: list[bytes] = []
        have = open_from = 0
        for piece in self._pieces:
            first, last = piece.find(b"\n"), piece.rfind(b"\n")
            self._bound(waiting, have - open_from + (len(piece) if first < 0 else first))
            waiting.append(piece)
            if last >= 0:
                open_from = have + last + 1
            have += len(piece)
            if open_from >= self._least:
                whole = b"".join(waiting)
                waiting = [whole[open_from:]]
                have, block, open_from = have - open_from, whole[:open_from], 0
                yield self._counted(block)
        rest = b"".join(waiting)
        if rest:
            self.ended = rest.endswith(b"\n")
            yield self._counted(rest)

    def _counted(self, block: bytes) -> bytes:
        self.number += block.count(b"\n") + (not block.endswith(b"\n"))
        return block

    def _bound(self, waiting: list[bytes], size: int) -> None:
        if size > self._limit:
            line = self.number + 1 + sum(piece.count(b"\n") for piece in waiting)
            raise LineTooLong(line, self._limit)
