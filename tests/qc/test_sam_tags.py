"""What is promised about the optional fields of alignments, in text and in BAM alike."""

from __future__ import annotations

import pytest

from qc.formats.alignment_tally import AlignmentTally
from qc.formats.base import FindingLog
from qc.formats.sam_header import check_header_text
from qc.formats.sam_line import SamLineCheck

HEADER = b"@SQ\tSN:chr1\tLN:1000\n@RG\tID:a\n@PG\tID:p\n"
LINE = b"r\t0\tchr1\t5\t60\t4M\t*\t0\t0\tACGT\tIIII\t"


def said(tags: bytes, *, header: bytes = HEADER) -> tuple[list[str], int]:
    """The codes that a record with these tags gets, and how many of them are errors."""
    log = FindingLog()
    check = SamLineCheck(check_header_text(header, log), log, AlignmentTally([1000]))
    check.take(LINE + tags, {"record": 1})
    return [finding.code for finding in log.kept], log.errors


@pytest.mark.parametrize(
    "tags",
    [
        b"AA:A:!",
        b"XI:i:+0\tXJ:i:" + b"0" * 80 + b"9\tXK:i:4294967295\tXL:i:-2147483648",
        b"XF:f:-.9E+19\tXG:f:+00009e-0\tXH:f:3.402823466E+38\tXJ:f:1E-46",
        b"XZ:Z:\tXY:Z: !~",
        b"XH:H:\tXG:H:0AFF",
        b"XB:B:c,-128,127\tXC:B:C,255\tXD:B:f,0,-.9\tXE:B:i",
        b"NM:i:0\tMD:Z:10A5^AC6\tMC:Z:*\tRG:Z:a\tPG:Z:p",
        b"MD:Z:0a0\tMC:Z:5S4M\tSA:Z:chr1,5,-,4M,60,0;chr1,9,+,2S2M,0,1;",
        b"OQ:Z:!!!!\tBQ:Z:@@@@",
        b"MM:Z:A+m?,0;C-76792;N+ac.,0,0;\tML:B:C,1,2,3,4,5\tMN:i:4",
        b"MM:Z:\tML:B:C",
    ],
)
def test_good_tags_get_no_finding(tags: bytes) -> None:
    assert said(tags) == ([], 0)


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        (b"", "tag"),
        (b"XX:Z:a\t", "tag"),
        (b"0A:Z:0", "tag"),
        (b"AAA:Z:3", "tag"),
        (b"XX:I:1", "tag_type"),
        (b"XX:A:", "tag_value"),
        (b"XX:A: ", "tag_value"),
        (b"XX:i:1.5", "tag_value"),
        (b"XX:f:10.", "tag_value"),
        (b"XX:f:nan", "tag_value"),
        (b"XX:H:abcd", "tag_value"),
        (b"XX:H:ABC", "tag_value"),
        (b"XX:B:", "tag_value"),
        (b"XX:B:F,1", "tag_value"),
        (b"XX:Z:\xff", "tag_value"),
        (b"XX:i:4294967296", "tag_range"),
        (b"XX:f:3.5e38", "tag_range"),
        (b"XX:B:C,-1", "tag_range"),
        (b"XX:B:s,32768", "tag_range"),
        (b"XX:i:1\tXX:i:1", "tag_twice"),
        (b"NM:Z:0", "tag_type"),
        (b"MD:i:4", "tag_type"),
        (b"RG:i:1", "tag_type"),
        (b"MD:Z:4A", "tag_value"),
        (b"MD:Z:4^^A4", "tag_value"),
        (b"MC:Z:4Q", "tag_value"),
        (b"RG:Z:b", "read_group"),
        (b"MM:Z:C+m,0", "tag_value"),
        (b"MM:Z:C*m,0;", "tag_value"),
        (b"MM:Z:C+mh,0;\tML:B:C,1", "tag_value"),
    ],
)
def test_bad_tags_are_refused(tags: bytes, code: str) -> None:
    assert said(tags) == ([code], 1)


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        (b"AS:f:1.5", "tag_type_unusual"),
        (b"H0:H:AA", "tag_type_unusual"),
        (b"PG:Z:q", "tag_program"),
        (b"SA:Z:chr1", "tag_doubtful"),
        (b"OQ:Z:!!!", "tag_doubtful"),
        (b"MN:i:5", "tag_doubtful"),
    ],
)
def test_what_is_only_unusual_is_told(tags: bytes, code: str) -> None:
    assert said(tags) == ([code], 0)


def test_a_read_group_without_any_in_the_header_is_told() -> None:
    assert said(b"RG:Z:b", header=b"@SQ\tSN:chr1\tLN:1000\n") == (["read_group_undeclared"], 0)


def test_a_tag_of_unusual_type_keeps_the_others_from_nothing() -> None:
    assert said(b"AS:f:1.5\tMD:Z:4A") == (["tag_type_unusual", "tag_value"], 1)
