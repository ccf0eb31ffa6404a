"""The rules of files: names, parts, promises, and names in headers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest

from accession.files.rules import (
    GIB,
    MIB,
    PartPlan,
    Terms,
    content_disposition,
    md5_of_etag,
    mismatch_verdict,
    name_fault,
    next_look,
    part_plan,
    promise_issues,
    same_md5,
)
from accession.issues import Issue

HOSTILE = {
    "parent directory": "../x.fastq",
    "absolute path": "/srv/x.bam",
    "directory part": "a/b.vcf",
    "Windows path": "C:\\data\\x.bam",
    "percent-encoded": "..%2fx.fastq",
    "percent-encoded twice": "..%252fx.fastq",
    "percent-encoded three times": "a%25255cb.fastq",
    "percent-encoded line break": "x%0d%0aSet-Cookie: a=b.bam",
    "percent-encoded NUL": "x%00.bam",
    "NUL byte": "x\0.bam",
    "line break": "x\n.bam",
    "escape sequence": "\x1b[31mx.bam",
    "C1 control": "x\x9b.bam",
    "line separator": "x\u2028y.bam",
    "lone surrogate": "x\ud800.bam",
    "reversed extension": "x\u202ebam.exe",
    "empty name": "",
    "blank name": "   ",
    "over 255 bytes": "x" * 256,
    "over 255 bytes in UTF-8": "é" * 128,
    "dot": ".",
    "dot dot": "..",
    "dot file": ".env",
    "trailing dot": "x.",
    "leading blank": " x.bam",
    "trailing blank": "x.bam ",
    "reserved device name": "nul.bam",
    "reserved device name in capitals": "COM1.fastq.gz",
    "bare reserved device name": "PRN",
    "reserved device name with a blank": "aux .bam",
}
GOOD = [
    "SAMPLE_001_R1.fastq.gz",
    "r1 final.fastq.gz",
    "αβ.bam",
    "R1.Fastq.GZ",
    "a;id.fastq",
    "-o.vcf",
    "<b>x</b>.fastq".replace("/", ""),
    "100%.bam",
    "50%25.bam",
    "nullify.bam",
    "x" * 255,
    "日本語.vcf.gz",
]
CORPUS = Path(__file__).parents[2] / ".." / "shared" / "corpus" / "upload_names.json"


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_name_is_refused_with_a_reason(name: str) -> None:
    fault = name_fault(name)
    assert fault
    assert fault.endswith(".")


@pytest.mark.parametrize("name", GOOD)
def test_an_odd_but_harmless_file_name_is_accepted(name: str) -> None:
    assert name_fault(name) is None


def test_the_corpus_of_upload_names_is_judged_as_it_says() -> None:
    if not CORPUS.exists():
        return
    for case in json.loads(CORPUS.read_text()):
        refused = name_fault(case["name"]) is not None
        if case["expected"] != "safe":
            assert refused == (case["expected"] == "reject"), case


def test_every_fault_of_a_promise_is_told_at_once() -> None:
    issues = promise_issues("../x", 0, "not-hex")
    assert [(issue.code, issue.field) for issue in issues] == [
        ("bad_file_name", "filename"),
        ("bad_file_size", "file_size"),
        ("bad_checksum", "checksum_md5"),
    ]


@pytest.mark.parametrize(
    ("size", "parts", "plan"),
    [
        (1, None, PartPlan(1, 1)),
        (5 * GIB, None, PartPlan(1, 5 * GIB)),
        (1, 1, PartPlan(1, 1)),
        (8 * MIB, 2, PartPlan(2, 5 * MIB)),
        (100 * MIB, 3, PartPlan(3, -(-100 * MIB // 3))),
        (5 * MIB + 1, 2, PartPlan(2, 5 * MIB)),
        (5 * 1024 * GIB, 10_000, PartPlan(10_000, -(-5 * 1024 * GIB // 10_000))),
    ],
)
def test_a_file_is_cut_into_the_parts_asked_for(size: int, parts: int | None, plan: PartPlan) -> None:
    assert part_plan(size, parts) == plan
    assert plan.size * (plan.count - 1) < size <= plan.size * plan.count


@pytest.mark.parametrize(
    ("size", "parts", "code"),
    [
        (5 * GIB + 1, None, "parts_needed"),
        (5 * MIB, 2, "parts_too_small"),
        (100, 0, "bad_parts"),
        (100, -3, "bad_parts"),
        (10**12, 10_001, "bad_parts"),
        (11 * GIB, 2, "parts_too_big"),
    ],
)
def test_parts_that_no_store_takes_are_refused(size: int, parts: int | None, code: str) -> None:
    fault = part_plan(size, parts)
    assert isinstance(fault, Issue)
    assert fault.code == code


def test_an_etag_of_one_part_is_an_md5_and_one_of_several_is_none() -> None:
    assert md5_of_etag('"D41D8CD98F00B204E9800998ECF8427E"') == "d41d8cd98f00b204e9800998ecf8427e"
    assert md5_of_etag("d41d8cd98f00b204e9800998ecf8427e-3") is None


def test_an_unknown_md5_contradicts_nothing_and_case_does_not_matter() -> None:
    assert same_md5(None, "a" * 32)
    assert same_md5("A" * 32, "a" * 32)
    assert not same_md5("b" * 32, "a" * 32)


def test_a_mismatch_names_both_checksums() -> None:
    verdict = mismatch_verdict("a" * 32, "b" * 32)
    assert verdict["valid"] is False
    finding = verdict["findings"][0]
    assert (finding["code"], finding["expected"], finding["found"]) == ("checksum_mismatch", "a" * 32, "b" * 32)


def test_a_waiting_upload_is_looked_at_ever_less_often_and_once_more_when_its_link_has_ended() -> None:
    terms = Terms(max_bytes=1, link=timedelta(hours=1))
    begun = now = datetime(2026, 1, 1, tzinfo=UTC)
    pauses = []
    while now < begun + terms.link:
        after = next_look(now, begun, terms)
        assert after > now
        pauses.append(after - now)
        now = after
    assert now == begun + terms.link + timedelta(minutes=1)
    assert pauses[:-1] == sorted(pauses[:-1])
    assert len(pauses) < 12


@pytest.mark.parametrize(
    "name", ["x.bam", "αβ.bam", 'a"b\\c.bam', "50%25 of 100%.bam", "r1 final.fastq.gz", "a;b='c'*.vcf"]
)
def test_the_original_name_survives_in_the_content_disposition(name: str) -> None:
    header = content_disposition(name)
    header.encode("latin-1")
    assert "\r" not in header
    plain, _, extended = header.removeprefix("attachment; filename=").partition("; filename*=UTF-8''")
    assert unquote(extended, errors="strict") == name
    assert plain[0] == plain[-1] == '"'
    assert not set(plain[1:-1]) & set('"\\')
    assert not set(extended) & set(" ;,\"'()*")
