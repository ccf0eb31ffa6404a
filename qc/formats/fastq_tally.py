"""Counts what the reads of a FASTQ file are like: lengths, bases, qualities."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

MAX_EXACT_LENGTH = 1000


class ReadTally:
    """Sums over reads, in constant memory; `add` takes many reads at once."""

    def __init__(self) -> None:
        self.records = 0
        self.bases = 0
        self.shortest = 0
        self.longest = 0
        self.letters: Counter[str] = Counter()
        self.lengths: Counter[int] = Counter()
        self.scores = np.zeros(256, np.int64)

    def add(self, lengths: np.ndarray[Any, np.dtype[np.int64]], bases: bytes, qualities: bytes) -> None:
        """Adds reads: the length of each, their bases joined, their quality characters joined."""
        if not len(lengths):
            return
        shortest = int(lengths.min())
        self.shortest = shortest if self.records == 0 else min(self.shortest, shortest)
        self.longest = max(self.longest, int(lengths.max()))
        self.records += len(lengths)
        self.bases += len(bases)
        for length, count in zip(*np.unique(_binned(lengths), return_counts=True), strict=True):
            self.lengths[int(length)] += int(count)
        self._add_letters(np.frombuffer(bases, np.uint8))
        self._add_scores(np.frombuffer(qualities, np.uint8))

    def counts(self) -> dict[str, Any]:
        """The scalars of a verdict; percentages are of A, C, G and T for GC, of all bases otherwise."""
        encoding = self._encoding()
        zero = 33 if encoding == "phred33" else 64
        called = sum(self.letters[c] for c in "ACGT")
        return {
            "records": self.records,
            "bases": self.bases,
            "min_length": self.shortest,
            "max_length": self.longest,
            "mean_length": round(self.bases / self.records, 2) if self.records else 0.0,
            "gc_percent": percent(self.letters["G"] + self.letters["C"], called),
            "n_percent": percent(self.letters["N"], self.bases),
            "q20_percent": percent(int(self.scores[zero + 20 :].sum()), int(self.scores.sum())),
            "q30_percent": percent(int(self.scores[zero + 30 :].sum()), int(self.scores.sum())),
            "quality_encoding": encoding,
        }

    def metrics(self) -> dict[str, Any]:
        """Distributions: `length_histogram` and `quality_histogram` (Phred scores) as pairs of value and count."""
        zero = 33 if self._encoding() == "phred33" else 64
        return {
            "length_histogram": sorted([length, count] for length, count in self.lengths.items()),
            "quality_histogram": [[int(q) - zero, int(self.scores[q])] for q in np.flatnonzero(self.scores)],
        }

    def _encoding(self) -> str:
        """Which offset the qualities have: below ';' only Phred+33 goes, above 'i' only Phred+33 has been made."""
        seen = np.flatnonzero(self.scores)
        if not len(seen):
            return "unknown"
        low, high = int(seen[0]), int(seen[-1])
        if low < 59 or high <= ord("K") or high > ord("i"):
            return "phred33"
        return "solexa64" if low < 64 else "phred64"

    def _add_letters(self, bases: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
        seen = 0
        for letters in ("ACGTN", "acgtn"):
            for letter in letters:
                found = int(np.count_nonzero(bases == ord(letter)))
                self.letters[letter.upper()] += found
                seen += found
            if seen == len(bases):
                return

    def _add_scores(self, scores: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
        even = len(scores) // 2 * 2
        pairs = np.bincount(scores[:even].view(np.uint16), minlength=1 << 16).reshape(256, 256)
        self.scores += pairs.sum(axis=0) + pairs.sum(axis=1)
        if even < len(scores):
            self.scores[scores[-1]] += 1


def percent(part: int, whole: int) -> float:
    """A share in percent, to two digits; 0 of nothing."""
    return round(100 * part / whole, 2) if whole else 0.0


def _binned(lengths: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Lengths from 1000 up keep three significant digits, so that a histogram stays small."""
    if int(lengths.max()) < MAX_EXACT_LENGTH:
        return lengths
    digits = np.floor(np.log10(np.maximum(lengths, 1))).astype(np.int64)
    step = 10 ** np.maximum(digits - 2, 0)
    binned: np.ndarray[Any, np.dtype[np.int64]] = lengths // step * step
    return binned
