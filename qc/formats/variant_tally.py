"""Counts what VCF records say: kinds of variants, substitutions, lengths, qualities, and what each sample has."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from qc.formats.base import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

Counts = npt.NDArray[np.int64]

SNPS, INDELS, OTHERS, MULTIALLELIC, TRANSITIONS, TRANSVERSIONS, PASSED, CALLS, MISSING_CALLS = range(9)
HOM_REF, HET, HOM_ALT, MISSING, WITH_SNP, WITH_INDEL, WITH_TRANSITION, WITH_TRANSVERSION = range(8)
OTHER, TRANSITION, TRANSVERSION, INDEL = range(4)
LETTERS = b"ACGT"
TURNS = ({0, 2}, {1, 3})
LONGEST_INDEL = 50
QUALITY_BIN, QUALITY_BINS = 10, 101
FREQUENCY_BINS = 20
MAX_SAMPLES = 1000
MAX_GENOTYPE = 1 << 12


class Arrays(NamedTuple):
    """The counts as arrays, which compiled code adds to as well.

    `totals` by the constants above; `substitutions[ref, alt]`; `indels` by length from -50 to 50, longer ones at the
    ends; `qualities` by tens; `frequencies` in 20 steps; `samples[sample, …]` for the first 1,000.
    """

    totals: Counts
    substitutions: Counts
    indels: Counts
    qualities: Counts
    frequencies: Counts
    samples: Counts


def allele_kind(ref: bytes, alt: bytes) -> int:
    """The kind of an alternate allele: transition, transversion, indel or other."""
    if len(ref) == 1 and len(alt) == 1:
        pair = {LETTERS.find(ref.upper()), LETTERS.find(alt.upper())}
        if -1 in pair or len(pair) == 1:
            return OTHER
        return TRANSITION if pair in TURNS else TRANSVERSION
    return INDEL if alt.isalpha() and len(alt) != len(ref) else OTHER


def alleles_of(genotype: bytes) -> list[int] | None:
    """The alleles of a well-formed genotype; None when one of them is missing or none can be told."""
    if len(genotype) > MAX_GENOTYPE:
        return None
    texts = genotype.replace(b"|", b"/").strip(b"/").split(b"/")
    return [int(text) for text in texts] if all(text.isdigit() and len(text) < 10 for text in texts) else None


class VariantTally:
    """The counts of one file. `add` is the plain form of what the compiled walk does."""

    def __init__(self, samples: int) -> None:
        self.arrays = Arrays(
            totals=np.zeros(9, np.int64),
            substitutions=np.zeros((4, 4), np.int64),
            indels=np.zeros(2 * LONGEST_INDEL + 1, np.int64),
            qualities=np.zeros(QUALITY_BINS, np.int64),
            frequencies=np.zeros(FREQUENCY_BINS, np.int64),
            samples=np.zeros((min(samples, MAX_SAMPLES), 8), np.int64),
        )
        self._calls: dict[bytes, list[int] | None] = {}

    def add(self, fields: list[bytes], alternates: Sequence[bytes]) -> None:
        """Counts one record; `fields` are its columns, `alternates` its alternate alleles (none for `.`)."""
        totals = self.arrays.totals
        kinds = [self._add_allele(fields[3], alt) for alt in alternates]
        known = set(kinds)
        totals[SNPS] += TRANSITION in known or TRANSVERSION in known
        totals[INDELS] += INDEL in known
        totals[OTHERS] += OTHER in known
        totals[MULTIALLELIC] += len(kinds) > 1
        totals[PASSED] += fields[6] in (b"PASS", b".")
        self._add_quality(fields[5])
        if len(fields) > 9 and (fields[8] == b"GT" or fields[8].startswith(b"GT:")):
            self._add_samples(fields[9:], kinds)

    def _add_allele(self, ref: bytes, alt: bytes) -> int:
        kind = allele_kind(ref, alt)
        if kind in (TRANSITION, TRANSVERSION):
            self.arrays.totals[TRANSITIONS if kind == TRANSITION else TRANSVERSIONS] += 1
            self.arrays.substitutions[LETTERS.index(ref.upper()), LETTERS.index(alt.upper())] += 1
        elif kind == INDEL:
            length = max(-LONGEST_INDEL, min(LONGEST_INDEL, len(alt) - len(ref)))
            self.arrays.indels[length + LONGEST_INDEL] += 1
        return kind

    def _add_quality(self, text: bytes) -> None:
        try:
            quality = float(text)
        except ValueError:
            return
        if not math.isnan(quality) and quality >= 0:
            self.arrays.qualities[int(min(quality, QUALITY_BIN * (QUALITY_BINS - 1)) // QUALITY_BIN)] += 1

    def _add_samples(self, samples: list[bytes], kinds: list[int]) -> None:
        called = others = 0
        totals, table = self.arrays.totals, self.arrays.samples
        for column, sample in enumerate(samples):
            alleles = self._call(sample.partition(b":")[0])
            totals[CALLS] += 1
            totals[MISSING_CALLS] += alleles is None
            if alleles is not None:
                called += len(alleles)
                others += len(alleles) - alleles.count(0)
            if column < MAX_SAMPLES:
                self._add_sample(table[column], alleles, kinds)
        if called:
            self.arrays.frequencies[min(others * FREQUENCY_BINS // called, FREQUENCY_BINS - 1)] += 1

    def _call(self, genotype: bytes) -> list[int] | None:
        if genotype not in self._calls:
            if len(self._calls) > 4096 or len(genotype) > 64:
                return alleles_of(genotype)
            self._calls[genotype] = alleles_of(genotype)
        return self._calls[genotype]

    def _add_sample(self, row: Counts, alleles: list[int] | None, kinds: list[int]) -> None:
        if alleles is None:
            row[MISSING] += 1
            return
        distinct = set(alleles)
        row[HOM_REF if distinct == {0} else HET if len(distinct) > 1 else HOM_ALT] += 1
        carried = [kinds[allele - 1] for allele in distinct if 0 < allele <= len(kinds)]
        row[WITH_SNP] += TRANSITION in carried or TRANSVERSION in carried
        row[WITH_INDEL] += INDEL in carried
        row[WITH_TRANSITION] += carried.count(TRANSITION)
        row[WITH_TRANSVERSION] += carried.count(TRANSVERSION)

    def counts(self) -> dict[str, Any]:
        """The scalars of a verdict that come from here."""
        totals = self.arrays.totals.tolist()
        calls = totals[CALLS]
        return {
            "snps": totals[SNPS],
            "indels": totals[INDELS],
            "others": totals[OTHERS],
            "multiallelic": totals[MULTIALLELIC],
            "transitions": totals[TRANSITIONS],
            "transversions": totals[TRANSVERSIONS],
            "ti_tv": _ratio(totals[TRANSITIONS], totals[TRANSVERSIONS]),
            "passed": totals[PASSED],
            "missing_genotype_percent": round(100 * totals[MISSING_CALLS] / calls, 3) if calls else None,
        }

    def metrics(self, names: Sequence[bytes]) -> dict[str, Any]:
        """The distributions of a verdict; `names` are those of the samples."""
        arrays = self.arrays
        steps = [round(step / FREQUENCY_BINS, 2) for step in range(FREQUENCY_BINS)]
        return {
            "per_sample": [
                [shown(name), *row[: WITH_INDEL + 1], _ratio(row[WITH_TRANSITION], row[WITH_TRANSVERSION])]
                for name, row in zip(names, arrays.samples.tolist(), strict=False)
            ],
            "substitutions": {
                f"{LETTERS[ref : ref + 1].decode()}>{LETTERS[alt : alt + 1].decode()}": int(
                    arrays.substitutions[ref, alt]
                )
                for ref in range(4)
                for alt in range(4)
                if ref != alt
            },
            "indel_length_histogram": _pairs(range(-LONGEST_INDEL, LONGEST_INDEL + 1), arrays.indels),
            "quality_histogram": _pairs(range(0, QUALITY_BIN * QUALITY_BINS, QUALITY_BIN), arrays.qualities),
            "allele_frequency_histogram": _pairs(steps, arrays.frequencies),
        }


def _ratio(transitions: int, transversions: int) -> float | None:
    return round(transitions / transversions, 3) if transversions else None


def _pairs(values: Sequence[float], counts: Counts) -> list[list[float]]:
    return [[value, count] for value, count in zip(values, counts.tolist(), strict=True) if count]
