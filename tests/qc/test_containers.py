"""What is promised about gzip and BGZF, whatever is inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qc.formats.bgzf import BGZF_EOF
from tests.qc.builders import (
    VCF_RECORD,
    bam_header,
    bam_record,
    bgzf,
    bgzf_block,
    codes,
    fastq,
    gzipped,
    vcf,
    verdict_of,
)

if TYPE_CHECKING:
    from pathlib import Path

BAM = bgzf(bam_header() + bam_record() * 50, size=700)


def changed(data: bytes, at: int, to: bytes) -> bytes:
    at = at % len(data)
    return data[:at] + to + data[at + len(to) :]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (gzipped(fastq(500))[:-9], "gzip_truncated"),
        (gzipped(fastq(500))[:-4], "gzip_truncated"),
        (gzipped(fastq(500))[:60], "gzip_truncated"),
        (gzipped(fastq(500))[:5], "gzip_header"),
        (changed(gzipped(fastq(500)), -8, b"\0\0\0\0"), "gzip_crc"),
        (changed(gzipped(fastq(500)), -4, b"\1\0\0\0"), "gzip_length"),
        (gzipped(fastq(500)) + b"garbage", "gzip_trailing_garbage"),
        (gzipped(fastq(500)) + gzipped(fastq(5))[:20], "gzip_truncated"),
        (gzipped(b""), "empty_file"),
        (b"", "empty_file"),
        (BGZF_EOF, "empty_file"),
    ],
)
def test_a_damaged_gzip_is_refused_for_what_it_is(tmp_path: Path, data: bytes, code: str) -> None:
    verdict = verdict_of(tmp_path, "a.fastq.gz", data)
    assert not verdict.valid
    assert code in codes(verdict)
    assert "record_truncated" not in codes(verdict)


def test_zero_padding_after_gzip_is_told_and_accepted(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, "a.fastq.gz", gzipped(fastq(3)) + b"\0" * 512)
    assert verdict.valid
    assert codes(verdict) == ["gzip_trailing_zeros"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (BAM[: len(BAM) // 2], "bgzf_truncated"),
        (BAM[:-28], "bgzf_eof_missing"),
        (BAM[:-10], "bgzf_truncated"),
        (BAM + b"garbage that is more than a header", "bgzf_trailing_garbage"),
        (BAM + b"\0" * 100, "bgzf_trailing_garbage"),
        (changed(BAM, -28 - 8, b"\0\0\0\0"), "bgzf_crc"),
        (changed(BAM, -28 - 4, b"\1\0\0\0"), "bgzf_corrupt"),
        (changed(BAM, -28 - 4, b"\1\0\2\0"), "bgzf_block_size"),
        (changed(BAM, 60, b"\xff\xff\xff"), "bgzf_corrupt"),
    ],
)
def test_a_damaged_bgzf_is_refused_for_what_it_is(tmp_path: Path, data: bytes, code: str) -> None:
    verdict = verdict_of(tmp_path, "a.bam", data)
    assert not verdict.valid
    assert code in codes(verdict)


def test_an_empty_block_in_the_middle_is_good(tmp_path: Path) -> None:
    data = bgzf_block(bam_header()) + BGZF_EOF + bgzf_block(bam_record()) + BGZF_EOF
    assert verdict_of(tmp_path, "a.bam", data).valid


def test_a_vcf_in_bgzf_that_is_cut_between_blocks_is_refused(tmp_path: Path) -> None:
    data = bgzf(vcf(VCF_RECORD))
    assert verdict_of(tmp_path, "a.vcf.gz", data).valid
    assert codes(verdict_of(tmp_path, "a.vcf.gz", data[:-28])) == ["bgzf_eof_missing"]


def test_a_vcf_in_plain_gzip_is_accepted_with_a_warning(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, "a.vcf.gz", gzipped(vcf(VCF_RECORD)))
    assert verdict.valid
    assert codes(verdict) == ["not_bgzf"]


def test_a_bam_in_plain_gzip_or_none_is_refused(tmp_path: Path) -> None:
    content = bam_header() + bam_record()
    for data in (gzipped(content), content):
        assert codes(verdict_of(tmp_path, "a.bam", data)) == ["not_bgzf"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.bam", BAM),
        ("a.vcf.gz", bgzf(vcf(VCF_RECORD * 1), size=300)),
        ("a.fastq.gz", gzipped(fastq(30))),
    ],
)
def test_a_file_that_is_cut_anywhere_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    accepted = [size for size in range(len(data)) if verdict_of(tmp_path, name, data[:size]).valid]
    assert verdict_of(tmp_path, name, data).valid
    assert accepted == []
