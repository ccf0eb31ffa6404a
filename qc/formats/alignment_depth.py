"""Measures how deep alignments in the order of coordinates cover their references, in bounded memory."""

from __future__ import annotations

from typing import Any

import numpy as np

Numbers = np.ndarray[Any, np.dtype[np.int64]]

DEEPEST = 1000
MOST_PENDING = 1 << 21
PLACE_BITS = 32


class Depth:
    """The exact depth of every covered base, from the ends of the aligned blocks of reads.

    A place is the index of the reference times 2^32 plus the 0-based position. Depths above 1,000 count as 1,000.
    `exact` turns False when more than two million ends of blocks would have to be kept in mind.
    """

    def __init__(self, references: int) -> None:
        self.histogram = np.zeros(DEEPEST + 1, np.int64)
        self.covered = np.zeros(references, np.int64)
        self.exact = True
        self._places = np.zeros(0, np.int64)
        self._changes = np.zeros(0, np.int64)

    def take(self, starts: Numbers, ends: Numbers, upto: int) -> None:
        """Adds blocks [start, end); no later block begins before the place `upto`, where counting then stands."""
        if not self.exact:
            return
        places = np.concatenate([self._places, starts, ends])
        changes = np.concatenate([self._changes, np.ones(len(starts), np.int64), np.full(len(ends), -1, np.int64)])
        order = np.argsort(places, kind="stable")
        places, changes = places[order], changes[order]
        cut = int(np.searchsorted(places, upto))
        depths = np.cumsum(changes[:cut])
        self._count(np.append(places[:cut], upto), depths)
        left = int(depths[-1]) if cut else 0
        self._places = np.append(upto, places[cut:])
        self._changes = np.append(left, changes[cut:])
        self.exact = len(self._places) <= MOST_PENDING

    def finish(self) -> None:
        """Counts to the end of the last block."""
        none = np.zeros(0, np.int64)
        self.take(none, none, len(self.covered) << PLACE_BITS)

    def _count(self, places: Numbers, depths: Numbers) -> None:
        sizes = np.diff(places)
        deep = (depths > 0) & (sizes > 0)
        sizes, depths = sizes[deep], np.minimum(depths[deep], DEEPEST)
        if not len(sizes):
            return
        self.histogram += np.bincount(depths, sizes, DEEPEST + 1).astype(np.int64)
        references, at = np.unique(places[:-1][deep] >> PLACE_BITS, return_index=True)
        self.covered[references] += np.add.reduceat(sizes, at)
