"""Says where each simulated read lies on the reference: position, CIGAR, NM and MD, from the simulation's truth."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from simulation.genome import LETTERS, Codes, Contig, Haplotype, reverse_complement, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from simulation.reads import Ints, ReadPairs


@dataclass(frozen=True, slots=True)
class Placement:
    """One read on the reference, `position` and `end` 0-based half-open; `text` and `scores` in reference direction."""

    contig: int
    position: int
    end: int
    reverse: bool
    cigar: str
    edits: int
    md: str
    text: str
    scores: str


def place(
    contigs: Sequence[Contig], copies: Sequence[tuple[Haplotype, Haplotype]], pairs: ReadPairs, *, mate: int
) -> list[Placement]:
    """Place every read of one mate, in the order of the pairs; reads from elsewhere get contig and position -1."""
    length = pairs.length
    right_end = pairs.reversed_ if mate == 1 else ~pairs.reversed_
    mapped = pairs.contig >= 0
    turned = (right_end & mapped)[:, None]
    codes, qualities = pairs.codes[mate - 1], pairs.qualities[mate - 1]
    forward = np.where(turned, reverse_complement(codes), codes)
    texts = LETTERS[forward]
    scores = np.where(turned, qualities[:, ::-1], qualities) + 33
    offset = np.where(right_end, pairs.start + pairs.size - length, pairs.start)
    places = _reference_windows(copies, pairs, offset)
    placed = []
    for row in range(len(pairs.names)):
        text, score = texts[row].tobytes().decode(), scores[row].tobytes().decode()
        contig = int(pairs.contig[row])
        if contig < 0:
            placed.append(Placement(-1, -1, -1, False, "*", 0, "", text, score))
            continue
        start, end, cigar, edits, md = _aligned(contigs[contig].codes, forward[row], places[row])
        placed.append(Placement(contig, start, end, bool(right_end[row]), cigar, edits, md, text, score))
    return placed


def _reference_windows(
    copies: Sequence[tuple[Haplotype, Haplotype]], pairs: ReadPairs, offset: Ints
) -> npt.NDArray[np.int64]:
    windows = np.full((len(pairs.names), pairs.length), -1, dtype=np.int64)
    cycles = np.arange(pairs.length)
    for index, both in enumerate(copies):
        for which, copy in enumerate(both):
            here = np.flatnonzero((pairs.contig == index) & (pairs.haplotype == which))
            windows[here] = copy.reference_positions[offset[here, None] + cycles]
    return windows


def _aligned(reference: Codes, read: Codes, places: npt.NDArray[np.int64]) -> tuple[int, int, str, int, str]:
    """Give start, end, CIGAR, NM and MD; inserted bases at a read's edge are clipped softly, as aligners do."""
    inside = np.flatnonzero(places >= 0)
    first, last = int(inside[0]), int(inside[-1])
    start, end = int(places[first]), int(places[last]) + 1
    if end - start == len(inside) == len(places):
        edits, md = _mismatches(reference[start:end], read)
        return start, end, f"{len(read)}M", edits, md
    steps = ["S"] * first
    previous = start - 1
    for place in places[first : last + 1].tolist():
        if place < 0:
            steps.append("I")
            continue
        steps += ["D"] * (place - previous - 1)
        steps.append("M")
        previous = place
    steps += ["S"] * (len(places) - 1 - last)
    cigar = "".join(f"{len(list(run))}{step}" for step, run in groupby(steps))
    edits, md = _edits(reference[start:end], read, steps)
    return start, end, cigar, edits, md


def _mismatches(reference: Codes, read: Codes) -> tuple[int, str]:
    differing = np.flatnonzero(reference != read)
    parts, done = [], 0
    for at in differing.tolist():
        parts.append(f"{at - done}{'ACGT'[reference[at]]}")
        done = at + 1
    return len(differing), "".join(parts) + str(len(read) - done)


def _edits(reference: Codes, read: Codes, steps: Sequence[str]) -> tuple[int, str]:
    edits, md, same = 0, "", 0
    on_reference = on_read = 0
    for step, run in groupby(steps):
        size = len(list(run))
        match step:
            case "M":
                for at in range(size):
                    if reference[on_reference + at] == read[on_read + at]:
                        same += 1
                        continue
                    md += f"{same}{'ACGT'[reference[on_reference + at]]}"
                    same, edits = 0, edits + 1
            case "D":
                md += f"{same}^{text_of(reference[on_reference : on_reference + size])}"
                same, edits = 0, edits + size
            case "I":
                edits += size
        on_reference += size if step in "MD" else 0
        on_read += size if step in "MIS" else 0
    return edits, f"{md}{same}"
