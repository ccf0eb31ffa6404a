"""What is promised about two FASTQ files that are sent as a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qc.formats import fastq_blocks, pairs, rawbytes
from qc.validate import check_mates, validate
from tests.qc.builders import codes, fastq, gzipped

if TYPE_CHECKING:
    from pathlib import Path


def pair(folder: Path, forward: list[str], reverse: list[str]) -> list[str]:
    """The codes that a pair with these read names gets."""
    for name, names, bases in (("1.fastq", forward, "ACGT"), ("2.fastq", reverse, "TTTT")):
        (folder / name).write_text("".join(f"@{read}\n{bases}\n+\nIIII\n" for read in names))
    return [finding.code for finding in check_mates(folder / "1.fastq", folder / "2.fastq")]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("r1/1", "r1/2"),
        ("r1/1 some text", "r1/2 other text"),
        ("A:1:F:1:2:3:4 1:N:0:ACGT", "A:1:F:1:2:3:4 2:N:0:ACGT"),
        ("SRR1.7.1 7 length=4", "SRR1.7.2 7 length=4"),
        ("frag_1", "frag_2"),
        ("frag_R1", "frag_R2"),
        ("A:1:F:1:2:3:4 1:Y:0:", "A:1:F:1:2:3:4 2:Y:0:"),
        ("plain", "plain"),
    ],
)
def test_every_usual_naming_of_mates_pairs(tmp_path: Path, one: str, two: str) -> None:
    assert pair(tmp_path, [one], [two]) == []


@pytest.mark.parametrize(
    ("forward", "reverse", "expected"),
    [
        (["a/1", "b/1"], ["a/2", "c/2"], ["mate_name"]),
        (["a", "b"], ["b", "a"], ["mate_name", "mate_name"]),
        (["x:1"], ["x:2"], ["mate_name"]),
        (["a/1", "b/1"], ["a/2"], ["mate_count"]),
        (["a/2"], ["a/1"], ["mate_swapped"]),
        (["a 1:N:0:A"], ["a 1:N:0:A"], ["mate_same_end"]),
        (["a/1"], ["a/1"], ["mate_same_end"]),
    ],
)
def test_files_that_do_not_pair_are_told_why(
    tmp_path: Path, forward: list[str], reverse: list[str], expected: list[str]
) -> None:
    assert pair(tmp_path, forward, reverse) == expected


def test_interleaved_files_are_told(tmp_path: Path) -> None:
    both = [f"r{number}/{end}" for number in range(50) for end in (1, 2)]
    one, two = ([f"r{number}/{end}" for number in range(50)] for end in (1, 2))
    for forward, reverse, which in ((both, two, "forward"), (one, both, "reverse")):
        pair(tmp_path, forward, reverse)
        found = check_mates(tmp_path / "1.fastq", tmp_path / "2.fastq")
        told = next(finding for finding in found if finding.code == "mate_interleaved")
        assert (told.record, which in told.message) == (2, True)


def test_one_read_that_is_swapped_among_many_is_told(tmp_path: Path) -> None:
    ends = ["2" if number == 70_000 else "1" for number in range(100_000)]
    forward = [f"r{number} {end}:N:0:A" for number, end in enumerate(ends)]
    reverse = [f"r{number} {3 - int(end)}:N:0:A" for number, end in enumerate(ends)]
    assert pair(tmp_path, forward, reverse) == ["mate_swapped"]
    assert check_mates(tmp_path / "1.fastq", tmp_path / "2.fastq")[0].record == 70_001


def test_pairs_are_compared_alike_whatever_the_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forward = [f"r{number}/1" for number in range(300)]
    reverse = [f"r{number if number % 100 else 5}/2" for number in range(290)]
    expected = pair(tmp_path, forward, reverse)
    assert expected == ["mate_name"] * 3 + ["mate_count"]
    monkeypatch.setattr(rawbytes, "PIECE", 77)
    for size in (50, 1000, 5000):
        monkeypatch.setattr(pairs, "WINDOW", size)
        monkeypatch.setattr(fastq_blocks, "FIRST_BLOCK", size)
        monkeypatch.setattr(fastq_blocks, "BLOCK_SIZE", 2 * size)
        assert pair(tmp_path, forward, reverse) == expected


def test_the_first_read_that_differs_is_named(tmp_path: Path) -> None:
    names = [f"r{number}" for number in range(100_000)]
    pair(tmp_path, names, [*names[:70_000], "other", *names[70_001:]])
    finding = check_mates(tmp_path / "1.fastq", tmp_path / "2.fastq")[0]
    assert (finding.code, finding.record, finding.found, finding.expected) == ("mate_name", 70_001, "other", "r70000")


def test_the_same_file_twice_is_no_pair(tmp_path: Path) -> None:
    path = tmp_path / "1.fastq"
    path.write_bytes(fastq(10))
    assert [finding.code for finding in check_mates(path, path)] == ["mate_same_reads"]


def test_a_mate_that_cannot_be_read_to_its_end_is_told(tmp_path: Path) -> None:
    forward, reverse = tmp_path / "1.fastq", tmp_path / "2.fastq.gz"
    forward.write_bytes(fastq(1000))
    reverse.write_bytes(gzipped(fastq(1000))[:-20])
    assert [finding.code for finding in check_mates(forward, reverse)] == ["mate_unreadable"]


def test_validating_with_a_mate_adds_the_pairing_to_the_verdict(tmp_path: Path) -> None:
    forward, reverse = tmp_path / "1.fastq", tmp_path / "2.fastq"
    forward.write_bytes(b"@a/1\nACGT\n+\nIIII\n")
    reverse.write_bytes(b"@b/2\nACGA\n+\nIIII\n")
    verdict = validate(forward, mate=reverse)
    assert not verdict.valid
    assert codes(verdict) == ["mate_name"]
    assert verdict.finding_counts == {"mate_name": 1}


def test_only_fastq_files_pair(tmp_path: Path) -> None:
    path = tmp_path / "a.sam"
    path.write_bytes(b"@HD\tVN:1.6\n")
    assert codes(validate(path, mate=path)) == ["mate_format"]


@pytest.mark.parametrize(
    ("reverse", "code"),
    [
        (b"@r1\nTTTT\n+\nIII\n", "length_mismatch"),
        (b"@r1\nTT!T\n+\nIIII\n", "base_character"),
        (b"@r1\nTTTT\n+r2\nIIII\n", "plus_name_differs"),
    ],
)
def test_a_mate_that_is_not_valid_by_itself_makes_no_pair(tmp_path: Path, reverse: bytes, code: str) -> None:
    forward, mate = tmp_path / "1.fastq", tmp_path / "2.fastq"
    forward.write_bytes(b"@r1\nACGT\n+\nIIII\n")
    mate.write_bytes(reverse)
    verdict = validate(forward, mate=mate)
    assert codes(verdict) == ["mate_invalid"]
    assert code in verdict.findings[0].message
