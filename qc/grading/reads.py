"""Grades reads under the names and limits of FastQC's modules.

Each function names the module and applies its limits as FastQC does (its documentation, "Analysis Modules", and the
defaults in its `limits.txt`). Where the two differ, `limits.txt` is followed, since its marks are what users see.
Left out are the modules about tiles and k-mers, of which FastQC itself runs the second only if it is asked to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qc.grading.curve import deviation_from_normal
from qc.grading.marks import Limits, Module, graded, passed
from qc.results import Grade, Mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    Numbers = Mapping[str, Any]

LOWER_QUARTILE = Limits(warn=10, fail=5, below=True)
MEDIAN = Limits(warn=25, fail=20, below=True)
MEAN_QUALITY = Limits(warn=27, fail=20, below=True, reached=True)
CONTENT = Limits(warn=10, fail=20)
GC_DEVIATION = Limits(warn=15, fail=30)
N_CONTENT = Limits(warn=5, fail=20)
DUPLICATION = Limits(warn=30, fail=50)
OVERREPRESENTED = Limits(warn=0.1, fail=1)
ADAPTERS = Limits(warn=5, fail=10)
FEWEST_READS = 100
_WORST_FIRST = (Mark.FAIL, Mark.WARN, Mark.PASS)


def basic_statistics(counts: Numbers, _: Numbers) -> Grade | None:
    """Grade "Basic Statistics", which FastQC never marks."""
    return passed("Basic Statistics") if "records" in counts else None


def base_quality(counts: Numbers, metrics: Numbers) -> Grade | None:
    """Grade "Per base sequence quality" by the worst position.

    A lower quartile below 10 or a median below 25 warns, below 5 or 20 fails. Positions that no more than 100 reads
    reach are not judged, as in FastQC.
    """
    module = "Per base sequence quality"
    positions = metrics.get("positions")
    if positions is None:
        return None
    judged = [
        graded(module, position[key], limits, what=f"The {what} of the qualities at {_place(position)}")
        for position in positions
        if counts["records"] > FEWEST_READS
        for key, what, limits in (("lower_quartile", "lower quartile", LOWER_QUARTILE), ("median", "median", MEDIAN))
        if position.get(key) is not None
    ]
    return _worst(judged, module)


def sequence_quality(_: Numbers, metrics: Numbers) -> Grade | None:
    """Grade "Per sequence quality scores": the most frequent mean quality of a read, 27 or less warns, 20 fails.

    The documentation says "below"; the program takes the limit itself in.
    """
    histogram = metrics.get("mean_quality_histogram")
    if not histogram:
        return None
    frequent = max(histogram, key=lambda pair: (pair[1], -pair[0]))[0]
    what = "The most frequent mean quality of a read"
    return graded("Per sequence quality scores", frequent, MEAN_QUALITY, what=what)


def base_content(_: Numbers, metrics: Numbers) -> Grade | None:
    """Grade "Per base sequence content": A and T, or G and C, 10 % apart at a position warn, 20 % fail."""
    module = "Per base sequence content"
    positions = metrics.get("positions")
    if positions is None:
        return None
    judged = [
        graded(module, apart, CONTENT, what=f"The difference of {pair} at {_place(position)}", unit=" %")
        for position in positions
        for pair, apart in _differences(position)
    ]
    return _worst(judged, module)


def gc_content(_: Numbers, metrics: Numbers) -> Grade | None:
    """Grade "Per sequence GC content": reads off the normal curve, summed up, more than 15 % warn, 30 % fail.

    Reads of more than 1,000 bases count whole, while FastQC counts each by a fraction: their marks may differ.
    """
    module = "Per sequence GC content"
    histogram = metrics.get("gc_histogram")
    if not histogram:
        return None
    deviation = deviation_from_normal(histogram)
    return graded(module, deviation, GC_DEVIATION, what="The deviation from a normal distribution", unit=" % of reads")


def n_content(_: Numbers, metrics: Numbers) -> Grade | None:
    """Grade "Per base N content": more than 5 % of N at a position warns, 20 % fails."""
    module = "Per base N content"
    positions = metrics.get("positions")
    if positions is None:
        return None
    judged = [
        graded(module, position["N"], N_CONTENT, what=f"The share of N at {_place(position)}", unit=" %")
        for position in positions
    ]
    return _worst(judged, module)


def lengths(counts: Numbers, _: Numbers) -> Grade | None:
    """Grade "Sequence Length Distribution": reads of several lengths warn, a read without bases fails."""
    module = "Sequence Length Distribution"
    if "min_length" not in counts or "max_length" not in counts:
        return None
    shortest, longest = counts["min_length"], counts["max_length"]
    if shortest == 0:
        return Grade(module=module, mark=Mark.FAIL, value=0, reason="There are reads without bases.")
    if shortest != longest:
        reason = f"Reads are between {shortest} and {longest} bases long."
        return Grade(module=module, mark=Mark.WARN, value=longest - shortest, reason=reason)
    return passed(module)


def duplication(counts: Numbers, _: Numbers) -> Grade | None:
    """Grade "Sequence Duplication Levels": more than 30 % of the reads lost by removing duplicates warn, 50 % fail.

    `limits.txt` has 70 and 50 % of sequences that remain; the documentation still says 20 % for the warning.
    """
    share = counts.get("duplicate_percent")
    if share is None:
        return None
    return graded("Sequence Duplication Levels", share, DUPLICATION, what="The share of duplicates", unit=" %")


def overrepresented(_: Numbers, metrics: Numbers) -> Grade | None:
    """Grade "Overrepresented sequences": one sequence in more than 0.1 % of the reads warns, in 1 % fails."""
    module = "Overrepresented sequences"
    found = metrics.get("overrepresented")
    if found is None:
        return None
    share = max((entry[2] for entry in found), default=0.0)
    return graded(module, share, OVERREPRESENTED, what="The share of the most frequent sequence", unit=" %")


def adapters(_: Numbers, metrics: Numbers) -> Grade | None:
    """Grade "Adapter Content": an adapter in more than 5 % of the reads, up to any position, warns, 10 % fails."""
    module = "Adapter Content"
    found = metrics.get("adapters")
    if found is None:
        return None
    judged = [
        graded(module, max(shares), ADAPTERS, what=f"The share of reads with {name}", unit=" %")
        for name, shares in found.items()
        if shares
    ]
    return _worst(judged, module)


READ_MODULES: tuple[Module, ...] = (
    basic_statistics,
    base_quality,
    sequence_quality,
    base_content,
    gc_content,
    n_content,
    lengths,
    duplication,
    overrepresented,
    adapters,
)


def _worst(judged: list[Grade], module: str) -> Grade:
    """Return the first of the worst grades; a module with nothing to judge passes."""
    return min(judged, key=lambda grade: _WORST_FIRST.index(grade.mark), default=passed(module))


def _differences(position: Numbers) -> list[tuple[str, float]]:
    """How far A and T, and G and C, are apart, in percent of the four bases at one position."""
    called = sum(position[base] for base in "ACGT")
    if not called:
        return []
    return [(f"{a} and {b}", 100 * abs(position[a] - position[b]) / called) for a, b in ("AT", "GC")]


def _place(position: Numbers) -> str:
    first, last = position["from"], position["to"]
    return f"base {first}" if first == last else f"bases {first}-{last}"
