"""The names under which tools see a file."""

import gzip
from pathlib import Path

import pytest

from qc.engines.base import LONGEST_NAME, named, read_name, report_name


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("reads_R1.fastq.gz", "reads_R1.fastq.gz"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("a\nb\tc.bam", "a_b_c.bam"),
        ("x.vcf##idx##y.vcf", "x.vcf_idx_y.vcf"),
        ("..", "file"),
        ("", "file"),
        ("prøve é.fastq", "prøve é.fastq"),
    ],
)
def test_a_report_name_is_one_harmless_path_component(given: str, expected: str) -> None:
    assert report_name(given) == expected


def test_a_long_name_is_cut_and_keeps_its_ending() -> None:
    name = report_name("é" * 300 + ".fastq.gz")
    assert len(name.encode()) <= LONGEST_NAME
    assert name.endswith("é.fastq.gz")


@pytest.mark.parametrize(
    ("given", "gzipped", "expected"),
    [
        ("a.fastq", True, "a.fastq.gz"),
        ("a.fastq.gz", False, "a.fastq"),
        ("a.fastq.bz2", False, "a.fastq"),
        ("a.fastq.gz", True, "a.fastq.gz"),
        ("stdin_a.fastq", False, "_stdin_a.fastq"),
    ],
)
def test_a_read_name_says_how_the_bytes_are_compressed(
    tmp_path: Path, given: str, expected: str, *, gzipped: bool
) -> None:
    path = tmp_path / "bytes"
    path.write_bytes(gzip.compress(b"@a\nA\n+\nI\n") if gzipped else b"@a\nA\n+\nI\n")
    assert read_name(path, given) == expected


def test_a_name_is_lent_and_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "object"
    path.write_text("data")
    with named(path, tmp_path / "work", "reads.fastq") as link:
        assert link.name == "reads.fastq"
        assert link.read_text() == "data"
    assert path.read_text() == "data"
    assert list((tmp_path / "work").iterdir()) == []
