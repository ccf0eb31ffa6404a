"""What is promised about CIGARs, in text and in the form of BAM."""

from __future__ import annotations

import random
import struct

import pytest

from qc.formats.sam_cigar import DETAILED, KINDS, LONGEST_TEXT, Cigar, read_binary_cigar, read_cigar


def packed(operations: list[tuple[int, str]]) -> bytes:
    """A CIGAR in the form of BAM."""
    return b"".join(struct.pack("<I", length << 4 | KINDS.index(kind.encode())) for length, kind in operations)


def text(operations: list[tuple[int, str]]) -> bytes:
    """The same as text."""
    return "".join(f"{length}{kind}" for length, kind in operations).encode() or b"*"


def test_a_cigar_tells_what_it_covers() -> None:
    assert read_cigar(b"5H3S10M2I4D6=1X100N7M2P2S") == Cigar(
        None, 31, 128, ((0, 10), (14, 6), (20, 1), (121, 7)), zero=False, adjacent=False
    )
    assert read_cigar(b"*") == Cigar()
    assert read_cigar(b"0M5M") == Cigar(None, 5, 5, ((0, 5),), zero=True, adjacent=True)


@pytest.mark.parametrize("good", [b"10H", b"5H5S", b"5S5S", b"1H1S1M1S1H", b"5P10I5P", b"1I", b"3M2D4M", b"007M"])
def test_clips_at_the_ends_are_good(good: bytes) -> None:
    assert read_cigar(good).problem is None


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (b"", "is not a run"),
        (b"M", "is not a run"),
        (b"10", "is not a run"),
        (b"4M2", "is not a run"),
        (b"4Q", "is not a run"),
        (b"-4M", "is not a run"),
        (b"4M*", "is not a run"),
        (b"2S1H3M", "clips inside"),
        (b"3M1S3M", "clips inside"),
        (b"3M1H1S", "clips inside"),
        (b"1H1H1M", "clips inside"),
        (b"268435456M", "longer than"),
        (b"99999999999999999999M", "longer than"),
    ],
)
def test_what_is_no_cigar_is_told(bad: bytes, problem: str) -> None:
    assert problem in str(read_cigar(bad).problem)
    if bad and problem != "clips inside":
        assert problem in str(read_cigar(b"1M1I" * DETAILED + bad).problem)


@pytest.mark.parametrize("seed", range(30))
def test_text_and_bam_mean_the_same(seed: int) -> None:
    random_ = random.Random(seed)
    operations = [(random_.randrange(4), random_.choice("MIDNP=X")) for _ in range(random_.randrange(9))]
    for kind in "SH":
        operations = [(2, kind)] * random_.randrange(2) + operations + [(3, kind)] * random_.randrange(2)
    if random_.random() < 0.3:
        random_.shuffle(operations)
    assert read_binary_cigar(packed(operations)) == read_cigar(text(operations))


def test_very_long_ones_are_read_in_pieces_with_the_same_result() -> None:
    operations = [(1, "M"), (2, "D"), (30, "X"), (4, "I")] * 10_000
    assert len(text(operations)) > DETAILED
    assert read_cigar(text(operations)) == read_binary_cigar(packed(operations))
    assert read_cigar(text(operations)).blocks[-1] == (329_970, 30)
    assert "more than" in str(read_cigar(b"1M" * (LONGEST_TEXT // 2 + 1)).problem)


def test_unknown_operations_of_bam_are_told() -> None:
    assert read_binary_cigar(struct.pack("<I", 4 << 4 | 9)).problem == "holds an unknown operation"
