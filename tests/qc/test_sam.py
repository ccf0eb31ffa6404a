"""What is promised about SAM text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.qc.builders import codes, gzipped, sam, verdict_of

if TYPE_CHECKING:
    from pathlib import Path

GOOD = b"r1\t99\tchr1\t10\t60\t4M\t=\t20\t14\tACGT\tIIII\tNM:i:0\tXX:Z:some text\tXB:B:c,-1,2"


def test_a_good_file_is_valid_and_counted(tmp_path: Path) -> None:
    records = [GOOD, GOOD.replace(b"\t99\t", b"\t1171\t"), b"u\t4\t*\t0\t0\t*\t*\t0\t0\tAC\t*"]
    verdict = verdict_of(tmp_path, "a.sam", sam(*records))
    assert verdict.valid
    assert verdict.findings == []
    assert (
        verdict.counts.items()
        >= {
            "records": 3,
            "mapped": 2,
            "unmapped": 1,
            "paired": 2,
            "duplicates": 1,
            "secondary": 0,
            "supplementary": 0,
            "references": 2,
            "sort_order": "coordinate",
            "bases": 10,
        }.items()
    )


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"r1", b"r@1", "qname"),
        (b"r1", b"r" * 255, "qname"),
        (b"\t99\t", b"\t0x63\t", "flag"),
        (b"\t99\t", b"\t70000\t", "flag"),
        (b"chr1", b"chr9", "rname"),
        (b"\t10\t60", b"\t-1\t60", "pos"),
        (b"\t60\t", b"\t256\t", "mapq"),
        (b"4M", b"4Q", "cigar"),
        (b"4M", b"2M1S1M", "cigar"),
        (b"4M", b"5M", "cigar_length"),
        (b"\t=\t", b"\tnone\t", "rnext"),
        (b"\t20\t14", b"\t2147483648\t14", "pnext"),
        (b"\t14\t", b"\tx\t", "tlen"),
        (b"ACGT", b"AC-T", "seq"),
        (b"IIII", b"III", "qual_length"),
        (b"IIII", b"II I", "qual"),
        (b"ACGT\tIIII", b"*\tIIII", "qual_length"),
        (b"NM:i:0", b"NM:i:zero", "tag_value"),
        (b"NM:i:0", b"NM:q:0", "tag_type"),
        (b"NM:i:0", b"N:i:0", "tag"),
        (b"NM:i:0", b"NM:i:99999999999", "tag_range"),
        (b"XB:B:c,-1,2", b"XB:B:c,-1,200", "tag_range"),
        (b"XX:Z", b"NM:Z", "tag_twice"),
        (b"\tIIII\tNM:i:0\tXX:Z:some text\tXB:B:c,-1,2", b"", "field_count"),
    ],
)
def test_a_broken_field_is_refused_with_its_line(tmp_path: Path, old: bytes, new: bytes, code: str) -> None:
    verdict = verdict_of(tmp_path, "a.sam", sam(GOOD, GOOD.replace(old, new, 1)))
    assert codes(verdict) == [code]
    assert (verdict.findings[0].line, verdict.findings[0].record) == (5, 2)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (b"@HD\tSO:coordinate\n", "header_tag_missing"),
        (b"@HD\tVN:one\n", "header_value"),
        (b"@HD\tVN:1.6\tSO:sorted\n", "header_value"),
        (b"@SQ\tSN:a\tLN:1\n@HD\tVN:1.6\n", "header_order"),
        (b"@HD\tVN:1.6\n@SQ\tSN:a\n", "header_tag_missing"),
        (b"@HD\tVN:1.6\n@SQ\tSN:a\tLN:0\n", "header_value"),
        (b"@HD\tVN:1.6\n@SQ\tSN:a\tLN:2147483648\n", "header_value"),
        (b"@HD\tVN:1.6\n@SQ\tSN:a b\tLN:1\n", "header_value"),
        (b"@HD\tVN:1.6\n@SQ\tSN:a\tLN:1\n@SQ\tSN:a\tLN:1\n", "header_duplicate"),
        (b"@HD\tVN:1.6\n@RG\tSM:x\n", "header_tag_missing"),
        (b"@HD\tVN:1.6\n@RG\tID:x\n@RG\tID:x\n", "header_duplicate"),
        (b"@HD\tVN:1.6\n@PG\tID:x\tPP:y\n", "header_program_chain"),
        (b"@HD\tVN:1.6\n@RG\tID:x\tID:y\n", "header_tag_twice"),
        (b"@HD\tVN:1.6\n@RG ID:x\n", "header_line"),
        (b"@HD\tVN:1.6\n@RG\tID\n", "header_field"),
    ],
)
def test_a_broken_header_is_refused(tmp_path: Path, header: bytes, code: str) -> None:
    assert code in codes(verdict_of(tmp_path, "a.sam", header))
    assert not verdict_of(tmp_path, "a.sam", header).valid


def test_records_out_of_the_promised_order_are_refused(tmp_path: Path) -> None:
    later = GOOD.replace(b"\t10\t60", b"\t11\t60")
    assert codes(verdict_of(tmp_path, "a.sam", sam(later, GOOD))) == ["not_sorted"]
    other = sam(later, GOOD).replace(b"SO:coordinate", b"SO:unsorted")
    assert verdict_of(tmp_path, "a.sam", other).valid


def test_a_file_without_references_or_newline_is_accepted_with_warnings(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, "a.sam", GOOD)
    assert verdict.valid
    assert codes(verdict) == ["no_references", "no_newline_at_end"]


def test_a_long_array_with_a_bad_end_costs_no_more_than_a_good_one(tmp_path: Path) -> None:
    array = b"\tXF:B:f," + b",".join([b"1234567890.5"] * 500) + b",x"
    assert codes(verdict_of(tmp_path, "a.sam", sam(GOOD + array))) == ["tag_value"]


def test_compressed_sam_is_read(tmp_path: Path) -> None:
    assert verdict_of(tmp_path, "a.sam.gz", gzipped(sam(GOOD))).valid
