"""Takes, checks and counts reads with numpy: for small files, and what the compiled code is held against."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from qc.formats.fastq_blocks import columns_of, usual_letters
from qc.formats.read_names import fragments
from qc.formats.reads_duplicates import Sequences
from qc.formats.reads_tables import ADAPTERS, FIRST_SCORE, GC_SIZES, LETTERS, LIGATED, ROWS, SCORES, Array, gc_size

if TYPE_CHECKING:
    from qc.formats.reads_duplicates import Tracked
    from qc.formats.reads_tables import Tables

CODES = np.full(256, 5, np.uint8)
for _code, _letter in enumerate(LETTERS):
    CODES[[ord(_letter), ord(_letter.lower())]] = _code
CODES[[ord("U"), ord("u")]] = LETTERS.index("T")
WINDOW = 1 << 17
STEP = 1 << 18


class Reads(NamedTuple):
    """Reads of a block: their bases joined, their quality characters joined, and the length of each."""

    bases: bytes
    qualities: bytes
    lengths: Array


class Usual(NamedTuple):
    """Usual reads that were taken: their size in bytes, their lengths, their line ends and the fragments they are of.

    `ends` is 1 where all lines end in LF, 2 where all end in CR LF, and 3 where both were met.
    """

    size: int
    lengths: Array
    ends: int
    fragments: bytes


class Reader(Protocol):
    """What takes usual reads from blocks and counts them into the tables.

    Where it was made without `measure`, the tables get no more than the longest read and the limits of the qualities.
    """

    def tracked(self) -> Tracked:
        """The sequences that were tracked to find copies."""
        ...

    def usual(self, block: bytes, at: int, ends: int) -> Usual | None:
        """Takes and counts usual reads from `at` on; None when the first is not usual.

        `ends` are the line ends that are usual: 0 those of the first read, else those of `Usual`.
        """
        ...

    def add(self, reads: Reads) -> None:
        """Counts reads that were checked one by one; they must have as many qualities as bases."""
        ...


class PlainReader:
    """Takes usual reads a window at a time; where one in it is not usual, none of the window is taken."""

    def __init__(self, tables: Tables, *, measure: bool) -> None:
        self._tables = tables
        self._measure = measure
        self._sequences = Sequences()

    def tracked(self) -> Tracked:
        """See `Reader`."""
        return self._sequences.tracked()

    def usual(self, block: bytes, at: int, ends: int) -> Usual | None:
        """See `Reader`."""
        columns = columns_of(block[at : at + WINDOW])
        if columns is None or ends not in (0, 3, columns.ends):
            return None
        letters = usual_letters(columns)
        if letters is None:
            return None
        self.add(Reads(*letters, columns.lengths))
        return Usual(columns.size, columns.lengths, columns.ends, fragments(columns.names))

    def add(self, reads: Reads) -> None:
        """See `Reader`."""
        if not self._measure:
            see_reads(self._tables, reads)
            return
        add_reads(self._tables, reads)
        self._sequences.add(reads.bases, reads.lengths)


def see_reads(tables: Tables, reads: Reads) -> None:
    """Notes of reads how long they are and between which limits their qualities lie."""
    if not len(reads.lengths):
        return
    tables.make_room(int(reads.lengths.max()))
    if reads.qualities:
        tables.qualities[0, [min(reads.qualities) - FIRST_SCORE, max(reads.qualities) - FIRST_SCORE]] += 1


def add_reads(tables: Tables, reads: Reads) -> None:
    """Counts reads in everything but the sequences; they must have as many qualities as bases."""
    if not len(reads.lengths):
        return
    tables.make_room(int(reads.lengths.max()))
    starts = np.cumsum(reads.lengths) - reads.lengths
    bases = np.frombuffer(reads.bases, np.uint8)
    scores = np.frombuffer(reads.qualities, np.uint8)
    for at in range(0, len(bases), STEP):
        piece = slice(at, at + STEP)
        places = np.arange(at, min(at + STEP, len(bases)))
        read = np.searchsorted(starts, places, side="right") - 1
        rows = tables.row(places - starts[read] + 1)
        tables.qualities += _counted(rows, scores[piece].astype(np.int64) - FIRST_SCORE, SCORES)
        tables.letters += _counted(rows, CODES[bases[piece]], len(LETTERS) + 1)[:, : len(LETTERS)]
    _add_by_read(tables, bases, scores, starts, reads.lengths)
    _add_adapters(tables, reads.bases.upper(), starts, reads.lengths)


def _counted(rows: Array, values: Array, size: int) -> Array:
    return np.bincount(rows * size + values, minlength=ROWS * size).reshape(ROWS, size)


def _add_by_read(tables: Tables, bases: Array, scores: Array, starts: Array, lengths: Array) -> None:
    """GC content and mean quality of each read that has bases."""
    some = lengths > 0
    starts, lengths = starts[some], lengths[some]
    total = np.concatenate(([0], np.cumsum(scores, dtype=np.int64)))
    np.add.at(tables.means, (total[starts + lengths] - total[starts]) // lengths, 1)
    codes = CODES[bases]
    strong = np.concatenate(([0], np.cumsum((codes == 1) | (codes == 2))))
    sizes = gc_size(lengths)
    found = strong[starts + sizes] - strong[starts]
    short = sizes < GC_SIZES
    rows = np.where(sizes > 100, 99 + sizes // 100, sizes - 1)
    np.add.at(tables.gc, (rows[short], found[short]), 1)
    percent = (200 * found[~short] + sizes[~short]) // (2 * sizes[~short])
    np.add.at(tables.gc_long, percent, 1)


def _add_adapters(tables: Tables, bases: bytes, starts: Array, lengths: Array) -> None:
    """The first hit of each adapter in each read."""
    ends = starts + lengths
    ligated: set[int] = set()
    for number, adapter in enumerate(ADAPTERS.values()):
        at = bases.find(adapter)
        while at >= 0:
            read = int(np.searchsorted(starts, at, side="right")) - 1
            if at + len(adapter) <= ends[read]:
                tables.adapters[number, tables.row(np.asarray(at - starts[read] + 1))] += 1
                if number < LIGATED:
                    ligated.add(read)
                at = int(ends[read]) - 1
            at = bases.find(adapter, at + 1)
    tables.adapted[0] += len(ligated)
