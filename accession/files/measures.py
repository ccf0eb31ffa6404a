"""Names the numbers by which runs can be found, and takes them from what a verdict counted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


class Measure(msgspec.Struct, frozen=True):
    """One number of a run: its name in queries, what it is, and the counts that give it, the first that is there."""

    name: str
    what: str
    counts: tuple[str, ...]


MEASURES = (
    Measure("reads", "number of reads (of alignments: primary records)", ("primary", "records")),
    Measure("bases", "number of bases", ("bases",)),
    Measure("mean_length", "mean length of a read", ("mean_length",)),
    Measure("q20", "percentage of bases with a quality of 20 or more", ("q20_percent",)),
    Measure("q30", "percentage of bases with a quality of 30 or more", ("q30_percent",)),
    Measure("gc", "GC content in percent", ("gc_percent",)),
    Measure("n", "percentage of bases that are N", ("n_percent",)),
    Measure(
        "duplication", "percentage of duplicates (estimated for reads, marked in alignments)", ("duplicate_percent",)
    ),
    Measure("adapter", "percentage of reads with an adapter", ("adapter_percent",)),
    Measure("mapped", "percentage of mapped records", ("mapped_percent",)),
    Measure("depth", "mean depth over all references", ("mean_depth",)),
    Measure("insert_size", "mean insert size", ("mean_insert_size",)),
    Measure("variants", "number of variants", ("variants",)),
    Measure("ti_tv", "ratio of transitions to transversions", ("ti_tv",)),
    Measure("missing", "percentage of missing genotypes", ("missing_genotype_percent",)),
)


def measured(counts: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a file by name, in the order of `MEASURES`; what was not counted is left out."""
    found = {}
    for measure in MEASURES:
        value = next((counts[name] for name in measure.counts if counts.get(name) is not None), None)
        if isinstance(value, int | float) and math.isfinite(value):
            found[measure.name] = value
    return found
