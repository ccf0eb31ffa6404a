"""Turns the tables of reads into distributions by position, in the base groups of FastQC.

Values of a group are the means over its positions, and quartiles are given where more than a hundred reads reach, both
as FastQC does it (its modules "Per base sequence quality" and "Adapter Content"). Where positions share a row they are
taken together.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from qc.formats.reads_tables import ADAPTER_SIZE, ADAPTERS, ALONE, FIRST_SCORE, LETTERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qc.formats.reads_tables import Array, Tables

UNGROUPED = 75
FEWEST = 100
PERCENTILES = {"lower_quartile": 25, "median": 50, "upper_quartile": 75, "p10": 10, "p90": 90}


def base_groups(longest: int) -> list[tuple[int, int]]:
    """First and last position of each group: single ones up to 75, else nine single ones and fewer than 66 others."""
    if longest <= UNGROUPED:
        return [(at, at) for at in range(1, longest + 1)]
    interval = next(size for size in _intervals() if ALONE - 1 + -(-(longest - ALONE + 1) // size) < UNGROUPED)
    starts = [*range(1, ALONE + 1), *range(interval if interval > ALONE else ALONE + interval, longest + 1, interval)]
    ends = [*(start - 1 for start in starts[1:]), longest]
    return list(zip(starts, ends, strict=True))


def positions(tables: Tables, zero: int) -> list[dict[str, Any]]:
    """Quality and content of each base group; `zero` is the character that stands for quality 0.

    A, C, G and T are percentages of the four, N of all bases.
    """
    return [_position(tables, first, last, zero) for first, last in base_groups(tables.longest)]


def adapter_content(tables: Tables, records: int) -> dict[str, list[float]]:
    """For each adapter the percentage of reads in which it has begun, by base group."""
    reached = np.cumsum(tables.adapters, axis=1)
    last_start = max(1, tables.longest - ADAPTER_SIZE + 1)
    content: dict[str, list[float]] = {}
    groups = base_groups(tables.longest)
    for number, name in enumerate(ADAPTERS):
        means = [reached[number, _rows(tables, min(a, last_start), min(b, last_start))].mean() for a, b in groups]
        content[name] = [round(100 * float(mean) / records, 4) for mean in means]
    return content


def _intervals() -> Iterator[int]:
    return (base * 10**power for power in count() for base in (2, 5, 10))


def _rows(tables: Tables, first: int, last: int) -> slice:
    """The rows of a group of positions."""
    low, high = tables.row(np.array([first, last]))
    if first == ALONE:
        low = ALONE + ALONE // tables.width
    return slice(int(low), int(high) + 1)


def _position(tables: Tables, first: int, last: int, zero: int) -> dict[str, Any]:
    rows = _rows(tables, first, last)
    qualities = tables.qualities[rows]
    totals = qualities.sum(axis=1)
    offset = FIRST_SCORE - zero
    scores = np.arange(qualities.shape[1]) + offset
    reached = totals > 0
    means = (qualities[reached] @ scores) / totals[reached]
    letters = tables.letters[rows].sum(axis=0)
    called = int(letters[:4].sum())
    return {
        "from": first,
        "to": last,
        "mean": round(float(means.mean()), 4) if len(means) else None,
        **{name: _percentile(qualities, totals, share, offset) for name, share in PERCENTILES.items()},
        **{base: round(100 * int(letters[at]) / called, 4) if called else 0.0 for at, base in enumerate("ACGT")},
        "N": round(100 * int(letters[LETTERS.index("N")]) / int(totals.sum()), 4) if totals.any() else 0.0,
    }


def _percentile(qualities: Array, totals: Array, share: int, offset: int) -> float | None:
    """The mean over positions of the lowest score that this share of the reads does not exceed."""
    enough = totals > FEWEST
    if not enough.any():
        return None
    wanted = totals[enough] * share // 100
    below = np.cumsum(qualities[enough], axis=1)
    scores = (below < np.maximum(wanted, 1)[:, None]).sum(axis=1) + offset
    return round(float(scores.mean()), 4)
