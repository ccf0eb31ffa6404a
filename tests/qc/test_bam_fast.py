"""The compiled walk through BAM records says and counts what a look at every record says and counts."""

from __future__ import annotations

import random
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pysam
import pytest

from qc.formats.bam import BamWalk, BrokenFrame
from qc.formats.bam_header import read_bam_header
from qc.formats.base import FindingLog
from qc.formats.feed import Feed
from tests.qc.builders import bam_header, bam_record

if TYPE_CHECKING:
    from pathlib import Path

HEADER = (
    b"@HD\tVN:1.6\tSO:%s\n@SQ\tSN:chr1\tLN:1000\n@SQ\tSN:chr2\tLN:500\tTP:circular\n@RG\tID:a\n@RG\tID:bb\n@PG\tID:p\n"
)
TAGS = (
    (b"NM", "C", 3),
    (b"NM", "i", -3),
    (b"XA", "A", "x"),
    (b"XF", "f", 1.5),
    (b"MD", "Z", "10A5^AC6"),
    (b"MD", "Z", "A"),
    (b"MD", "Z", ""),
    (b"MC", "Z", "5S4M"),
    (b"MC", "Z", "4M5S1M"),
    (b"MC", "Z", "*"),
    (b"RG", "Z", "a"),
    (b"RG", "Z", "bb"),
    (b"RG", "Z", "other"),
    (b"PG", "Z", "p"),
    (b"PG", "Z", "q"),
    (b"OQ", "Z", "IIII"),
    (b"OQ", "Z", "III"),
    (b"SA", "Z", "chr1,1,+,4M,60,0;"),
    (b"SA", "Z", "chr1"),
    (b"XH", "H", "0AFF"),
    (b"XB", "B", (1, -2)),
    (b"AS", "f", 2.0),
    (b"NM", "Z", "3"),
    (b"MM", "Z", "A+a,0;"),
    (b"X1", "Z", "tab\there"),
    (b"1X", "C", 1),
)


def tag(name: bytes, kind: str, value: Any) -> bytes:
    """One optional field in binary form."""
    head = name + kind.encode()
    if kind == "B":
        return head + b"s" + struct.pack(f"<I{len(value)}h", len(value), *value)
    if kind in "ZH":
        return head + value.encode() + b"\0"
    return head + (value.encode() if kind == "A" else struct.pack({"C": "<B", "i": "<i", "f": "<f"}[kind], value))


def fields(random_: random.Random) -> dict[str, Any]:
    """The fields of a record that is often sound and sometimes not."""
    odd = random_.random() < 0.4
    bases = random_.choice([0, 1, 4, 4, 5]) if odd else 4
    operations = [((bases, "M"),), ((2, "S"), (2, "M")), ((1, "H"), (4, "="), (1, "S"), (2, "H")), ((2, "M"), (2, "M"))]
    operations += [
        ((1, "M"), (9, "N"), (3, "X")),
        ((0, "M"), (4, "I")),
        ((2, "M"), (1, "H"), (2, "M")),
        (),
        ((4, "S"), (9, "N")),
    ]
    chosen = random_.sample(TAGS, random_.randrange(4)) if odd else [TAGS[0], TAGS[4], TAGS[10]]
    return {
        "name": random_.choice([b"r1", b"r2", b"r10", b"a@b", b"x" * 254]) if odd else b"r%d" % random_.randrange(99),
        "flag": random_.choice([0, 4, 99, 147, 256, 2048, 0x400, 0x1001]) if odd else 83,
        "ref": random_.choice([-2, -1, 0, 1, 2]) if odd else random_.randrange(2),
        "pos": random_.choice([-2, -1, 0, 499, 999, 5000]) if odd else random_.randrange(400),
        "cigar": random_.choice(operations) if odd else ((4, "M"),),
        "bases": bases,
        "quality": random_.choice(
            [b"\x0a\x28\x5d\x1e\x02", b"\xff" * 5, b"\xff\x5e" * 3, b"\x28\x5e" * 3, b"\x28" * 5]
        )[:bases],
        "next_ref": random_.choice([-2, -1, 0, 1, 2]) if odd else 0,
        "tags": b"".join(tag(*one) for one in chosen),
    }


def both_ways(data: bytes, *, pieces: int = 10**9) -> list[Any]:
    """What the two walks say and count of the same data, given in pieces of this size."""
    results: list[Any] = []
    for fast in (False, True):
        log = FindingLog()
        feed = Feed([data[at : at + pieces] for at in range(0, len(data), pieces)])
        header = read_bam_header(feed, log)
        walk = BamWalk(header, feed.offset, log, fast=fast)
        with suppress(BrokenFrame):
            walk.feed(feed.rest())
        counts = walk.tally.counts(len(header.names), header.text.sort_order)
        results.append((log.kept, log.counts, counts, walk.tally.metrics(header.names), walk.left, walk.offset))
    return results


@pytest.mark.parametrize("order", [b"unsorted", b"coordinate", b"queryname"])
@pytest.mark.parametrize("seed", range(8))
def test_random_records_get_the_same_findings_and_counts(order: bytes, seed: int) -> None:
    random_ = random.Random(seed)
    records = [bam_record(**fields(random_)) for _ in range(400)]
    plain, fast = both_ways(bam_header(HEADER % order) + b"".join(records))
    assert fast == plain
    assert plain[1].total() > 100


@pytest.mark.parametrize("seed", range(40))
def test_damaged_bytes_get_the_same_findings_and_counts(seed: int) -> None:
    random_ = random.Random(seed)
    header = bam_header(HEADER % b"coordinate")
    record = bam_record(flag=99, tags=b"".join(tag(*TAGS[i]) for i in (0, 4, 7, 10, 13, 15, 20)))
    data = bytearray(header + record * 30)
    for _ in range(5):
        data[random_.randrange(len(header), len(data))] = random_.randrange(256)
    plain, fast = both_ways(bytes(data))
    assert fast == plain


def test_the_size_of_pieces_changes_nothing() -> None:
    random_ = random.Random(1)
    data = bam_header(HEADER % b"coordinate") + b"".join(bam_record(**fields(random_)) for _ in range(300))
    whole = both_ways(data)
    assert all(both_ways(data, pieces=size) == whole for size in (7, 1000, 4099))


def test_the_blocks_of_a_walk_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    random_ = random.Random(2)
    data = bam_header(HEADER % b"coordinate") + b"".join(bam_record(**fields(random_)) for _ in range(300))
    whole = both_ways(data)
    monkeypatch.setattr("qc.formats.bam.BLOCK", 500)
    monkeypatch.setattr("qc.formats.alignment_tally.MOST_HELD", 700)
    assert both_ways(data, pieces=300) == whole


def test_a_record_that_pysam_wrote_with_a_very_long_cigar_is_measured_by_it(tmp_path: Path) -> None:
    path = tmp_path / "long.bam"
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "chr1", "LN": 300_000}]}
    with pysam.AlignmentFile(str(path), "wbu", header=header) as out:
        read = pysam.AlignedSegment(out.header)
        read.query_name, read.reference_id, read.reference_start, read.mapping_quality = "long", 0, 5, 60
        read.cigartuples = [(0, 1), (2, 1)] * 70_000
        read.query_sequence = "A" * 70_000
        out.write(read)
    with pysam.BGZFile(str(path)) as unpacked:
        data = unpacked.read()
    plain, fast = both_ways(data)
    assert fast == plain
    assert plain[0] == []
    assert plain[2]["mapped"] == 1
