"""The numbers about alignments are those that samtools gives, and the same from SAM as from BAM."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pysam
import pytest

from qc.formats import alignment_depth
from qc.formats.alignment_depth import Depth
from qc.formats.alignment_tally import Alignment, AlignmentTally, binned, byte_counts
from qc.validate import validate

if TYPE_CHECKING:
    from pathlib import Path

    from qc.results import Verdict

LENGTHS = {"chr1": 3000, "chr2": 2000, "empty": 100}
OPERATIONS = ("40M", "5S35M", "10M3D30M", "10M200N30M", "20M5I15M", "3H40M", "15=1X24=")


@pytest.fixture
def bam(tmp_path: Path) -> Path:
    """A sorted BAM file of pairs, with every kind of record that counts differently."""
    random_ = random.Random(5)
    path = tmp_path / "a.bam"
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": n, "LN": v} for n, v in LENGTHS.items()]}
    places = sorted((random_.randrange(2), random_.randrange(1750)) for _ in range(600))
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for number, (reference, position) in enumerate(places):
            read = pysam.AlignedSegment(out.header)
            read.query_name = f"r{number}"
            read.flag = random_.choice([99, 99, 147, 83, 163, 99 | 0x400, 99 | 0x200, 99 | 0x100, 99 | 0x800, 0, 73])
            read.reference_id, read.reference_start = reference, position
            read.mapping_quality = random_.choice([0, 20, 60, 60, 255])
            read.cigarstring = random_.choice(OPERATIONS)
            read.query_sequence = "".join(random_.choices("ACGTN", k=40))
            read.query_qualities = pysam.qualitystring_to_array("".join(random_.choices("#5?I", k=40)))
            read.next_reference_id, read.next_reference_start = reference, 5
            read.template_length = random_.choice([1, -1]) * random_.randrange(1, 900)
            out.write(read)
        for number in range(9):
            read = pysam.AlignedSegment(out.header)
            read.query_name, read.flag, read.query_sequence = f"u{number}", 4, "ACGT"
            out.write(read)
    return path


def covered_by_samtools(path: Path) -> Counter[int]:
    """How many bases of the references have each depth, as `samtools depth` says."""
    rows = pysam.samtools.depth("-aa", str(path), split_lines=True)
    return Counter(int(row.split("\t")[2]) for row in rows)


def histogram(verdict: Verdict, name: str) -> dict[int, int]:
    """A distribution of a verdict as a dictionary."""
    return dict(verdict.metrics[name])


def test_the_depth_is_that_of_samtools(bam: Path) -> None:
    verdict = validate(bam)
    told = covered_by_samtools(bam)
    assert histogram(verdict, "coverage_histogram") == told
    assert verdict.counts["covered_percent"] == round(100 * (5100 - told[0]) / 5100, 2)
    assert verdict.counts["mean_depth"] == round(sum(depth * bases for depth, bases in told.items()) / 5100, 4)
    rows = {row[0]: row for row in verdict.metrics["per_reference"]}
    deep = Counter(row.split("\t")[0] for row in pysam.samtools.depth(str(bam), split_lines=True) if row[-2:] != "\t0")
    assert {name: row[3] for name, row in rows.items()} == {name: deep[name] for name in LENGTHS}
    assert sum(row[2] for row in rows.values()) == 600


def test_counts_are_those_of_the_records(bam: Path) -> None:
    counts = validate(bam).counts
    with pysam.AlignmentFile(str(bam)) as file:
        reads = list(file)
    primary = [read for read in reads if not read.is_secondary and not read.is_supplementary]
    letters = Counter("".join(str(read.query_sequence) for read in primary))
    scores = [q for read in primary if read.query_qualities for q in read.query_qualities]
    known = [r.mapping_quality for r in primary if not r.is_unmapped and r.mapping_quality < 255]
    sizes = [abs(r.template_length) for r in primary if r.is_read1 and r.is_proper_pair]
    assert counts["primary"] == len(primary)
    assert counts["properly_paired"] == sum(read.is_proper_pair for read in reads)
    assert counts["duplicate_percent"] == round(100 * sum(read.is_duplicate for read in reads) / len(reads), 2)
    assert counts["gc_percent"] == round(
        100 * (letters["G"] + letters["C"]) / (sum(letters.values()) - letters["N"]), 2
    )
    assert counts["q30_percent"] == round(100 * sum(score >= 30 for score in scores) / len(scores), 2)
    assert counts["mean_mapping_quality"] == round(float(np.mean(known)), 2)
    assert counts["mean_insert_size"] == round(float(np.mean(sizes)), 2)
    assert counts["insert_size_sd"] == round(float(np.std(sizes)), 2)


def test_sam_text_gives_the_same_numbers_as_bam(bam: Path, tmp_path: Path) -> None:
    text = tmp_path / "a.sam"
    text.write_text(pysam.samtools.view("-h", "--no-PG", str(bam)))
    one, other = validate(bam), validate(text)
    assert other.counts == one.counts
    assert other.metrics == one.metrics
    assert other.findings == one.findings == []


def test_unsorted_records_have_a_mean_depth_only(bam: Path, tmp_path: Path) -> None:
    lines = pysam.samtools.view("-h", "--no-PG", str(bam)).replace("SO:coordinate", "SO:unsorted")
    (tmp_path / "b.sam").write_text(lines)
    verdict, ordered = validate(tmp_path / "b.sam"), validate(bam)
    assert verdict.counts["mean_depth"] == ordered.counts["mean_depth"] > 0
    assert verdict.counts["covered_percent"] is None
    assert "coverage_histogram" not in verdict.metrics


def test_records_that_break_the_promised_order_leave_no_depth(tmp_path: Path) -> None:
    record = b"r\t0\tchr1\t%d\t60\t4M\t*\t0\t0\tACGT\tIIII\n"
    head = b"@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chr1\tLN:1000\n"
    (tmp_path / "c.sam").write_bytes(head + record % 50 + record % 10)
    verdict = validate(tmp_path / "c.sam")
    assert [finding.code for finding in verdict.findings] == ["not_sorted"]
    assert verdict.counts["covered_percent"] is None


def test_an_endless_number_of_open_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alignment_depth, "MOST_PENDING", 100)
    depth = Depth(1)
    starts = np.zeros(200, np.int64)
    depth.take(starts, starts + 1000 + np.arange(200), 1)
    assert not depth.exact


def test_blocks_that_span_batches_are_counted_once() -> None:
    depth = Depth(2)
    one: list[Any] = [np.array([0]), np.array([100]), 10]
    depth.take(*one)
    depth.take(np.array([10, 50]), np.array([20, 60]), 50)
    depth.take(np.array([(1 << 32) + 5]), np.array([(1 << 32) + 7]), (1 << 32) + 5)
    depth.finish()
    assert dict(enumerate(depth.histogram[:4])) == {0: 0, 1: 82, 2: 20, 3: 0}
    assert depth.covered.tolist() == [100, 2]


@pytest.mark.parametrize("data", [b"", b"A", b"AC", b"CAC", bytes(range(256)) * 3 + b"\xff"])
def test_bytes_are_counted_one_by_one(data: bytes) -> None:
    assert {byte: count for byte, count in enumerate(byte_counts(data).tolist()) if count} == Counter(data)


def test_lengths_of_long_reads_are_few_values() -> None:
    assert binned(np.array([0, 1, 999, 1000, 1234, 45_678])).tolist() == [0, 1, 999, 1000, 1230, 45_600]


def test_memory_does_not_grow_with_the_length_of_reads() -> None:
    tally = AlignmentTally([1000])
    for _ in range(40):
        tally.take(Alignment(0, sequence=b"A" * 100_000, length=100_000, qualities=b"\x1e" * 100_000))
        assert sum(len(letters) for letters in tally._letters) < 2_000_000
    assert tally.counts(1, "unsorted")["q30_percent"] == 100
