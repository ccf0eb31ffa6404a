"""What is promised about the two ways to go through reads: plain and compiled, they find and count the same."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc.formats import fastq, fastq_blocks, rawbytes, reads_plain
from qc.formats.read_names import fragments
from qc.formats.reads_duplicates import TRACKED
from qc.formats.reads_framing import NAME_ROOM, take_name
from qc.formats.reads_plain import PlainReader
from qc.validate import validate
from tests.qc.builders import verdict_of

if TYPE_CHECKING:
    from pathlib import Path

    from qc.results import Verdict

LETTERS = {"usual": "ACGT", "called": "ACGTN", "any": "ACGTUNRYSWKMBDHVacgtunryswkmbdhv"}
LENGTHS = ["records", "bases", "min_length", "max_length", "mean_length"]
FAULTS = [
    b"@x\nACG.\n+\nIIII\n",
    b"@x\nACGX\n+\nIIII\n",
    b"@x\nACGT\n+\nIII\n",
    b"@x\nACGT\n+\nII\x7fI\n",
    b"@x\r\nACGT\r\n+\r\nIIII\r\n",
    b"@x\nACGT\r\n+\nIIII\n",
    b"@x\n\n+\n\n",
    b"@x\nACGT\n+y\nIIII\n",
    b"@x\nACGT\n+x\nIIII\n",
    b"@ x\ty/2\nACGT\n+\nIIII\n",
    b"@\nACGT\n+\nIIII\n",
    b"@\x01\nACGT\n+\nIIII\n",
    b"@caf\xc3\xa9\nACGT\n+\nIIII\n",
    b"@x\nAC\nGT\n+\nII\nII\n",
    b"\n@x\nACGT\n+\nIIII\n",
    b"x\nACGT\n+\nIIII\n",
    b"@x\nACGT\nACGT!\n",
    b"@x\nACGT\n+\n@III\n",
    b"@" + b"n" * 70_000 + b"\nACGT\n+\nIIII\n",
    b"@x\n" + b"ACGTAGATCGGAAGAG" * 200 + b"\n+\n" + b"I5+!" * 800 + b"\n",
]


def reads(rng: random.Random, count: int, letters: str, longest: int) -> list[bytes]:
    """Random reads, some with an adapter, some copies of the one before."""
    out: list[bytes] = []
    for number in range(count):
        length = rng.randint(1, longest) if rng.random() < 0.5 else longest
        bases = "".join(rng.choices(letters, k=length))
        if length > 30 and rng.random() < 0.2:
            at = rng.randint(0, length - 12)
            bases = bases[:at] + rng.choice(["AGATCGGAAGAG", "A" * 12, "ctgtctcttata"]) + bases[at + 12 :]
        scores = "".join(chr(33 + min(93, int(rng.expovariate(0.03)))) for _ in range(length))
        name = f"r{number}{rng.choice(['', '/1', '/2', '.2', '_R2', 'R2', ' 1:N:0:A'])}"
        out.append(f"@{name}\n{bases}\n+{rng.choice(['', name])}\n{scores}\n".encode())
        if rng.random() < 0.2:
            out.append(out[-1])
    return out


def both(
    folder: Path, patch: pytest.MonkeyPatch, data: bytes, *, blocks: tuple[int, int] = (0, 4096), measure: bool = True
) -> list[Verdict]:
    """The verdicts of compiled code, and of plain code on the whole file and on blocks of it."""
    path = folder / "a.fastq"
    path.write_bytes(data)
    found: list[Verdict] = []
    for fast, first, later in ((True, *blocks), (False, 1 << 23, 1 << 22), (False, *blocks)):
        with patch.context() as here:
            here.setattr(fastq_blocks, "FIRST_BLOCK", first)
            here.setattr(fastq_blocks, "BLOCK_SIZE", later)
            here.setattr(rawbytes, "PIECE", 777)
            here.setattr(reads_plain, "WINDOW", 3000)
            if not fast:
                here.setattr(fastq, "fast_reader", PlainReader)
            found.append(validate(path, measure=measure))
    return found


def told(verdict: Verdict) -> tuple[Any, ...]:
    return verdict.valid, verdict.findings, verdict.finding_counts, verdict.counts, verdict.metrics


def judged(verdict: Verdict) -> tuple[Any, ...]:
    """What must not depend on whether reads are measured."""
    lengths = [verdict.counts.get(name) for name in LENGTHS]
    digests = verdict.md5, verdict.sha256, verdict.counts.get("names_digest")
    return verdict.valid, verdict.findings, verdict.finding_counts, verdict.checked, lengths, digests


@pytest.mark.parametrize("letters", LETTERS)
@pytest.mark.parametrize("longest", [40, 150, 998, 2500, 30_000])
def test_usual_reads_are_counted_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, letters: str, longest: int
) -> None:
    rng = random.Random(f"{letters}{longest}")
    data = b"".join(reads(rng, max(4, 12_000 // longest), LETTERS[letters], longest))
    fast, whole, plain = both(tmp_path, monkeypatch, data)
    assert fast.valid
    assert told(fast) == told(whole) == told(plain)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_unusual_is_found_alike_wherever_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: bytes
) -> None:
    rng = random.Random(fault)
    some = reads(rng, 40, "ACGTN", 60)
    for at in (0, 17, len(some)):
        data = b"".join([*some[:at], fault, *some[at:]])
        fast, whole, plain = both(tmp_path, monkeypatch, data, blocks=(0, rng.choice([64, 500, 5000])))
        assert told(fast) == told(whole) == told(plain)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), places=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=3))
def test_changed_bytes_are_found_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, places: list[tuple[int, int]]
) -> None:
    data = bytearray(b"".join(reads(random.Random(seed), 20, "ACGTN", 50)))
    for at, value in places:
        data[at % len(data)] = value
    fast, whole, plain = both(tmp_path, monkeypatch, b"@a\nA\n+\nI\n" + bytes(data))
    assert told(fast) == told(whole) == told(plain)


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_a_file_that_is_cut_anywhere_is_judged_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: bytes
) -> None:
    data = b"".join(reads(random.Random(3), 4, "ACGTN", 12)).replace(b"\n", ends)
    for size in range(1, len(data)):
        fast, whole, plain = both(tmp_path, monkeypatch, data[:size], blocks=(0, 40))
        assert told(fast) == told(whole) == told(plain)


def test_more_sequences_than_are_tracked_are_counted_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fronts = ["".join("ACGT"[number >> shift & 3] for shift in range(0, 18, 2)) for number in range(TRACKED + 50)]
    data = "".join(f"@r\n{front}\n+\nIIIIIIIII\n" for front in [*fronts, *fronts[:2000], *fronts]).encode()
    monkeypatch.setattr(fastq_blocks, "FIRST_BLOCK", 0)
    fast = verdict_of(tmp_path, "a.fastq", data)
    monkeypatch.setattr(fastq, "fast_reader", PlainReader)
    plain = verdict_of(tmp_path, "a.fastq", data)
    assert told(fast) == told(plain)
    assert 45 < fast.counts["duplicate_percent"] < 55


@pytest.mark.parametrize("fault", [b"", *FAULTS])
def test_reads_that_are_not_measured_are_judged_alike_and_nothing_else_is_said_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: bytes
) -> None:
    rng = random.Random(fault)
    some = reads(rng, 40, "ACGTN", 60)
    data = b"".join([*some[:17], fault, *some[17:]])
    measured = judged(both(tmp_path, monkeypatch, data)[0])
    for verdict in both(tmp_path, monkeypatch, data, measure=False):
        assert judged(verdict) == measured
        assert verdict.counts.keys() <= {*LENGTHS, "names_digest"}
        assert (verdict.metrics, verdict.grades) == ({}, [])


@pytest.mark.parametrize("scores", ["hhhB", "hh;h", "hh:h", "hhhj", "@@@@"])
@pytest.mark.parametrize("alone", [b"", b"\n"])
def test_old_encodings_are_told_of_reads_that_are_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scores: str, alone: bytes
) -> None:
    data = b"@a\nACGT\n+\nhhhh\n" + alone + f"@b\nACGT\n+\n{scores}\n@c\nA\n+\nh\n".encode()
    measured = judged(both(tmp_path, monkeypatch, data)[0])
    assert [judged(verdict) for verdict in both(tmp_path, monkeypatch, data, measure=False)] == [measured] * 3
    offset = "quality_offset" in measured[2]
    assert offset is (scores in {"hhhB", "hh;h", "@@@@"})


def test_long_reads_are_judged_alike_though_they_are_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = b"".join(reads(random.Random(5), 6, "ACGT", 30_000))
    measured = judged(both(tmp_path, monkeypatch, data)[0])
    assert [judged(verdict) for verdict in both(tmp_path, monkeypatch, data, measure=False)] == [measured] * 3


@pytest.mark.parametrize("at", range(1, 27))
def test_a_name_is_taken_up_to_what_no_name_may_hold_wherever_that_is(at: int) -> None:
    name = b"@abcdefghijklmnopqrstuvw:2"
    room = np.zeros(NAME_ROOM, np.uint8)
    for value in range(256):
        line = b"%s%c%s" % (name[:at], value, name[at:])
        end, size = take_name(np.frombuffer(line + b"\n", np.uint8), 0, room, 0)
        if value == 9 or 32 <= value <= 126:
            assert (end, room[:size].tobytes()) == (len(line), fragments([line]))
        else:
            assert end == at
