"""What is promised about BCF files."""

from __future__ import annotations

import gzip
import struct
from typing import TYPE_CHECKING

import pysam
import pytest

from tests.qc.builders import VCF_HEADER, VCF_RECORD, bgzf, codes, vcf, verdict_of

if TYPE_CHECKING:
    from pathlib import Path

RECORDS = [VCF_RECORD.replace(b"\t100\t", b"\t%d\t" % pos) for pos in range(100, 400)]


def content(folder: Path, *records: bytes, header: bytes = VCF_HEADER) -> bytes:
    """The uncompressed bytes of the BCF that htslib makes of these VCF records."""
    source, target = folder / "source.vcf", folder / "made.bcf"
    source.write_bytes(vcf(*records, header=header))
    with pysam.VariantFile(str(source)) as reader, pysam.VariantFile(str(target), "wb", header=reader.header) as out:
        for made in reader:
            out.write(made)
    return gzip.decompress(target.read_bytes())


def test_a_good_file_is_valid_and_counted_like_its_text(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, "a.bcf", bgzf(content(tmp_path, *RECORDS)))
    text = verdict_of(tmp_path, "a.vcf", vcf(*RECORDS))
    assert verdict.valid
    assert verdict.findings == []
    assert verdict.counts == text.counts


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"\tA\tG\t", b"\tR\tG\t", "ref"),
        (b"0/1:5,5", b"0/7:5,5", "genotype_allele"),
        (b"\t399\t", b"\t50\t", "not_sorted"),
        (b"DP=10", b"DP=10,11", "info_number"),
    ],
)
def test_the_rules_of_vcf_hold_for_its_records(tmp_path: Path, old: bytes, new: bytes, code: str) -> None:
    data = content(tmp_path, *RECORDS[:-1], RECORDS[-1].replace(old, new))
    verdict = verdict_of(tmp_path, "a.bcf", bgzf(data))
    assert codes(verdict) == [code]
    assert verdict.findings[0].record == len(RECORDS)


def test_a_file_that_is_cut_anywhere_is_refused(tmp_path: Path) -> None:
    data = bgzf(content(tmp_path, VCF_RECORD), size=400)
    assert verdict_of(tmp_path, "a.bcf", data).valid
    assert [size for size in range(0, len(data), 3) if verdict_of(tmp_path, "a.bcf", data[:size]).valid] == []


def test_lengths_that_lie_never_reach_the_decoder(tmp_path: Path) -> None:
    good = content(tmp_path, VCF_RECORD)
    text = 9 + struct.unpack_from("<I", good, 5)[0]
    for at, value, code in (
        (5, 2**31, "header_length"),
        (5, text + 4000, "record_truncated"),
        (text, 2**31, "record_size"),
        (text, 10, "record_size"),
        (text + 4, 2**30, "record_size"),
        (text + 8, 2**32 - 1, "record_place"),
        (text + 28, 0x03000005, "sample_count"),
    ):
        data = good[:at] + struct.pack("<I", value) + good[at + 4 :]
        assert code in codes(verdict_of(tmp_path, "a.bcf", bgzf(data)))


def test_a_bcf_outside_bgzf_is_refused(tmp_path: Path) -> None:
    good = content(tmp_path, VCF_RECORD)
    assert codes(verdict_of(tmp_path, "a.bcf", good)) == ["not_bgzf"]
