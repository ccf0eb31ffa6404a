"""What is promised about header lines, beside the rules that `test_sam` shows."""

from __future__ import annotations

import pytest

from qc.formats import sam_header
from qc.formats.base import FindingLog
from qc.formats.sam_header import check_header_text


def said(text: bytes) -> tuple[list[str], int]:
    """The codes that a header text gets, and how many of them are errors."""
    log = FindingLog()
    check_header_text(text, log)
    return [finding.code for finding in log.kept], log.errors


@pytest.mark.parametrize(
    "line",
    [
        b"@HD\tVN:1.6\tSS:coordinate:queryname",
        b"@HD\tSO:unknown\tVN:1.0",
        b"@HD\tVN:1.6\tGO:reference",
        b"@SQ\tLN:2147483647\tSP:C. elegans\tSN:A",
        b"@SQ\tSN:a\tLN:1\tAH:*",
        b"@SQ\tSN:a\tLN:1\tAH:b:100-200",
        b"@SQ\tSN:a\tLN:1\tAN:b,c|d*",
        b"@SQ\tSN:a\tLN:1\tDS:\xe2\x98\x95",
        b"@SQ\tSN:a\tLN:1\tTP:circular\tM5:7fc56270e7a70fa81a5935b72eacbe29",
        b"@RG\tID:1\tDT:2020-06-23 ",
        b"@RG\tID:1\tDT:2020-06-23T12:13:47+01:00",
        b"@RG\tID:1\tDT:20200623T121347Z",
        b"@RG\tID:1\tDT:2010-11-12T00:00:00-0500",
        b"@RG\tID:1\tDT:2020-W05-3",
        b"@RG\tID:1\tFO:*\tKS:ACGT\tPG:any",
        b"@RG\tID:1\tPI:300",
        b"@PG\tID:1\tVN:3.14\tCL:caf\xc3\xa9",
        b"@CO\t",
        b"@CO\tTAG:VALUE\tnot needed \xe2\x86\x92",
    ],
)
def test_a_good_line_gets_no_finding(line: bytes) -> None:
    assert said(line) == ([], 0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"@HD\tVN:1", "header_value"),
        (b"@CO\tcaf\xe9", "header_encoding"),
        (b"@CO\tcut\0here", "header_character"),
        (b"@XY\tAB:c", "header_kind"),
        (b"@xy\tAB:c", "header_kind"),
        (b"@PG\tID:1\tCL:caf\xe9", "header_encoding"),
        (b"@HD\tVN:1.6\tSS:unknown:MI", "header_value"),
        (b"@HD\tVN:1.6\tSS:unsorted:bar code", "header_value"),
        (b"@HD\tVN:1.6\n@HD\tVN:1.6", "header_order"),
        (b"@SQ\tSN:*\tLN:1", "header_value"),
        (b"@SQ\tSN:a,b\tLN:1", "header_value"),
        (b"@SQ\tSN:a\tLN:99999999999999", "header_value"),
        (b"@SQ\tSN:a\tLN:1\tAH:=", "header_value"),
        (b"@SQ\tSN:a\tLN:1\tAN:b,,c", "header_value"),
        (b"@SQ\tSN:a\tLN:1\tAN:=", "header_value"),
        (b"@SQ\tSN:a\tLN:1\tAN:c\n@SQ\tSN:b\tLN:1\tAN:c", "header_duplicate"),
        (b"@SQ\tSN:a\tLN:1\tAN:b\n@SQ\tSN:b\tLN:1", "header_duplicate"),
        (b"@SQ\tSN:a\tLN:1\tM5:7FC56270E7A70FA81A5935B72EACBE29", "header_value"),
        (b"@SQ\tSN:a\tLN:1\tTP:round", "header_value"),
        (b"@RG\tID:1\tDT:2020-23-06", "header_value"),
        (b"@RG\tID:1\tDT:2021-02-29", "header_value"),
        (b"@RG\tID:1\tDT:Tuesday", "header_value"),
        (b"@RG\tID:1\tPI:1000-1500", "header_value"),
        (b"@RG\tID:1\tFO:flow", "header_value"),
        (b"@PG\tID:1\tCL:a\x07b", "header_character"),
        (b"\n@CO\tx", "header_line"),
        (b"no header", "header_line"),
    ],
)
def test_a_bad_line_is_refused(text: bytes, code: str) -> None:
    assert said(text) == ([code], 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"@RG\tID:1\tPL:illumina", "header_platform"),
        (b"@RG\tID:1\tPI:123.456", "header_insert_size"),
        (b"@RG\tID:1\tDT:Wed Apr 29 00:00:00 EDT 2009", "header_date"),
        (b"@RG\tID:1\tSM:caf\xc3\xa9", "header_not_ascii"),
        (b"@PG\tID:a\tPP:b\n@PG\tID:b\tPP:a", "header_program_loop"),
        (b"@PG\tID:a\tPP:a", "header_program_loop"),
    ],
)
def test_what_is_only_unusual_is_told(text: bytes, code: str) -> None:
    assert said(text) == ([code], 0)


def test_a_chain_of_many_programs_is_followed_in_linear_time() -> None:
    count = 20_000
    lines = [b"@PG\tID:0", *(b"@PG\tID:%d\tPP:%d" % (i, i - 1) for i in range(1, count))]
    assert said(b"\n".join(reversed(lines))) == ([], 0)


def test_a_header_of_endless_names_is_refused_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sam_header, "MAX_NAMES", 10)
    log = FindingLog()
    header = check_header_text(b"\n".join(b"@SQ\tSN:%d\tLN:1" % i for i in range(1000)), log)
    assert [finding.code for finding in log.kept] == ["header_size"]
    assert len(header.references) == 10
