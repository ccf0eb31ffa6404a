"""Turns the sums over alignments into the scalars and distributions of a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from qc.formats.alignment_depth import Depth, Numbers

PAIRED, PROPER, UNMAPPED, DUPLICATE, SECONDARY, SUPPLEMENTARY = 0x1, 0x2, 0x4, 0x400, 0x100, 0x800
MOST_REFERENCES = 200
GOOD_QUALITY = 30
UNKNOWN_QUALITY = 255


class Sums(Protocol):
    """What is summed up over alignments; see `alignment_tally`."""

    records: int
    flags: Counter[int]
    bases: int
    sequenced: int
    lengths: Counter[int]
    letters: Numbers
    qualities: Numbers
    mapping_qualities: Numbers
    inserts: Numbers
    reference_lengths: Numbers
    aligned: Numbers
    placed: Numbers
    depth: Depth | None


def counts_of(tally: Sums, references: int, sort_order: str) -> dict[str, Any]:
    """The scalars. Percentages are of records, of A, C, G and T, or of bases with a quality."""
    records = tally.records
    unmapped = _flagged(tally, UNMAPPED)
    duplicates = _flagged(tally, DUPLICATE)
    letters = {letter: int(tally.letters[ord(letter)]) for letter in "ACGT"}
    known = tally.mapping_qualities[:UNKNOWN_QUALITY]
    primary = sum(count for flag, count in tally.flags.items() if not flag & (SECONDARY | SUPPLEMENTARY))
    total = int(tally.reference_lengths.sum())
    insert_size, spread = _mean_and_spread(tally.inserts[:-1])
    return {
        "records": records,
        "mapped": records - unmapped,
        "unmapped": unmapped,
        "mapped_percent": percent(records - unmapped, records),
        "primary": primary,
        "paired": _flagged(tally, PAIRED),
        "properly_paired": _flagged(tally, PAIRED | PROPER),
        "duplicates": duplicates,
        "duplicate_percent": percent(duplicates, records),
        "secondary": _flagged(tally, SECONDARY),
        "supplementary": _flagged(tally, SUPPLEMENTARY),
        "references": references,
        "sort_order": sort_order,
        "bases": tally.bases,
        "mean_length": round(tally.sequenced / primary, 2) if primary else 0.0,
        "gc_percent": percent(letters["G"] + letters["C"], sum(letters.values())),
        "q30_percent": percent(int(tally.qualities[GOOD_QUALITY:].sum()), int(tally.qualities.sum())),
        "mean_mapping_quality": _mean_and_spread(known)[0],
        "mean_insert_size": insert_size,
        "insert_size_sd": spread,
        "mean_depth": round(int(tally.aligned.sum()) / total, 4) if total else 0.0,
        "covered_percent": _covered(tally, total),
    }


def metrics_of(tally: Sums, names: Sequence[bytes]) -> dict[str, Any]:
    """The distributions: pairs of value and count; of references, those with the most records.

    The last insert size, 2001, stands for all that are larger, the last depth, 1000, for all that are deeper.
    """
    metrics: dict[str, Any] = {
        "mapping_quality_histogram": _pairs(tally.mapping_qualities),
        "insert_size_histogram": _pairs(tally.inserts),
        "length_histogram": sorted([length, count] for length, count in tally.lengths.items()),
        "quality_histogram": _pairs(tally.qualities),
        "per_reference": _per_reference(tally, names),
    }
    if (depths := _depths(tally)) is not None:
        metrics["coverage_histogram"] = _pairs(depths)
    return metrics


def percent(part: int, whole: int) -> float:
    """How many of a hundred, with two digits; 0 of nothing."""
    return round(100 * part / whole, 2) if whole else 0.0


def _flagged(tally: Sums, bits: int) -> int:
    return sum(count for flag, count in tally.flags.items() if flag & bits == bits)


def _pairs(counts: Numbers) -> list[list[int]]:
    return [[int(value), int(counts[value])] for value in np.flatnonzero(counts)]


def _mean_and_spread(counts: Numbers) -> tuple[float | None, float | None]:
    """Mean and standard deviation of values that were counted; None of nothing."""
    total = int(counts.sum())
    if not total:
        return None, None
    values = np.arange(len(counts))
    mean = float((values * counts).sum() / total)
    return round(mean, 2), round(float(np.sqrt((counts * (values - mean) ** 2).sum() / total)), 2)


def _depths(tally: Sums) -> Numbers | None:
    """How many bases of the references have each depth; None where that was not or could not be measured."""
    if tally.depth is None:
        return None
    tally.depth.finish()
    if not tally.depth.exact:
        return None
    depths = tally.depth.histogram.copy()
    depths[0] = int(tally.reference_lengths.sum()) - int(depths.sum())
    return depths


def _covered(tally: Sums, total: int) -> float | None:
    depths = _depths(tally)
    return None if depths is None else percent(int(depths[1:].sum()), total)


def _per_reference(tally: Sums, names: Sequence[bytes]) -> list[list[Any]]:
    """Name, length, records, covered bases (None where that was not measured) and mean depth."""
    rows: list[list[Any]] = []
    exact = _depths(tally) is not None
    for index in np.lexsort((-tally.reference_lengths, -tally.placed))[:MOST_REFERENCES]:
        length = int(tally.reference_lengths[index])
        covered = int(tally.depth.covered[index]) if exact and tally.depth else None
        depth = round(int(tally.aligned[index]) / length, 4) if length else 0.0
        rows.append([names[index].decode("latin-1"), length, int(tally.placed[index]), covered, depth])
    return rows
