"""Draws paired Illumina reads from a sample's haplotypes, with binned qualities and the errors those promise."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.genome import LETTERS, Codes, Haplotype, reverse_complement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Ints = npt.NDArray[np.int64]
QUALITY_BINS = np.array([2, 12, 23, 37], dtype=np.uint8)  # the four values that NovaSeq base calling writes
_BIN_EDGES = (7.0, 17.5, 28.0)
_FRAGMENT_MEAN = 350
_FRAGMENT_SD = 55
_UNMAPPED_SHARE = 0.01
_NO_CALL_RATE = 0.0004
_LANE = "A00742:118:HSIMDSX7:2"
_PAIRS_A_TILE = 1250


@dataclass(frozen=True, slots=True)
class ReadPairs:
    """The pairs of one sample; `codes` and `qualities` are two matrices (R1, R2) of pairs x cycles.

    `contig` is -1 for pairs from elsewhere; `start` and `size` place the fragment on its haplotype; `reversed_` says
    that R1 reads the fragment's right end.
    """

    names: tuple[str, ...]
    contig: Ints
    haplotype: Ints
    start: Ints
    size: Ints
    reversed_: npt.NDArray[np.bool_]
    codes: tuple[Codes, Codes]
    qualities: tuple[Codes, Codes]

    @property
    def length(self) -> int:
        """Cycles of each read."""
        return int(self.codes[0].shape[1])


def simulate_pairs(
    rng: np.random.Generator, copies: Sequence[tuple[Haplotype, Haplotype]], *, pairs: int, length: int
) -> ReadPairs:
    """Draw `pairs` read pairs of `length` cycles evenly over the genome; one in a hundred comes from elsewhere."""
    sizes = np.array([[len(copy.codes) for copy in both] for both in copies])
    contig = rng.choice(len(copies), size=pairs, p=sizes[:, 0] / sizes[:, 0].sum()).astype(np.int64)
    haplotype = rng.integers(0, 2, pairs)
    room = sizes[contig, haplotype]
    size = np.clip(np.rint(rng.normal(_FRAGMENT_MEAN, _FRAGMENT_SD, pairs)).astype(np.int64), length, room)
    start = (rng.random(pairs) * (room - size + 1)).astype(np.int64)
    contig[rng.random(pairs) < _UNMAPPED_SHARE] = -1
    cycles = np.arange(length)
    left, right = (rng.integers(0, 4, (pairs, length)).astype(np.uint8) for _ in range(2))
    for index, both in enumerate(copies):
        for which, copy in enumerate(both):
            here = np.flatnonzero((contig == index) & (haplotype == which))[:, None]
            left[here[:, 0]] = copy.codes[start[here] + cycles]
            right[here[:, 0]] = reverse_complement(copy.codes[(start + size - length)[here] + cycles])
    reversed_ = rng.random(pairs) < 0.5
    flip = reversed_[:, None]
    first, second = np.where(flip, right, left), np.where(flip, left, right)
    quality1, quality2 = (draw_qualities(rng, pairs, length, mate=mate) for mate in (1, 2))
    read1, read2 = _sequenced(rng, first, quality1), _sequenced(rng, second, quality2)
    return ReadPairs(
        _names(rng, pairs), contig, haplotype, start, size, reversed_, (read1, read2), (quality1, quality2)
    )


def draw_qualities(rng: np.random.Generator, pairs: int, length: int, *, mate: int) -> Codes:
    """Draw qualities that start a little low, hold, and fall towards the end, sooner in the second mate."""
    cycle = np.arange(length)
    fall = 5.0 if mate == 1 else 8.0
    curve = 39.0 - 5.0 * np.exp(-cycle / 3.0) - fall * (cycle / max(length - 1, 1)) ** 3
    of_read = -rng.gamma(1.2, 1.8, (pairs, 1)).astype(np.float32)
    noise = rng.standard_normal((pairs, length), dtype=np.float32) * 3.5
    return QUALITY_BINS[np.digitize(curve.astype(np.float32) + of_read + noise, _BIN_EDGES)]


def _sequenced(rng: np.random.Generator, codes: Codes, qualities: Codes) -> Codes:
    """Put in the substitutions that the qualities promise and a few bases that were not called (N, quality 2)."""
    chance = rng.random(codes.shape, dtype=np.float32)
    promised = (10.0 ** (-np.arange(64) / 10.0)).astype(np.float32)
    wrong = chance < promised[qualities]
    read = codes.copy()
    read[wrong] = (read[wrong] + rng.integers(1, 4, int(wrong.sum()), dtype=np.uint8)) % 4
    not_called = rng.random(codes.shape, dtype=np.float32) < _NO_CALL_RATE
    read[not_called] = 4
    qualities[not_called] = 2
    return read


def _names(rng: np.random.Generator, pairs: int) -> tuple[str, ...]:
    x = rng.integers(1000, 32000, pairs)
    step = np.cumsum(rng.integers(1, 40, pairs)) + 1000
    return tuple(f"{_LANE}:{1101 + index // _PAIRS_A_TILE}:{x[index]}:{step[index]}" for index in range(pairs))


def write_fastq(path: Path, pairs: ReadPairs, *, mate: int, barcode: str) -> None:
    """Write one mate's reads as gzip whose bytes depend on the reads alone (no time, no name inside)."""
    bases = LETTERS[pairs.codes[mate - 1]]
    scores = pairs.qualities[mate - 1] + 33
    comment = f" {mate}:N:0:{barcode}\n".encode()
    lines = []
    for row, name in enumerate(pairs.names):
        lines += [b"@", name.encode(), comment, bases[row].tobytes(), b"\n+\n", scores[row].tobytes(), b"\n"]
    with path.open("wb") as raw, gzip.GzipFile("", "wb", compresslevel=5, fileobj=raw, mtime=0) as packed:
        packed.write(b"".join(lines))
