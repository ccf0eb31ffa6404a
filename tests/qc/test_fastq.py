"""What is promised about FASTQ files."""

from __future__ import annotations

import hashlib
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from qc.results import Severity
from qc.validate import validate
from tests.qc.builders import bgzf, codes, fastq, gzipped, verdict_of

if TYPE_CHECKING:
    from pathlib import Path


def test_good_reads_are_valid_and_counted(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, "a.fastq", b"@a\nACGTN\n+\nIIII#\n@b\nGGG\n+b\n!+5\n")
    assert verdict.valid
    assert verdict.findings == []
    assert verdict.counts == {
        "records": 2,
        "bases": 8,
        "min_length": 3,
        "max_length": 5,
        "mean_length": 4.0,
        "gc_percent": 71.43,
        "n_percent": 12.5,
        "q20_percent": 62.5,
        "q30_percent": 50.0,
        "quality_encoding": "phred33",
        "duplicate_percent": 0.0,
        "adapter_percent": 0.0,
        "names_digest": hashlib.blake2b(b"@a\n@b\n", digest_size=16).hexdigest(),
    }
    assert verdict.metrics["length_histogram"] == [[3, 1], [5, 1]]
    assert verdict.metrics["quality_histogram"] == [[0, 1], [2, 1], [10, 1], [20, 1], [40, 4]]


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"@a\nACGX\n+\nIIII\n", "base_character", 2),
        (b"@a\nAC*T\n+\nIIII\n", "base_character", 2),
        (b"@a\nACGT\n+\nIII\x7f\n", "quality_character", 4),
        (b"@a\nACGT\n+\nII I\n", "quality_character", 4),
        (b"@a\nACGT\n+\nIII\n", "length_mismatch", 4),
        (b"@a\nACGT\n+\nIIIII\n", "length_mismatch", 4),
        (b"@a\nACGT\nAC\n+\nIIII\n@@\n@b\nA\n+\nI\n", "wrapped_lines", 1),
        (b"@a\nACGT\n+\n\n", "length_mismatch", 4),
        (b"@a\n\n+\nIIII\n", "length_mismatch", 4),
        (b"@\nACGT\n+\nIIII\n", "name_empty", 1),
        (b"@a\x01b\nACGT\n+\nIIII\n", "name_character", 1),
        (b"@a\nACGT\n+b\nIIII\n", "plus_name_differs", 3),
        (b"@a b\nACGT\n+a c\nIIII\n", "plus_name_differs", 3),
        (b"@a\nACGT\n+a b\nIIII\n", "plus_name_differs", 3),
        (b"@a\nACGT\n+\nIIII\n+\nIIII\n", "name_line", 5),
        (b"@a\nACGT\n+\n\n@b\nACGT\n+\n\n", "length_mismatch", 4),
        (b"@a\nACGT\n+\nIIII\n>b\nACGT\n", "name_line", 5),
        (b"@a\nACGT\n+\nIIII\n# b\n", "name_line", 5),
        (b"@a\nAC GT\n+\nIIIII\n", "base_character", 2),
        (b"@a\nACGT \n+\nIIII \n", "base_character", 2),
        (b"@a\nA.-T\n+\nIIII\n", "base_character", 2),
        (b"@a\nT0123\n+\n!IIII\n", "base_character", 2),
        (b"@a\nAC\0T\n+\nIIII\n", "base_character", 2),
        (b"@a\0\nACGT\n+\nIIII\n", "name_character", 1),
        (b"@a\nACGT\n+\nII\0I\n", "quality_character", 4),
        (b"@a\nACGT\n+\nIIII\nb\nACGT\n+\nIIII\n", "name_line", 5),
        (b"@a\nACGT\n+\nIIII\n@b\nACGT\nIIII!\n+\n", "plus_line", 7),
        (b"@a\nACGT\n+\nIIII\n@b\nACGT\n+\n", "record_truncated", 5),
        (b"@a\nACGT\n+\nIIII\n@b\nAC", "record_truncated", 5),
        (b"@a\nACGT\n+\nIIII\n\n@b\nACGT\n+\nIIII\n", "blank_line", 5),
    ],
)
def test_a_fault_is_refused_with_its_line(tmp_path: Path, data: bytes, code: str, line: int) -> None:
    verdict = verdict_of(tmp_path, "a.fastq", data)
    assert not verdict.valid
    assert (verdict.first_error and (verdict.first_error.code, verdict.first_error.line)) == (code, line)


def test_wrapped_records_are_accepted_where_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.fastq"
    path.write_bytes(b"@a\nACGT\nAC\n+\n@III\n@@\n@b\nA\n+\nI\n" * 2)
    verdict = validate(path, multiline=True)
    assert (verdict.valid, codes(verdict), verdict.counts["records"]) == (True, ["wrapped_lines"], 4)


def test_line_ends_that_change_are_told_where_they_change(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, "a.fastq", fastq(5) + fastq(5).replace(b"\n", b"\r\n") + fastq(5))
    assert verdict.valid
    assert [(finding.code, finding.line) for finding in verdict.findings] == [("crlf", 21), ("mixed_line_ends", 21)]


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf@a\nA\n+\nI\n", b">a\nACGT\n", b"\0" * 100, b"\n@a\nA\n+\nI\n"])
def test_what_does_not_begin_like_fastq_is_refused(tmp_path: Path, data: bytes) -> None:
    assert not verdict_of(tmp_path, "a.fastq", data).valid


@pytest.mark.parametrize("size", range(1, 23))
def test_a_file_that_ends_inside_a_record_is_refused(tmp_path: Path, size: int) -> None:
    whole = b"@r1\nACG\n+\nHHH\n@r2\nT\n+\n#"
    assert verdict_of(tmp_path, "a.fastq", whole).valid
    assert verdict_of(tmp_path, "a.fastq", whole[:size]).valid == (size in (13, 14))


def test_a_fault_deep_in_a_big_file_is_found_at_its_line_and_record(tmp_path: Path) -> None:
    good = fastq(200_000)
    broken = good.replace(b"@read150001\nACGTN", b"@read150001\nACG!N")
    verdict = verdict_of(tmp_path, "a.fastq.gz", gzipped(broken))
    error = verdict.first_error
    assert error is not None
    assert (error.code, error.line, error.record) == ("base_character", 600_002, 150_001)
    assert verdict.counts["records"] == 200_000


def test_faults_are_told_in_file_order_and_all_are_counted(tmp_path: Path) -> None:
    records = [b"@r%d\nACGT\n+\n%b\n" % (n, b"III" if n % 2 else b"II\tI") for n in range(300)]
    verdict = verdict_of(tmp_path, "a.fastq", b"".join(records))
    lines = [finding.line for finding in verdict.findings]
    assert lines == sorted(lines)
    assert len(verdict.findings) == 100
    assert verdict.finding_counts == {"quality_character": 150, "length_mismatch": 150}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"@a\r\nACGT\r\n+\r\nIIII\r\n", "crlf"),
        (b"@a some text \nACGT\n+a\nIIII\n", "plus_name_short"),
        (b"@a\nACGT\n+\nhhhh\n", "quality_offset"),
        (b"@a\n\n+\n\n@b\nA\n+\nI\n", "empty_read"),
        (b"@a\nAC.T\n+\nIIII\n", "base_dot"),
        (b"@a\nACGT\n+\nIIII\n\n\n", "blank_lines_at_end"),
        (b"@caf\xc3\xa9\nACGT\n+\nIIII\n", "name_not_ascii"),
    ],
)
def test_what_is_unusual_but_clear_is_accepted_with_one_warning(tmp_path: Path, data: bytes, code: str) -> None:
    verdict = verdict_of(tmp_path, "a.fastq", data)
    assert verdict.valid
    assert [(finding.severity, finding.code) for finding in verdict.findings] == [(Severity.WARNING, code)]


@pytest.mark.parametrize("data", [b"@a\nACGT\n+\nIIII", b"@a\nacgtuRYKM\n+\nIIII!!!~~\n", b"@a b\tc\nA\n+a b\tc\n@\n"])
def test_ordinary_variants_are_accepted_without_a_word(tmp_path: Path, data: bytes) -> None:
    verdict = verdict_of(tmp_path, "a.fastq", data)
    assert verdict.valid
    assert verdict.findings == []


@pytest.mark.parametrize(
    ("quality", "encoding"),
    [(b"!5I", "phred33"), (b"@Th", "phred64"), (b";Th", "solexa64"), (b"FFF", "phred33"), (b"~~~", "phred33")],
)
def test_the_quality_encoding_is_told(tmp_path: Path, quality: bytes, encoding: str) -> None:
    verdict = verdict_of(tmp_path, "a.fastq", b"@a\nACG\n+\n" + quality + b"\n")
    assert verdict.counts["quality_encoding"] == encoding


def test_all_packings_give_the_same_counts(tmp_path: Path) -> None:
    data = fastq(5000)
    half = data.index(b"@read2500\n")
    packed = [gzipped(data), bgzf(data), gzipped(data[:half]) + gzipped(data[half:])]
    plain = verdict_of(tmp_path, "a.fastq", data)
    for content in packed:
        verdict = verdict_of(tmp_path, "a.fastq.gz", content)
        assert verdict.valid
        assert verdict.counts == plain.counts
        assert verdict.metrics == plain.metrics


def test_a_bgzf_fastq_without_the_end_block_is_warned_of(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, "a.fastq.gz", bgzf(fastq(10))[:-28])
    assert verdict.valid
    assert codes(verdict) == ["bgzf_eof_missing"]


def test_an_endless_line_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    bomb = gzipped(b"@a\n" + b"A" * 200_000_000)
    tracemalloc.start()
    verdict = verdict_of(tmp_path, "a.fastq.gz", bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert codes(verdict) == ["record_too_long"]
    assert peak < 160_000_000


def test_a_bomb_of_blank_lines_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, "a.fastq.gz", gzipped(b"@a\nA\n+\nI\n" + b"\n" * 200_000_000))
    assert not verdict.valid


def test_long_reads_keep_a_small_length_histogram(tmp_path: Path) -> None:
    reads = b"".join(b"@r%d\n%b\n+\n%b\n" % (n, b"A" * n, b"I" * n) for n in range(10_000, 10_200))
    verdict = verdict_of(tmp_path, "a.fastq", reads)
    assert verdict.valid
    assert verdict.metrics["length_histogram"] == [[10_000, 100], [10_100, 100]]


def test_a_file_of_broken_records_ends_with_a_bounded_count(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, "a.fastq", b"@r\nACGT\n+\nIII\n" * 30_000)
    assert verdict.finding_counts == {"length_mismatch": 10_000, "too_many_errors": 1}
