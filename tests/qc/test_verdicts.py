"""What is promised about every verdict, whatever the format."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
import pytest

from qc.errors import Unreadable
from qc.results import Format, Verdict
from qc.validate import check_mates, validate
from tests.qc.builders import bam_header, bgzf, codes, fastq, gzipped, sam, verdict_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("good.fastq", fastq(200_000)),
        ("broken_early.fastq", b"@r\nACGT\nIIII\n" + fastq(200_000)),
        ("broken_early.fastq.gz", b"\x1f\x8b\x08" + bytes(3_000_000)),
        ("unknown.bin", bytes(3_000_000)),
        ("mismatch.bam", fastq(200_000)),
        ("empty.fastq", b""),
    ],
)
def test_size_and_digests_cover_every_byte_whatever_is_wrong(tmp_path: Path, name: str, data: bytes) -> None:
    verdict = verdict_of(tmp_path, name, data)
    assert verdict.size == len(data)
    assert verdict.md5 == hashlib.md5(data).hexdigest()
    assert verdict.sha256 == hashlib.sha256(data).hexdigest()


def test_progress_runs_from_the_first_bytes_to_all_of_them(tmp_path: Path) -> None:
    path = tmp_path / "a.fastq"
    path.write_bytes(fastq(200_000))
    told: list[tuple[int, int]] = []
    validate(path, progress=lambda done, total: told.append((done, total)))
    size = path.stat().st_size
    assert len(told) > 1
    assert told == sorted(told)
    assert told[-1] == (size, size)


def test_a_verdict_survives_json(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, "a.fastq", fastq(10) + b"@broken\nAC\n+\nI\n")
    assert msgspec.json.decode(msgspec.json.encode(verdict), type=Verdict) == verdict


@pytest.mark.parametrize(
    ("name", "data", "found", "expected"),
    [
        ("a.fastq", sam(), "SAM", "FASTQ"),
        ("a.bam", fastq(1), "FASTQ", "BAM"),
        ("a.vcf.gz", gzipped(fastq(1)), "FASTQ", "VCF"),
        ("a.fastq.gz", gzipped(b">s\nACGT\n"), "FASTA", "FASTQ"),
        ("a.fq", b"<html></html>", "HTML or XML", "FASTQ"),
        ("a.fastq", b"BZh91AY", "bzip2", "FASTQ"),
    ],
)
def test_content_of_another_format_than_the_name_promises_is_refused(
    tmp_path: Path, name: str, data: bytes, found: str, expected: str
) -> None:
    verdict = verdict_of(tmp_path, name, data)
    assert codes(verdict) == ["format_mismatch"]
    assert not verdict.valid
    assert (verdict.findings[0].found, verdict.findings[0].expected) == (found, expected)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.fastq", b"@r\nAC!T\nIIII\n@s\n", "plus_line"),
        ("a.sam", b"@HD VN:1.6\n", "header_line"),
        ("a.vcf", b"#CHROM POS\n", "column_line"),
    ],
)
def test_broken_text_is_refused_at_its_line_when_it_begins_like_its_name_promises(
    tmp_path: Path, name: str, data: bytes, code: str
) -> None:
    verdict = verdict_of(tmp_path, name, data)
    assert code in codes(verdict)
    assert verdict.findings[0].line is not None


def test_a_sister_format_under_the_name_is_told_and_its_content_checked(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, "a.cram", bgzf(bam_header()))
    assert verdict.valid
    assert verdict.format is Format.BAM
    assert codes(verdict) == ["format_mismatch"]
    assert not verdict_of(tmp_path, "b.cram", bgzf(bam_header())[:-28]).valid


@pytest.mark.parametrize(("name", "data"), [("a.fastq.gz", fastq(1)), ("a.fastq", gzipped(fastq(1)))])
def test_another_compression_than_the_name_promises_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    verdict = verdict_of(tmp_path, name, data)
    assert codes(verdict) == ["compression_mismatch"]
    assert not verdict.valid


def test_the_given_name_counts_and_not_that_of_the_path(tmp_path: Path) -> None:
    path = tmp_path / "5a1c"
    path.write_bytes(fastq(1))
    assert validate(path, filename="reads.fastq").valid
    assert codes(validate(path, filename="reads.bam")) == ["format_mismatch"]
    assert validate(path).format is Format.FASTQ


def test_an_unknown_format_is_not_refused_but_told_as_not_checked(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, "notes.txt", b"some notes\n")
    assert verdict.valid
    assert verdict.format is Format.UNKNOWN
    assert codes(verdict) == ["not_checked"]
    assert verdict.counts == {}
    assert verdict.checked == ["digests"]


def test_messages_are_one_sentence_without_control_characters(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, "a.fastq", b"@a\x1b[31m\nAC\x07T\n+b\x00\nII\n")
    assert verdict.findings
    for finding in verdict.findings:
        assert finding.message.isprintable()
        assert finding.message.endswith(".")
        assert (finding.found or "").isprintable()


def test_a_path_that_cannot_be_read_is_an_error_and_no_verdict(tmp_path: Path) -> None:
    good = tmp_path / "a.fastq"
    good.write_bytes(fastq(1))
    for path in (tmp_path, tmp_path / "absent.fastq"):
        with pytest.raises(Unreadable):
            validate(path)
        with pytest.raises(Unreadable):
            check_mates(good, path)
