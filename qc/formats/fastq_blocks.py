"""Cuts the uncompressed bytes of a FASTQ file into blocks of whole records and checks a usual block at once.

A block in which anything is out of the ordinary is left to the record-by-record reader, which says what and where.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

FIRST_BLOCK = 1 << 23
BLOCK_SIZE = 1 << 22
MAX_RECORD = 1 << 25
IUPAC = b"ACGTUNRYSWKMBDHVacgtunryswkmbdhv"


class RecordTooLong(Exception):
    """A record does not end within 32 MiB; the longest reads that were ever made are four million bases."""


class Columns(NamedTuple):
    """The four lines of the records of one block, as lists of the same length, without their line ends.

    `ends` is 1 where all lines end in LF, 2 where all end in CR LF.
    """

    names: list[bytes]
    sequences: list[bytes]
    pluses: list[bytes]
    qualities: list[bytes]
    lengths: np.ndarray[tuple[int], np.dtype[np.int64]]
    size: int
    ends: int


def feed_blocks(pieces: Iterable[bytes], take: Callable[[bytes, bool], int]) -> None:
    """Hands all of the data to `take`; see `feed_stepwise`."""
    for _ in feed_stepwise(pieces, take):
        pass


def feed_stepwise(pieces: Iterable[bytes], take: Callable[[bytes, bool], int]) -> Iterator[None]:
    """Hands `take(block, final)` growing blocks; it returns how many bytes it has dealt with. Yields after each.

    The first block is the whole file when that has at most 8 MiB, and is final only then. Raises RecordTooLong when
    `take` can use nothing of a block of more than 32 MiB; it must refuse longer records itself where they are whole.
    """
    waiting: list[bytes] = []
    have, target = 0, FIRST_BLOCK
    for piece in pieces:
        waiting.append(piece)
        have += len(piece)
        if have <= target:
            continue
        block = b"".join(waiting)
        used = take(block, False)
        yield
        if used == 0 and have > MAX_RECORD:
            raise RecordTooLong
        waiting = [block[used:]]
        have = len(waiting[0])
        target = max(BLOCK_SIZE, 2 * have)
    block = b"".join(waiting)
    while block and (used := take(block, True)):
        yield
        block = block[used:]


def columns_of(block: bytes) -> Columns | None:
    """The records of four lines that the block begins with, when every one of them has the usual form; else None.

    Usual: '@' and '+' where they belong, a name, bases, as many qualities as bases, a bare '+' or the name repeated.
    """
    if block.count(b"\n") > len(block) // 2:
        return None
    newlines = np.flatnonzero(np.frombuffer(block, np.uint8) == 10)
    count = len(newlines) // 4 * 4
    if count == 0:
        return None
    size = int(newlines[count - 1]) + 1
    body, newlines = block[:size], newlines[:count]
    ends = 1
    if b"\r" in body:
        if body.count(b"\r\n") != count:
            return None
        ends = 2
        body = body.replace(b"\r\n", b"\n")
        newlines = np.flatnonzero(np.frombuffer(body, np.uint8) == 10)
    starts = np.empty_like(newlines)
    starts[0] = 0
    starts[1:] = newlines[:-1] + 1
    lengths = newlines - starts
    if not _framed(np.frombuffer(body, np.uint8), starts, lengths):
        return None
    lines = body.split(b"\n")
    columns = Columns(lines[0:count:4], lines[1:count:4], lines[2:count:4], lines[3:count:4], lengths[1::4], size, ends)
    if (lengths[2::4] > 1).any() and any(
        len(plus) > 1 and plus[1:] != name[1:] for plus, name in zip(columns.pluses, columns.names, strict=True)
    ):
        return None
    return columns


def _framed(
    body: np.ndarray[tuple[int], np.dtype[np.uint8]],
    starts: np.ndarray[tuple[int], np.dtype[np.int64]],
    lengths: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> bool:
    return bool(
        (body[starts[0::4]] == ord("@")).all()
        and (body[starts[2::4]] == ord("+")).all()
        and (lengths[1::4] == lengths[3::4]).all()
        and (lengths[1::4] > 0).all()
        and (lengths[0::4] > 1).all()
    )


def usual_letters(columns: Columns) -> tuple[bytes, bytes] | None:
    """All bases and all qualities of the block, joined, when every letter of it is a usual one; else None."""
    names = np.frombuffer(b"".join(columns.names), np.uint8)
    if names.max() > 126 or ((names < 32) & (names != 9)).any():
        return None
    qualities = b"".join(columns.qualities)
    scores = np.frombuffer(qualities, np.uint8)
    if scores.min() < 33 or scores.max() > 126:
        return None
    bases = b"".join(columns.sequences)
    if bases.translate(None, IUPAC):
        return None
    return bases, qualities
