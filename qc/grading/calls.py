"""Grades alignments and variants, for which FastQC has no modules, by limits of our own.

They never fail: what is normal depends on the library (targeted, amplicon, metagenomic, ancient …), which the file does
not tell. A warning says "look at this", at a limit that sound data of the usual kinds stay clear of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from qc.grading.marks import Limits, Module, graded, passed
from qc.results import Grade, Mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    Numbers = Mapping[str, Any]

FEWEST_SUBSTITUTIONS = 100
TOO_MANY_TRANSITIONS = 5.0


class Own(msgspec.Struct, frozen=True):
    """A module that compares one count with one limit; `where` names a count that must be there and above zero."""

    module: str
    count: str
    limits: Limits
    what: str
    unit: str = ""
    where: str = "records"

    def __call__(self, counts: Mapping[str, Any], _: Mapping[str, Any]) -> Grade | None:
        """Grade the count; None where it was not measured or says nothing."""
        value = counts.get(self.count)
        if value is None or not counts.get(self.where):
            return None
        return graded(self.module, value, self.limits, what=self.what, unit=self.unit)


MAPPING_RATE = Own(
    "Mapping rate",
    "mapped_percent",
    Limits(warn=50, below=True),
    "The share of mapped records",
    " %",
    where="mapped",  # a file of unaligned reads is no bad alignment
)
DUPLICATE_RATE = Own(
    "Duplicate rate", "duplicate_percent", Limits(warn=50), "The share of records marked as duplicates", " %"
)
MAPPING_QUALITY = Own(
    "Mapping quality",
    "mean_mapping_quality",
    Limits(warn=10, below=True),
    "The mean mapping quality",
    where="mapped",
)
MISSING_GENOTYPES = Own(
    "Missing genotypes",
    "missing_genotype_percent",
    Limits(warn=50),  # reduced-representation libraries miss a third
    "The share of missing genotypes",
    " %",
    where="samples",
)
HALF_PAIRED = Limits(warn=50, below=True)
ENOUGH_TRANSITIONS = Limits(warn=0.8, below=True)  # 0.5 is what chance gives, 2 to 3 what genomes show


def alignment_statistics(counts: Numbers, _: Numbers) -> Grade | None:
    """Grade "Basic Statistics" of alignments: no records warn."""
    return _not_empty(counts.get("records"), "records")


def properly_paired(counts: Numbers, _: Numbers) -> Grade | None:
    """Grade "Properly paired": less than half of the paired records warn, where anything is mapped."""
    paired, proper = counts.get("paired"), counts.get("properly_paired")
    if not paired or proper is None or not counts.get("mapped"):
        return None
    share = 100 * proper / paired
    return graded("Properly paired", share, HALF_PAIRED, what="The share of properly paired records", unit=" %")


def insert_size(counts: Numbers, _: Numbers) -> Grade | None:
    """Grade "Insert size": a mean below the mean length of a read warns, since reads then run into adapters."""
    size, length = counts.get("mean_insert_size"), counts.get("mean_length")
    if not size or not length:
        return None
    limits = Limits(warn=length, below=True)
    return graded("Insert size", size, limits, what="The mean insert size", unit=" bases")


def variant_statistics(counts: Numbers, _: Numbers) -> Grade | None:
    """Grade "Basic Statistics" of variants: no variants warn."""
    return _not_empty(counts.get("variants"), "variants")


def ti_tv(counts: Numbers, _: Numbers) -> Grade | None:
    """Grade "Ti/Tv ratio": below 0.8 or above 5 warns, from 100 substitutions on; fewer say too little."""
    ratio = counts.get("ti_tv")
    if ratio is None or counts.get("transitions", 0) + counts.get("transversions", 0) < FEWEST_SUBSTITUTIONS:
        return None
    limits = Limits(warn=TOO_MANY_TRANSITIONS) if ratio > TOO_MANY_TRANSITIONS else ENOUGH_TRANSITIONS
    return graded("Ti/Tv ratio", ratio, limits, what="The ratio of transitions to transversions")


ALIGNMENT_MODULES: tuple[Module, ...] = (
    alignment_statistics,
    MAPPING_RATE,
    DUPLICATE_RATE,
    properly_paired,
    insert_size,
    MAPPING_QUALITY,
)
VARIANT_MODULES: tuple[Module, ...] = (variant_statistics, ti_tv, MISSING_GENOTYPES)


def _not_empty(number: int | None, what: str) -> Grade | None:
    module = "Basic Statistics"
    if number is None:
        return None
    return passed(module) if number else Grade(module, Mark.WARN, 0, f"There are no {what}.")
