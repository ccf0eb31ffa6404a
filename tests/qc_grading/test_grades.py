"""The marks of every module at its limits, and what is not marked."""

from __future__ import annotations

import math
from typing import Any

import pytest

from qc.grading import MODULES, grades_of
from qc.results import Format, Grade, Mark

PASS, WARN, FAIL = Mark.PASS, Mark.WARN, Mark.FAIL
COUNTS = {"records": 1000, "bases": 100_000, "min_length": 100, "max_length": 100, "duplicate_percent": 2.0}
EVEN = {"lower_quartile": 35.0, "median": 37.0, "A": 25.0, "C": 25.0, "G": 25.0, "T": 25.0, "N": 0.0}
CURVE = [1e5 * math.exp(-((percent - 42) ** 2) / 50) for percent in range(101)]


def position(first: int = 1, last: int = 1, **other: Any) -> dict[str, Any]:
    return {"from": first, "to": last, **EVEN, **other}


def reads(counts: dict[str, Any] | None = None, **metrics: Any) -> dict[str, Grade]:
    """The grades of good reads in which `counts` or `metrics` are different."""
    good = {
        "positions": [position(1, 1), position(2, 2), position(10, 14)],
        "mean_quality_histogram": [[30, 10], [36, 900]],
        "gc_histogram": CURVE,
        "overrepresented": [],
        "adapters": {"Illumina Universal Adapter": [0.0, 0.1, 0.2]},
    }
    return {g.module: g for g in grades_of(Format.FASTQ, {**COUNTS, **(counts or {})}, {**good, **metrics})}


def test_good_reads_pass_all_modules_in_the_order_that_fastqc_shows_them() -> None:
    grades = reads()
    assert list(grades) == [
        "Basic Statistics",
        "Per base sequence quality",
        "Per sequence quality scores",
        "Per base sequence content",
        "Per sequence GC content",
        "Per base N content",
        "Sequence Length Distribution",
        "Sequence Duplication Levels",
        "Overrepresented sequences",
        "Adapter Content",
    ]
    assert {grade.mark for grade in grades.values()} == {PASS}
    assert {grade.reason for grade in grades.values()} == {None}


@pytest.mark.parametrize(
    ("module", "metric", "value", "mark"),
    [
        ("Per base sequence quality", "positions", [position(lower_quartile=10, median=25)], PASS),
        ("Per base sequence quality", "positions", [position(lower_quartile=9.9)], WARN),
        ("Per base sequence quality", "positions", [position(median=24.9)], WARN),
        ("Per base sequence quality", "positions", [position(lower_quartile=5, median=20)], WARN),
        ("Per base sequence quality", "positions", [position(lower_quartile=4.9)], FAIL),
        ("Per base sequence quality", "positions", [position(), position(2, 2, median=19.9)], FAIL),
        ("Per base sequence quality", "positions", [position(lower_quartile=None, median=None)], PASS),
        ("Per base sequence quality", "positions", [], PASS),
        ("Per sequence quality scores", "mean_quality_histogram", [[20, 1], [28, 2]], PASS),
        ("Per sequence quality scores", "mean_quality_histogram", [[27, 2], [28, 2]], WARN),
        ("Per sequence quality scores", "mean_quality_histogram", [[21, 3], [40, 2]], WARN),
        ("Per sequence quality scores", "mean_quality_histogram", [[20, 3], [40, 2]], FAIL),
        ("Per base sequence content", "positions", [position(A=30, T=20)], PASS),
        ("Per base sequence content", "positions", [position(A=31, T=20, C=24)], WARN),
        ("Per base sequence content", "positions", [position(), position(G=40, C=19, A=20, T=21)], FAIL),
        ("Per base sequence content", "positions", [position(A=0, C=0, G=0, T=0, N=0)], PASS),
        ("Per base N content", "positions", [position(N=5)], PASS),
        ("Per base N content", "positions", [position(N=5.1)], WARN),
        ("Per base N content", "positions", [position(N=20.1)], FAIL),
        ("Overrepresented sequences", "overrepresented", [["A" * 50, 1, 0.1, None]], PASS),
        ("Overrepresented sequences", "overrepresented", [["A" * 50, 2, 0.2, None]], WARN),
        ("Overrepresented sequences", "overrepresented", [["C" * 50, 2, 0.2, None], ["A", 11, 1.1, None]], FAIL),
        ("Adapter Content", "adapters", {"one": [0, 5.0], "two": []}, PASS),
        ("Adapter Content", "adapters", {"one": [0, 1], "two": [0, 5.1]}, WARN),
        ("Adapter Content", "adapters", {"one": [0, 10.1], "two": [0, 5.1]}, FAIL),
        ("Per sequence GC content", "gc_histogram", [0.0] * 101, PASS),
        ("Per sequence GC content", "gc_histogram", [100.0 if n in {30, 70} else 0.0 for n in range(101)], FAIL),
    ],
)
def test_a_module_of_reads_is_marked_at_its_limits(module: str, metric: str, value: Any, mark: Mark) -> None:
    grade = reads(**{metric: value})[module]
    assert grade.mark is mark
    assert (grade.reason is None) == (mark is PASS)


@pytest.mark.parametrize(
    ("module", "counts", "mark"),
    [
        ("Sequence Length Distribution", {"min_length": 99}, WARN),
        ("Sequence Length Distribution", {"min_length": 0}, FAIL),
        ("Sequence Duplication Levels", {"duplicate_percent": 30.0}, PASS),
        ("Sequence Duplication Levels", {"duplicate_percent": 30.1}, WARN),
        ("Sequence Duplication Levels", {"duplicate_percent": 50.1}, FAIL),
    ],
)
def test_a_count_of_reads_is_marked_at_its_limits(module: str, counts: dict[str, Any], mark: Mark) -> None:
    assert reads(counts)[module].mark is mark


def test_positions_of_a_hundred_reads_are_not_judged_by_their_qualities() -> None:
    poor = [position(lower_quartile=2, median=2)]
    assert reads({"records": 100}, positions=poor)["Per base sequence quality"].mark is PASS
    assert reads({"records": 101}, positions=poor)["Per base sequence quality"].mark is FAIL


@pytest.mark.parametrize(("contaminated", "mark"), [(0.005, PASS), (0.015, WARN), (0.05, FAIL)])
def test_reads_of_another_organism_show_beside_the_curve(contaminated: float, mark: Mark) -> None:
    other = [contaminated * 1e5 * math.exp(-((percent - 70) ** 2) / 50) for percent in range(101)]
    mixed = [own + foreign for own, foreign in zip(CURVE, other, strict=True)]
    assert reads(gc_histogram=mixed)["Per sequence GC content"].mark is mark


def test_a_grade_says_what_was_found_where_and_against_which_limit() -> None:
    grade = reads(positions=[position(), position(10, 14, median=12.345)])["Per base sequence quality"]
    assert grade == Grade(
        module="Per base sequence quality",
        mark=FAIL,
        value=12.345,
        reason="The median of the qualities at bases 10-14 is 12.35, less than 20.",
    )
    frequent = reads(mean_quality_histogram=[[27, 5]])["Per sequence quality scores"]
    assert frequent.reason == "The most frequent mean quality of a read is 27, 27 or less."


ALIGNED = {
    "records": 1000,
    "mapped": 990,
    "mapped_percent": 99.0,
    "paired": 1000,
    "properly_paired": 950,
    "duplicate_percent": 12.0,
    "mean_length": 150.0,
    "mean_insert_size": 350.0,
    "mean_mapping_quality": 55.0,
}
CALLED = {"variants": 5000, "samples": 3, "transitions": 3000, "transversions": 1500, "ti_tv": 2.0}
CALLED |= {"missing_genotype_percent": 3.0}


@pytest.mark.parametrize(
    ("module", "counts", "mark"),
    [
        ("Basic Statistics", {}, PASS),
        ("Basic Statistics", {"records": 0}, WARN),
        ("Mapping rate", {"mapped_percent": 50.0}, PASS),
        ("Mapping rate", {"mapped_percent": 49.9}, WARN),
        ("Mapping rate", {"mapped_percent": 0.0, "mapped": 0}, None),
        ("Duplicate rate", {"duplicate_percent": 50.1}, WARN),
        ("Properly paired", {"properly_paired": 499}, WARN),
        ("Properly paired", {"paired": 0, "properly_paired": 0}, None),
        ("Properly paired", {"mapped": 0, "properly_paired": 0}, None),
        ("Insert size", {"mean_insert_size": 149.0}, WARN),
        ("Insert size", {"mean_insert_size": None}, None),
        ("Mapping quality", {"mean_mapping_quality": 9.9}, WARN),
    ],
)
def test_a_module_of_alignments_is_marked_at_its_limits(module: str, counts: dict[str, Any], mark: Mark | None) -> None:
    grades = {grade.module: grade.mark for grade in grades_of(Format.BAM, {**ALIGNED, **counts}, {})}
    assert grades.get(module) is mark


@pytest.mark.parametrize(
    ("module", "counts", "mark"),
    [
        ("Basic Statistics", {"variants": 0}, WARN),
        ("Ti/Tv ratio", {}, PASS),
        ("Ti/Tv ratio", {"ti_tv": 0.79}, WARN),
        ("Ti/Tv ratio", {"ti_tv": 5.1}, WARN),
        ("Ti/Tv ratio", {"transitions": 50, "transversions": 49, "ti_tv": 0.1}, None),
        ("Ti/Tv ratio", {"ti_tv": None}, None),
        ("Missing genotypes", {"missing_genotype_percent": 50.1}, WARN),
        ("Missing genotypes", {"samples": 0, "missing_genotype_percent": 0.0}, None),
    ],
)
def test_a_module_of_variants_is_marked_at_its_limits(module: str, counts: dict[str, Any], mark: Mark | None) -> None:
    grades = {grade.module: grade.mark for grade in grades_of(Format.VCF, {**CALLED, **counts}, {})}
    assert grades.get(module) is mark


@pytest.mark.parametrize("kind", [Format.BAM, Format.VCF])
def test_nothing_about_alignments_or_variants_fails(kind: Format) -> None:
    worst = dict.fromkeys((*ALIGNED, *CALLED), 0) | {"records": 1, "mapped": 1, "paired": 1, "samples": 1}
    worst |= {"duplicate_percent": 100.0, "missing_genotype_percent": 100.0, "transitions": 500, "variants": 1}
    assert FAIL not in {grade.mark for grade in grades_of(kind, worst, {})}


@pytest.mark.parametrize("kind", list(Format))
def test_nothing_is_said_of_what_was_not_measured(kind: Format) -> None:
    assert grades_of(kind, {}, {}) == []


def test_every_known_format_has_modules() -> None:
    assert set(MODULES) == set(Format) - {Format.UNKNOWN}
