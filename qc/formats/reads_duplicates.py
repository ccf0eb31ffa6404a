"""Estimates from the first 100,000 different sequences of a file how many of its reads are copies of others.

The method is that of FastQC's modules "Duplicate Sequences" and "Overrepresented Sequences": reads count as the same
when their first 50 bases are, and what was seen of a duplication level is scaled up by the chance of seeing it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from qc.formats.reads_tables import ADAPTERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from qc.formats.reads_tables import Array

TRACKED = 100_000
COMPARED = 50
OVERREPRESENTED = 0.1
MAX_LISTED = 100
LEVELS: tuple[tuple[str, int], ...] = (
    *((str(level), level) for level in range(1, 10)),
    *((">10", 10), (">50", 51), (">100", 101), (">500", 501), (">1k", 1001), (">5k", 5001), (">10k", 10_001)),
)
SOURCES = {
    **{adapter: name for name, adapter in ADAPTERS.items()},
    b"GATCGGAAGAGC": "Illumina Universal Adapter",
    b"AATGATACGGCGACCACCGA": "Illumina P5 Primer",
    b"CAAGCAGAAGACGGCATACGA": "Illumina P7 Primer",
    b"NNNNNNNNNNNN": "Bases that were not called",
}


class Tracked(NamedTuple):
    """How often each of the first different sequences came, what each is, and the read at which all had been met."""

    times: Array
    sequence: Callable[[int], bytes]
    until: int


class Sequences:
    """Counts how often each of the first different sequences comes."""

    def __init__(self) -> None:
        self.records = 0
        self._until = 0
        self._seen: dict[bytes, int] = {}

    def add(self, bases: bytes, lengths: Array) -> None:
        """Adds reads: their bases joined and the length of each."""
        bases = bases.upper()
        at = 0
        seen = self._seen
        for length in lengths.tolist():
            self.records += 1
            start = bases[at : at + min(length, COMPARED)]
            at += length
            full = len(seen) == TRACKED
            if start in seen:
                seen[start] += 1
            elif not full:
                seen[start] = 1
            if not full:
                self._until = self.records

    def tracked(self) -> Tracked:
        """What was counted, in the order of the first reads."""
        times = np.fromiter(self._seen.values(), np.int64, len(self._seen))
        return Tracked(times, list(self._seen).__getitem__, self._until)


def duplication(tracked: Tracked, records: int) -> tuple[float, list[list[Any]]]:
    """The percentage of reads that removing duplicates would cost, and how many reads are at which level."""
    observed = zip(*np.unique(tracked.times, return_counts=True), strict=True)
    known = {int(times): _scaled(tracked.until, records, int(times), int(number)) for times, number in observed}
    different = sum(known.values())
    total = sum(times * number for times, number in known.items())
    shares = dict.fromkeys((label for label, _ in LEVELS), 0.0)
    for times, number in known.items():
        label = next(label for label, least in reversed(LEVELS) if times >= least)
        shares[label] += times * number
    lost = 100 * (1 - different / total) if total else 0.0
    return round(lost, 2), [[label, round(100 * share / total, 4) if total else 0.0] for label, share in shares.items()]


def overrepresented(tracked: Tracked, records: int) -> list[list[Any]]:
    """The sequences that make up more than 0.1 % of the reads, most frequent first, at most 100 of them.

    Each with its count, its percentage and the adapter or primer it holds, None when it holds none that is known.
    """
    places = np.flatnonzero(100 * tracked.times > OVERREPRESENTED * records)
    often = [(int(tracked.times[place]), tracked.sequence(int(place))) for place in places]
    often.sort(key=lambda pair: (-pair[0], pair[1]))
    return [
        [sequence.decode("ascii"), times, round(100 * times / records, 4), _possible_source(sequence)]
        for times, sequence in often[:MAX_LISTED]
    ]


def _possible_source(sequence: bytes) -> str | None:
    return next((name for piece, name in SOURCES.items() if piece in sequence), None)


def _scaled(until: int, records: int, times: int, number: int) -> float:
    """How many sequences come `times` times in the file, when `number` such were met in its first `until` reads."""
    if until == records or records - number < until:
        return number
    if records - times < until:
        return number
    missed = math.exp(
        math.lgamma(records - times + 1)
        - math.lgamma(records - times - until + 1)
        - math.lgamma(records + 1)
        + math.lgamma(records - until + 1)
    )
    return number / (1 - missed) if missed >= 1 - number / (number + 0.01) else number
