"""Counts what the reads of a FASTQ file are like, and turns it into the scalars and distributions of a verdict."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from qc.formats.reads_duplicates import duplication, overrepresented
from qc.formats.reads_positions import adapter_content, positions
from qc.formats.reads_tables import FIRST_SCORE, LEAST_64, Tables

if TYPE_CHECKING:
    from qc.formats.reads_duplicates import Tracked
    from qc.formats.reads_tables import Array

MAX_EXACT_LENGTH = 1000


class ReadTally:
    """Sums over reads, in bounded memory. `tables` are filled by whoever goes through the reads, see `reads_tables`."""

    def __init__(self) -> None:
        self.records = 0
        self.bases = 0
        self.shortest = 0
        self.lengths: Counter[int] = Counter()
        self.tables = Tables()

    def add_lengths(self, lengths: Array) -> None:
        """Adds the lengths of reads; what else is known of them goes into the tables."""
        if not len(lengths):
            return
        shortest = int(lengths.min())
        self.shortest = shortest if self.records == 0 else min(self.shortest, shortest)
        self.records += len(lengths)
        self.bases += int(lengths.sum())
        for length, count in zip(*np.unique(_binned(lengths), return_counts=True), strict=True):
            self.lengths[int(length)] += int(count)

    def measured(self, tracked: Tracked) -> tuple[dict[str, Any], dict[str, Any]]:
        """The scalars and the distributions of a verdict."""
        lost, levels = duplication(tracked, self.records)
        counts = {**self.counts(), "duplicate_percent": lost}
        metrics = {
            **self.metrics(),
            "duplication_levels": levels,
            "overrepresented": overrepresented(tracked, self.records),
        }
        return counts, metrics

    def totals(self) -> dict[str, Any]:
        """How many reads there are and how long they are."""
        return {
            "records": self.records,
            "bases": self.bases,
            "min_length": self.shortest,
            "max_length": self.tables.longest,
            "mean_length": round(self.bases / self.records, 2) if self.records else 0.0,
        }

    def counts(self) -> dict[str, Any]:
        """The scalars but for duplicates; percentages are of A, C, G and T for GC, of all reads or bases otherwise.

        `adapter_percent` is of reads that hold a piece of an adapter; tails of A or G do not count.
        """
        tables, scores = self.tables, self.tables.scores
        zero = self._zero()
        letters = {letter: tables.letter(letter) for letter in "ACGTN"}
        called = sum(letters[c] for c in "ACGT")
        return {
            **self.totals(),
            "gc_percent": percent(letters["G"] + letters["C"], called),
            "n_percent": percent(letters["N"], self.bases),
            "q20_percent": percent(int(scores[zero + 20 - FIRST_SCORE :].sum()), int(scores.sum())),
            "q30_percent": percent(int(scores[zero + 30 - FIRST_SCORE :].sum()), int(scores.sum())),
            "quality_encoding": self.encoding(),
            "adapter_percent": percent(int(tables.adapted[0]), self.records),
        }

    def metrics(self) -> dict[str, Any]:
        """Distributions but for duplicates; qualities are Phred scores, shares are percentages.

        `length_histogram`, `quality_histogram` and `mean_quality_histogram` are pairs of value and count,
        `gc_histogram` has 101 numbers of reads, `positions` are in FastQC's base groups, and so are `adapters`.
        """
        tables, zero = self.tables, self._zero()
        scores = tables.scores
        return {
            "length_histogram": sorted([length, count] for length, count in self.lengths.items()),
            "quality_histogram": [[int(at) + FIRST_SCORE - zero, int(scores[at])] for at in np.flatnonzero(scores)],
            "mean_quality_histogram": [[int(at) - zero, int(tables.means[at])] for at in np.flatnonzero(tables.means)],
            "gc_histogram": [round(float(reads), 4) for reads in gc_histogram(tables)],
            "positions": positions(tables, zero),
            "adapters": adapter_content(tables, self.records),
        }

    def _zero(self) -> int:
        return 33 if self.encoding() in ("phred33", "unknown") else 64

    def encoding(self) -> str:
        """Which offset the qualities have: below ';' only Phred+33 goes, above 'i' only Phred+33 has been made."""
        seen = np.flatnonzero(self.tables.scores)
        if not len(seen):
            return "unknown"
        low, high = int(seen[0]) + FIRST_SCORE, int(seen[-1]) + FIRST_SCORE
        if low < LEAST_64 or high <= ord("K") or high > ord("i"):
            return "phred33"
        return "solexa64" if low < 64 else "phred64"


def gc_histogram(tables: Tables) -> Array:
    """How many reads have each percentage of G and C, 0 to 100.

    A read stands for the percentages that its length cannot tell apart and is shared out among them, so that the curve
    is smooth (FastQC's module "Per sequence GC content"; there, short reads weigh more than one).
    """
    histogram = tables.gc_long.astype(np.float64)
    for row in np.flatnonzero(tables.gc.any(axis=1)):
        size = int(row) + 1 if row < 100 else (int(row) - 99) * 100
        found = tables.gc[row, : size + 1]
        edges = np.arange(size + 2) - 0.5
        share = np.floor(np.clip(edges, 0, size) * 100 / size + 0.5).astype(np.int64)
        claims = np.bincount(np.concatenate([np.arange(a, b + 1) for a, b in pairwise(share)]))
        for count in np.flatnonzero(found):
            place = slice(share[count], share[count + 1] + 1)
            weights = 1 / claims[place]
            histogram[place] += found[count] * weights / weights.sum()
    return histogram


def percent(part: int, whole: int) -> float:
    """A share in percent, to two digits; 0 of nothing."""
    return round(100 * part / whole, 2) if whole else 0.0


def _binned(lengths: Array) -> Array:
    """Lengths from 1000 up keep three significant digits, so that a histogram stays small."""
    if int(lengths.max()) < MAX_EXACT_LENGTH:
        return lengths
    digits = np.floor(np.log10(np.maximum(lengths, 1))).astype(np.int64)
    step = 10 ** np.maximum(digits - 2, 0)
    binned: Array = lengths // step * step
    return binned
