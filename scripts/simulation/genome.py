"""Makes a reference genome, the variants of a sample, and the two haplotypes that carry them.

Bases are numpy codes: 0 A, 1 C, 2 G, 3 T, 4 N. Positions are 0-based.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Codes = npt.NDArray[np.uint8]
LETTERS = np.frombuffer(b"ACGTN", dtype=np.uint8)
_COMPLEMENT = np.array([3, 2, 1, 0, 4], dtype=np.uint8)
_GC_WINDOW = 200
_CONTIG_SHARES = (("chr1", 0.6), ("chr2", 0.4))
_SPACING = 40  # two variants are at least half of it apart: indels of neighbours never touch
_TRANSITION_SHARE = 2 / 3  # as in most genomes: A<->G and C<->T are twice as frequent as all others


def text_of(codes: Codes) -> str:
    """Give the letters of a row of base codes."""
    return LETTERS[codes].tobytes().decode("ascii")


def reverse_complement(codes: Codes) -> Codes:
    """Give the other strand, along the last axis."""
    return _COMPLEMENT[codes[..., ::-1]]


@dataclass(frozen=True, slots=True)
class Contig:
    """One reference sequence."""

    name: str
    codes: Codes

    @property
    def text(self) -> str:
        """The sequence in letters."""
        return text_of(self.codes)

    @property
    def md5(self) -> str:
        """The `M5` of a SAM header: md5 of the upper-case sequence."""
        return hashlib.md5(LETTERS[self.codes].tobytes(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Variant:
    """A difference from the reference as a VCF writes it: `position` is the 0-based place of `ref`'s first base."""

    contig: int
    position: int
    ref: str
    alt: str
    carried_by: tuple[bool, bool]

    @property
    def genotype(self) -> str:
        """The unphased genotype, `0/1` or `1/1`."""
        return "1/1" if all(self.carried_by) else "0/1"


@dataclass(frozen=True, slots=True)
class Haplotype:
    """One copy of a contig with its variants; `reference_positions` holds -1 where a base was inserted."""

    codes: Codes
    reference_positions: npt.NDArray[np.int64]


def simulate_genome(rng: np.random.Generator, length: int, *, gc: float = 0.41) -> tuple[Contig, ...]:
    """Draw two contigs of together `length` bases whose GC content wanders from window to window as in real genomes."""
    contigs = []
    for name, share in _CONTIG_SHARES:
        size = round(length * share)
        windows = -(-size // _GC_WINDOW)
        drift = np.convolve(rng.normal(0, 0.06, windows + 4), np.ones(5) / 5**0.5, mode="valid")
        window_gc = np.repeat(np.clip(gc + drift, 0.15, 0.8), _GC_WINDOW)[:size]
        strong = rng.random(size) < window_gc
        second = rng.random(size) < 0.5
        codes = np.where(strong, np.where(second, 2, 1), np.where(second, 3, 0)).astype(np.uint8)
        contigs.append(Contig(name, codes))
    return tuple(contigs)


def simulate_variants(
    rng: np.random.Generator, contigs: Sequence[Contig], *, rate: float = 0.002
) -> tuple[Variant, ...]:
    """Draw SNVs and, one in five, left-aligned indels of 1-3 bases; sorted by contig and position."""
    variants = []
    for index, contig in enumerate(contigs):
        slots = np.arange(_SPACING, len(contig.codes) - _SPACING, _SPACING)
        chosen = np.sort(rng.choice(slots, size=max(1, round(len(contig.codes) * rate)), replace=False))
        for slot in chosen:
            homozygous = rng.random() < 0.4
            first = bool(rng.random() < 0.5)
            carried = (True, True) if homozygous else (first, not first)
            position = int(slot + rng.integers(0, _SPACING // 2))
            variants.append(_variant_at(rng, index, contig.codes, position, carried))
    return tuple(variants)


def _variant_at(
    rng: np.random.Generator, contig: int, codes: Codes, position: int, carried: tuple[bool, bool]
) -> Variant:
    anchor = codes[position : position + 1]
    size = int(rng.integers(1, 4))
    match rng.choice(5), rng.random() < 0.5:
        case 0, True:
            inserted = rng.integers(0, 4, size).astype(np.uint8)
            inserted[-1] = (anchor[0] + rng.integers(1, 4)) % 4  # else the insertion could be moved to the left
            alt = np.concatenate([anchor, inserted])
            return Variant(contig, position, text_of(anchor), text_of(alt), carried)
        case 0, False if codes[position + size] != anchor[0]:
            return Variant(contig, position, text_of(codes[position : position + size + 1]), text_of(anchor), carried)
        case _:
            turn = 2 if rng.random() < _TRANSITION_SHARE else int(rng.choice((1, 3)))
            changed = ((anchor + turn) % 4).astype(np.uint8)
            return Variant(contig, position, text_of(anchor), text_of(changed), carried)


def haplotypes(contigs: Sequence[Contig], variants: Sequence[Variant]) -> tuple[tuple[Haplotype, Haplotype], ...]:
    """Write each contig's variants into its two copies."""
    return tuple(
        (
            _haplotype(contig.codes, [v for v in variants if v.contig == index and v.carried_by[0]]),
            _haplotype(contig.codes, [v for v in variants if v.contig == index and v.carried_by[1]]),
        )
        for index, contig in enumerate(contigs)
    )


def _haplotype(codes: Codes, variants: Sequence[Variant]) -> Haplotype:
    bases: list[Codes] = []
    places: list[npt.NDArray[np.int64]] = []
    done = 0
    for variant in variants:
        after = variant.position + len(variant.ref)
        alt = np.searchsorted(LETTERS[:4], np.frombuffer(variant.alt.encode(), dtype=np.uint8)).astype(np.uint8)
        bases += [codes[done : variant.position], alt]
        kept = np.full(len(alt), -1, dtype=np.int64)
        kept[0] = variant.position
        places += [np.arange(done, variant.position), kept]
        done = after
    bases.append(codes[done:])
    places.append(np.arange(done, len(codes)))
    return Haplotype(np.concatenate(bases), np.concatenate(places))
