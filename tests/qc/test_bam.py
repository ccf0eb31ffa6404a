"""What is promised about BAM files."""

from __future__ import annotations

import struct
import tracemalloc
from typing import TYPE_CHECKING, Any

import pysam
import pytest

from tests.qc.builders import SAM_HEADER, bam_header, bam_record, bgzf, codes, verdict_of

if TYPE_CHECKING:
    from pathlib import Path

    from qc.results import Verdict


def checked(folder: Path, *records: bytes, header: bytes | None = None) -> Verdict:
    """The verdict on a BAM file of these records."""
    return verdict_of(folder, "a.bam", bgzf((header or bam_header()) + b"".join(records)))


def test_a_good_file_is_valid_and_counted(tmp_path: Path) -> None:
    unmapped = bam_record(flag=4, ref=-1, pos=-1, cigar=(), bases=3, quality=b"\xff" * 3)
    verdict = checked(tmp_path, bam_record(flag=0x401), bam_record(flag=0x900), unmapped)
    assert verdict.valid
    assert verdict.findings == []
    assert (
        verdict.counts.items()
        >= {
            "records": 3,
            "mapped": 2,
            "unmapped": 1,
            "paired": 1,
            "duplicates": 1,
            "secondary": 1,
            "supplementary": 1,
            "references": 2,
            "sort_order": "coordinate",
            "bases": 11,
        }.items()
    )


def test_a_file_that_pysam_wrote_is_valid(tmp_path: Path) -> None:
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr1", "LN": 10_000}]}
    with pysam.AlignmentFile(str(tmp_path / "b.bam"), "wb", header=header) as out:
        for number in range(2000):
            read = pysam.AlignedSegment(out.header)
            read.query_name = f"read{number}"
            read.query_sequence = "ACGTACGTAC"[: 1 + number % 10]
            read.reference_id, read.reference_start, read.mapping_quality = 0, number, 60
            read.cigarstring = f"{1 + number % 10}M"
            read.query_qualities = pysam.qualitystring_to_array("I" * (1 + number % 10)) if number % 3 else None
            read.set_tags([("NM", 0), ("MD", "10"), ("XF", 1.5), ("XA", "c", "A"), ("XB", [1, 2, 300])])
            out.write(read)
    verdict = verdict_of(tmp_path, "a.bam", (tmp_path / "b.bam").read_bytes())
    assert verdict.valid
    assert verdict.findings == []
    assert (verdict.counts["records"], verdict.counts["bases"]) == (2000, 11_000)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"ref": 2}, "ref_id"),
        ({"ref": -2}, "ref_id"),
        ({"next_ref": 7}, "ref_id"),
        ({"pos": -2}, "pos"),
        ({"name": b"r\x01"}, "qname"),
        ({"name": b"r\0x"}, "qname"),
        ({"cigar": ((5, "M"),)}, "cigar_length"),
        ({"cigar": ((2, "M"), (1, "S"), (1, "M"))}, "cigar"),
        ({"quality": b"\x5e\0\0\0"}, "qual"),
        ({"bases": 400}, "record_size"),
        ({"bases": -1, "quality": b""}, "record_size"),
        ({"tags": b"NMq\0"}, "tag"),
        ({"tags": b"1MC\0"}, "tag"),
        ({"tags": b"NMi\0"}, "tag_size"),
        ({"tags": b"XXZnever ends"}, "tag"),
        ({"tags": b"XXZ\x07\0NMC\0"}, "tag_value"),
        ({"tags": b"XXHABC\0"}, "tag_value"),
        ({"tags": b"XBBi\xff\xff\xff\x7f\0\0\0\0"}, "tag_size"),
        ({"tags": b"XBBi\xff\xff\xff\xff\0\0\0\0"}, "tag_size"),
        ({"tags": b"XBBA\1\0\0\0\0"}, "tag"),
        ({"tags": b"NMC\0" * 100}, "tag_twice"),
    ],
)
def test_a_broken_record_is_refused_with_its_number(tmp_path: Path, fields: dict[str, Any], code: str) -> None:
    header = bam_header(SAM_HEADER.replace(b"coordinate", b"unsorted"))
    verdict = checked(tmp_path, bam_record(), bam_record(**fields), bam_record(), header=header)
    assert codes(verdict) == [code]
    assert verdict.findings[0].record == 2
    assert verdict.findings[0].offset == len(header) + len(bam_record())
    assert verdict.counts["records"] == 3


def test_records_out_of_the_promised_order_are_refused(tmp_path: Path) -> None:
    unplaced = bam_record(flag=4, ref=-1, pos=-1, cigar=())
    assert checked(tmp_path, bam_record(), bam_record(ref=1, pos=0), unplaced).valid
    verdict = checked(tmp_path, bam_record(), bam_record(ref=1), unplaced, bam_record(ref=1))
    assert [(finding.code, finding.record) for finding in verdict.findings] == [("not_sorted", 4)]


def test_order_is_checked_across_blocks(tmp_path: Path) -> None:
    records = [bam_record(pos=20) for _ in range(60_000)]
    verdict = checked(tmp_path, *records, bam_record(pos=19))
    assert [(finding.code, finding.record) for finding in verdict.findings] == [("not_sorted", 60_001)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"BAM\1" + struct.pack("<i", 2**31 - 1) + b"@HD", "header_length"),
        (b"BAM\1" + struct.pack("<i", -1), "header_length"),
        (b"BAM\1" + struct.pack("<i", 10_000_000) + b"@HD\tVN:1.6\n", "header_truncated"),
        (b"BAM\1" + struct.pack("<ii", 0, 2**31 - 1), "header_length"),
        (b"BAM\1" + struct.pack("<ii", 0, 1_000_000), "header_truncated"),
        (b"BAM\1" + struct.pack("<iii", 0, 1, 2**30), "header_length"),
        (bam_header() + struct.pack("<i", 2**31 - 1), "block_size"),
        (bam_header() + struct.pack("<i", 3) + b"abc", "block_size"),
        (bam_header() + struct.pack("<i", 30_000_000) + b"\0" * 100, "record_truncated"),
        (bam_header() + bam_record()[:-5], "record_truncated"),
        (bam_header(references=((b"chr1", 1000),)), "dictionary_differs"),
        (bam_header(references=((b"chr1", 1000), (b"chr2", 501))), "dictionary_differs"),
        (bam_header(b"@SQ\tSN:chr1\n"), "header_tag_missing"),
    ],
)
def test_a_broken_frame_is_refused_without_believing_its_lengths(tmp_path: Path, content: bytes, code: str) -> None:
    data = bgzf(content)
    tracemalloc.start()
    verdict = verdict_of(tmp_path, "a.bam", data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert code in codes(verdict)
    assert peak < 20_000_000


def test_a_position_past_the_end_of_its_reference_is_told(tmp_path: Path) -> None:
    verdict = checked(tmp_path, bam_record(pos=1000))
    assert verdict.valid
    assert codes(verdict) == ["pos_past_end"]
