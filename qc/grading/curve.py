"""Measures how far the GC contents of reads are from a normal distribution, fitted the way FastQC fits it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

NEAR_THE_TOP = 0.9


def deviation_from_normal(histogram: Sequence[float]) -> float:
    """Return the sum of the differences between a histogram and its normal curve, in percent of the reads.

    `histogram` holds the reads of each GC percentage, 0 to 100. The curve is centred on the mode, not on the mean, and
    its spread is taken about that centre, so that a contamination shows instead of moving the curve (FastQC, "Per
    Sequence GC Content"). Fewer than two reads deviate by nothing.
    """
    total = sum(histogram)
    if total <= 1:
        return 0.0
    centre = _centre(histogram)
    variance = sum((percent - centre) ** 2 * reads for percent, reads in enumerate(histogram)) / (total - 1)
    if variance == 0:
        return 0.0
    height = total / math.sqrt(2 * math.pi * variance)
    expected = (height * math.exp(-((percent - centre) ** 2) / (2 * variance)) for percent in range(len(histogram)))
    return 100 * sum(abs(reads - wanted) for reads, wanted in zip(histogram, expected, strict=True)) / total


def _centre(histogram: Sequence[float]) -> float:
    """Return the middle of the stretch around the mode that stays above 90 % of it; the mode where it meets an end."""
    mode = max(range(len(histogram)), key=histogram.__getitem__)
    enough = NEAR_THE_TOP * histogram[mode]
    low = high = mode
    while low >= 0 and histogram[low] > enough:
        low -= 1
    while high < len(histogram) and histogram[high] > enough:
        high += 1
    if low < 0 or high == len(histogram):
        return float(mode)
    return (low + high) / 2
