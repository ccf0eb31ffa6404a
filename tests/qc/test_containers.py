"""What is promised about gzip and BGZF, whatever is inside."""

from __future__ import annotations

import gzip
import struct
import zlib
from typing import TYPE_CHECKING

import pytest

from qc.formats import packing
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


def with_header_crc(data: bytes, *, wrong: int = 0) -> bytes:
    """A gzip member whose header has a CRC-16, off by `wrong`."""
    header = data[:3] + b"\2" + data[4:10]
    return header + struct.pack("<H", (zlib.crc32(header) & 0xFFFF) ^ wrong) + data[10:]


def test_the_checksum_of_a_gzip_header_counts(tmp_path: Path) -> None:
    data = gzipped(fastq(3))
    assert verdict_of(tmp_path, "a.fastq.gz", with_header_crc(data)).valid
    assert codes(verdict_of(tmp_path, "a.fastq.gz", with_header_crc(data) + with_header_crc(data, wrong=4))) == [
        "gzip_header"
    ]


def test_flags_that_no_gzip_has_are_refused(tmp_path: Path) -> None:
    data = gzipped(fastq(3))
    for flag in (0x20, 0x40, 0x80):
        assert "gzip_header" in codes(verdict_of(tmp_path, "a.fastq.gz", data + changed(data, 3, bytes([flag]))))


def test_names_comments_and_extra_fields_of_gzip_are_skipped(tmp_path: Path) -> None:
    data = gzipped(fastq(3))
    header = data[:3] + bytes([4 | 8 | 16]) + data[4:10] + b"\6\0XYZ123" + b"n" * 300 + b"\0" + b"c" * 70_000 + b"\0"
    verdict = verdict_of(tmp_path, "a.fastq.gz", data + header + data[10:])
    assert (verdict.valid, verdict.counts["records"]) == (True, 6)


def test_what_no_checksum_covers_makes_no_difference(tmp_path: Path) -> None:
    data = gzipped(fastq(30))
    plain = verdict_of(tmp_path, "a.fastq.gz", data)
    for at in (4, 5, 6, 7, 8, 9):
        verdict = verdict_of(tmp_path, "a.fastq.gz", changed(data, at, b"\x5a"))
        assert (verdict.valid, verdict.counts, verdict.md5 != plain.md5) == (True, plain.counts, True)


def test_many_empty_members_are_no_trouble(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, "a.fastq.gz", gzipped(fastq(1)) + gzipped(b"") * 20_000 + gzipped(fastq(1)))
    assert (verdict.valid, verdict.counts["records"]) == (True, 2)


def test_data_that_is_packed_nearly_as_much_as_can_be_is_a_bomb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "BOMB_SIZE", 1 << 22)
    for ending in (b"", b"A\n+\nI\n"):
        verdict = verdict_of(tmp_path, "a.fastq.gz", gzip.compress(b"@a\nA\n+\nI\n@a" + b" " * (1 << 23) + ending))
        assert codes(verdict) == ["gzip_bomb"]


def test_reads_that_are_all_alike_are_no_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "BOMB_SIZE", 1 << 20)
    reads = b"".join(b"@run.%d\n%b\n+\n%b\n" % (number, b"N" * 300, b"#" * 300) for number in range(5000))
    assert verdict_of(tmp_path, "a.fastq.gz", gzipped(reads)).valid


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


@pytest.mark.parametrize("flags", [5, 6, 12, 20])
def test_a_block_with_other_flags_than_those_of_bgzf_is_damaged(tmp_path: Path, flags: int) -> None:
    block = bgzf_block(VCF_RECORD)
    data = bgzf_block(vcf()) + changed(block, 3, bytes([flags])) + bgzf(b"")
    assert codes(verdict_of(tmp_path, "a.vcf.gz", data)) == ["bgzf_trailing_garbage"]


def test_a_first_block_of_impossible_size_is_damaged_bgzf_and_no_plain_gzip(tmp_path: Path) -> None:
    data = changed(bgzf(vcf(VCF_RECORD)), 16, b"\x05\0")
    assert codes(verdict_of(tmp_path, "a.vcf.gz", data)) == ["bgzf_header"]
