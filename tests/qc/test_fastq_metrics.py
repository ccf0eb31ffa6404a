"""What is promised about the numbers that are taken of reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from qc.formats.reads_duplicates import TRACKED, Tracked, duplication, overrepresented
from qc.formats.reads_positions import base_groups
from qc.formats.reads_tables import Tables
from tests.qc.builders import verdict_of

if TYPE_CHECKING:
    from pathlib import Path

    from qc.results import Verdict


def verdict_on(folder: Path, reads: list[tuple[str, str]]) -> Verdict:
    """The verdict on reads of these bases and qualities."""
    text = "".join(f"@r{number}\n{bases}\n+\n{scores}\n" for number, (bases, scores) in enumerate(reads))
    return verdict_of(folder, "a.fastq", text.encode())


def test_each_position_has_its_quality_and_its_content(tmp_path: Path) -> None:
    reads = [("ACG", "+5?")] * 150 + [("aNC", "!5I")] * 50
    first, second, third = verdict_on(tmp_path, reads).metrics["positions"]
    assert list(first.items()) == [
        *(("from", 1), ("to", 1), ("mean", 7.5), ("lower_quartile", 0.0), ("median", 10.0), ("upper_quartile", 10.0)),
        *(("p10", 0.0), ("p90", 10.0), ("A", 100.0), ("C", 0.0), ("G", 0.0), ("T", 0.0), ("N", 0.0)),
    ]
    assert (second["C"], second["N"], second["median"]) == (100.0, 25.0, 20.0)
    assert (third["G"], third["C"], third["p90"]) == (75.0, 25.0, 40.0)


def test_quartiles_are_given_where_more_than_a_hundred_reads_reach(tmp_path: Path) -> None:
    positions = verdict_on(tmp_path, [("AC", "II")] + [("A", "I")] * 100).metrics["positions"]
    assert [(place["median"], place["mean"]) for place in positions] == [(40.0, 40.0), (None, 40.0)]


@pytest.mark.parametrize(
    ("longest", "groups", "some"),
    [
        (75, 75, (75, 75)),
        (76, 43, (10, 11)),
        (150, 38, (10, 14)),
        (151, 38, (150, 151)),
        (251, 58, (250, 251)),
        (1000, 60, (20, 39)),
        (5000, 60, (10, 99)),
        (4_000_000, 50, (100_000, 199_999)),
    ],
)
def test_positions_are_grouped_as_fastqc_groups_them(longest: int, groups: int, some: tuple[int, int]) -> None:
    found = base_groups(longest)
    assert (len(found), found[0], found[-1][1]) == (groups, (1, 1), longest)
    assert some in found


def test_long_reads_take_no_more_room_and_lose_no_base() -> None:
    tables = Tables()
    tables.make_room(999)
    tables.letters[tables.row(np.arange(1, 1000)), 0] = 1
    tables.make_room(4_000_000)
    assert tables.width == 10_000
    assert tables.letters[:, 0].sum() == 999
    assert tables.letters[1:10, 0].tolist() == [1] * 9
    assert tables.letters[10, 0] == 990


def test_a_read_counts_in_the_gc_percentages_that_its_length_can_tell_apart(tmp_path: Path) -> None:
    reads = [("GCGC" + "A" * 96, "I" * 100)] * 4 + [("GCAA", "IIII")]
    histogram = verdict_on(tmp_path, reads).metrics["gc_histogram"]
    assert sum(histogram) == pytest.approx(5, abs=0.01)
    assert (histogram[4], histogram[5]) == (2.0, 2.0)
    assert [at for at, reads in enumerate(histogram) if reads] == [4, 5, *range(38, 64)]


def test_the_mean_quality_of_a_read_is_rounded_down(tmp_path: Path) -> None:
    reads = [("ACGT", "IIII"), ("ACGT", "IIIH"), ("A", "!")]
    assert verdict_on(tmp_path, reads).metrics["mean_quality_histogram"] == [[0, 1], [39, 1], [40, 1]]


def test_old_illumina_qualities_are_counted_from_64(tmp_path: Path) -> None:
    verdict = verdict_on(tmp_path, [("ACGT", "hhTB")] * 101)
    assert verdict.counts["quality_encoding"] == "phred64"
    assert verdict.metrics["mean_quality_histogram"] == [[25, 101]]
    assert verdict.metrics["positions"][0]["median"] == 40.0


def test_copies_are_told_by_the_first_fifty_bases(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    fronts = ["".join(rng.choice(list("ACGT"), 50)) for _ in range(6)]
    reads = [(fronts[0] + "A" * n, "I" * (50 + n)) for n in range(4)] + [(front, "I" * 50) for front in fronts[1:]]
    verdict = verdict_on(tmp_path, reads)
    assert verdict.counts["duplicate_percent"] == 33.33
    levels = dict(verdict.metrics["duplication_levels"])
    assert (levels["1"], levels["4"], levels[">10k"]) == (55.5556, 44.4444, 0.0)
    assert verdict.metrics["overrepresented"][0] == [fronts[0], 4, 44.4444, None]


def test_what_was_tracked_of_a_big_file_stands_for_all_of_it() -> None:
    lost, levels = duplication(Tracked(np.ones(TRACKED), bytes, TRACKED), 10 * TRACKED)
    assert (lost, levels[0]) == (0.0, ["1", 100.0])
    lost, levels = duplication(Tracked(1 + np.arange(TRACKED) % 2, bytes, TRACKED), 10 * TRACKED)
    singles, pairs = TRACKED / 2 / 0.1, TRACKED / 2 / (1 - 0.9 * 0.9)
    assert lost == pytest.approx(100 * pairs / (singles + 2 * pairs), abs=0.01)


def test_a_frequent_sequence_is_named_where_it_is_known() -> None:
    adapter = b"GATCGGAAGAGCACACGTCTGAACTCCAGTCACATCACGATCTCGTATGC"
    sequences = [b"ACGTACGT", adapter, b"TTTT"]
    assert overrepresented(Tracked(np.array([10, 11, 9]), sequences.__getitem__, 9999), 9999) == [
        [adapter.decode(), 11, 0.11, "Illumina Universal Adapter"],
        ["ACGTACGT", 10, 0.1, None],
    ]


def test_adapters_are_counted_from_where_they_begin(tmp_path: Path) -> None:
    universal = "AGATCGGAAGAG"
    reads = [
        ("C" * 8 + universal, "I" * 20),
        (universal.lower() + universal[:8], "I" * 20),
        ("C" * 20, "I" * 20),
        ("A" * 20, "I" * 20),
    ]
    verdict = verdict_on(tmp_path, reads)
    adapters = verdict.metrics["adapters"]
    assert adapters["Illumina Universal Adapter"] == [25.0] * 8 + [50.0] * 12
    assert adapters["PolyA"] == [25.0] * 20
    assert adapters["PolyG"] == [0.0] * 20
    assert verdict.counts["adapter_percent"] == 50.0


def test_a_file_without_a_sound_read_has_empty_numbers(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, "a.fastq", b"@a\nAC")
    assert not verdict.valid
    assert verdict.counts["records"] == 0
    assert verdict.metrics["positions"] == []
    assert verdict.metrics["overrepresented"] == []
