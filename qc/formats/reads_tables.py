"""The tables in which reads are summed up: numbers by position, by read and by sequence, of bounded size.

Positions up to 9 have rows of their own; later ones share `width` positions a row. The width grows tenfold whenever the
longest read needs more than a thousand rows, which keeps to the borders of FastQC's base groups: for reads of that
length their interval is a multiple of the width.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

ALONE = 10
SHARED = 1000
ROWS = ALONE + SHARED
FIRST_SCORE = 33
LEAST_64 = 59  # Solexa's -5; what is below it can only be Phred+33
SCORES = 96
LETTERS = "ACGTN"
ADAPTERS = {
    "Illumina Universal Adapter": b"AGATCGGAAGAG",
    "Illumina Small RNA 3' Adapter": b"TGGAATTCTCGG",
    "Illumina Small RNA 5' Adapter": b"GATCGTCGGACT",
    "Nextera Transposase Sequence": b"CTGTCTCTTATA",
    "SOLID Small RNA Adapter": b"CGCCTTGGCCGT",
    "PolyA": b"AAAAAAAAAAAA",
    "PolyG": b"GGGGGGGGGGGG",
}
ADAPTER_SIZE = 12
LIGATED = 5  # how many of the adapters above are pieces of a library, and no tails of one letter
GC_ROWS = 110
GC_SIZES = 1001


class Tables:
    """All counts are int64. A position is 1-based; `row` says where it is counted.

    Row 0 stands for no position: of reads that are checked and not measured, the lowest and the highest quality are
    counted there and nothing else, which is enough to tell their encoding.

    `qualities[row, character - 33]`, `letters[row, ACGTN]` (U counts as T, case does not matter), `adapters[adapter,
    row]` of the position at which a read's first hit starts, `gc[size, G and C]` of reads cut as FastQC cuts them
    (see `gc_size`), `gc_long[percent]` of longer ones, `means[character]` of the mean quality of a read, rounded down.
    """

    def __init__(self) -> None:
        self.width = 1
        self.longest = 0
        self.qualities = np.zeros((ROWS, SCORES), np.int64)
        self.letters = np.zeros((ROWS, len(LETTERS)), np.int64)
        self.adapters = np.zeros((len(ADAPTERS), ROWS), np.int64)
        self.adapted = np.zeros(1, np.int64)
        self.gc = np.zeros((GC_ROWS, GC_SIZES), np.int64)
        self.gc_long = np.zeros(101, np.int64)
        self.means = np.zeros(128, np.int64)

    def make_room(self, longest: int) -> None:
        """Widens the rows so that a read of this length can be counted."""
        self.longest = max(self.longest, longest)
        while self.longest // self.width >= SHARED:
            self.width *= 10
            self.qualities = _widened(self.qualities)
            self.letters = _widened(self.letters)
            self.adapters = _widened(self.adapters.T).T.copy()

    def row(self, position: Array) -> Array:
        """The rows of 1-based positions."""
        rows: Array = np.where(position < ALONE, position, ALONE + position // self.width)
        return rows

    @property
    def scores(self) -> Array:
        """How often each quality character was met, from '!' on."""
        total: Array = self.qualities.sum(axis=0)
        return total

    def letter(self, letter: str) -> int:
        """How often one of ACGTN was met."""
        return int(self.letters[:, LETTERS.index(letter)].sum())


def gc_size(length: Array) -> Array:
    """How many bases at the front of a read FastQC counts G and C in: whole hundreds, from 1000 on whole thousands."""
    size: Array = np.where(length > 1000, length // 1000 * 1000, np.where(length > 100, length // 100 * 100, length))
    return size


def _widened(table: Array) -> Array:
    """The same counts with ten times as many positions a shared row."""
    wide = np.zeros_like(table)
    wide[:ALONE] = table[:ALONE]
    shared = table[ALONE:].reshape(SHARED // 10, 10, -1)
    wide[ALONE : ALONE + SHARED // 10] = shared.sum(axis=1)
    return wide
