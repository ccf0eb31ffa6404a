"""What is promised about the structure of CRAM files, where every checksum is right and yet something is wrong."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple

import pysam
import pytest

from qc.formats.cram_blocks import Cursor, read_blocks, read_container
from qc.formats.cram_header import END, header_for_decoder, itf8
from qc.formats.cram_slices import read_slices
from tests.qc.builders import codes, verdict_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEADER = b"@HD\tVN:1.6\tSO:unsorted\n@SQ\tSN:chr1\tLN:1000\tM5:" + b"0" * 32 + b"\tUR:/etc/passwd\n"
DEFINITION = b"CRAM\3\0" + bytes(20)
NEGATIVE = b"\xff\xff\xff\xff\x0f"
REQUIRED = b"\x04\x01RR\x01"
NO_SERIES = b"\x01\0"


class Block(NamedTuple):
    """A block; `told` is the size that it says it unpacks to."""

    method: int
    kind: int
    id: int
    data: bytes
    told: int | None = None

    def packed(self) -> bytes:
        told = len(self.data) if self.told is None else self.told
        body = bytes([self.method, self.kind]) + itf8(self.id) + itf8(len(self.data)) + itf8(told) + self.data
        return body + zlib.crc32(body).to_bytes(4, "little")


def container(blocks: list[Block], *, records: int = 0, landmarks: list[int] | None = None, count: int = -1) -> bytes:
    """A container on reference 0; by default with the landmarks that are right."""
    packed = [block.packed() for block in blocks]
    if landmarks is None:
        landmarks = [sum(map(len, packed[:at])) for at, block in enumerate(blocks) if block.kind == 2]
    body = b"".join(packed)
    head = len(body).to_bytes(4, "little") + itf8(0) * 3 + itf8(records) + itf8(0) * 2
    head += itf8(len(blocks) if count < 0 else count) + itf8(len(landmarks)) + b"".join(map(itf8, landmarks))
    return head + zlib.crc32(head).to_bytes(4, "little") + body


def compression(preserved: bytes = b"\x04\x01RR\0", series: bytes = NO_SERIES) -> Block:
    """A compression header; by default one that needs no reference and has no series."""
    return Block(0, 1, 0, preserved + series + NO_SERIES)


def slice_header(
    *, reference: bytes = b"\0", records: int = 0, blocks: int = 1, embedded: bytes = NEGATIVE, ids: bytes = b"\0"
) -> Block:
    """A slice header, by default of no records and one block."""
    return Block(0, 2, 0, reference + itf8(0) * 2 + itf8(records) + itf8(0) + itf8(blocks) + ids + embedded + bytes(16))


CORE = Block(0, 5, 0, b"")
EXTERNAL = Block(0, 4, 7, b"abc")
GOOD = [compression(), slice_header(), CORE]


def file(*containers: bytes) -> bytes:
    """A CRAM 3.0 file."""
    return DEFINITION + header_for_decoder(HEADER, 3) + b"".join(containers) + END[3]


@pytest.mark.parametrize(
    ("blocks", "needed"),
    [
        ([compression()], []),
        (GOOD, []),
        ([compression(REQUIRED), slice_header(), CORE, slice_header(), CORE], [0, 0]),
        ([compression(REQUIRED), slice_header(reference=NEGATIVE), CORE], []),
        ([compression(REQUIRED), slice_header(reference=b"\xff\xff\xff\xff\x0e"), CORE], [-2]),
        ([compression(b"\x04\x01??\0"), slice_header(), CORE], [0]),
        ([compression(REQUIRED), slice_header(blocks=2, embedded=b"\x07", ids=b"\x01\x07"), CORE, EXTERNAL], []),
    ],
)
def test_a_sound_structure_tells_what_its_slices_need(blocks: list[Block], needed: list[int]) -> None:
    data = container(blocks)
    head = read_container(data, 3)
    found, end = read_blocks(data[head.header_size :], head, (3, 0))
    assert [slice_.reference for slice_ in read_slices(found, head, 3, 1).needed()] == needed
    assert end == head.length


def test_a_file_without_records_is_valid(tmp_path: Path) -> None:
    for data in (file(), file(container([compression()]))):
        verdict = verdict_of(tmp_path, "a.cram", data)
        assert verdict.findings == []
        assert verdict.counts["records"] == 0


@pytest.mark.parametrize(
    ("damaged", "code"),
    [
        (container(GOOD, landmarks=[3]), "cram_landmarks"),
        (container(GOOD, landmarks=[]), "cram_landmarks"),
        (container(GOOD, records=5), "cram_count"),
        (container(GOOD, count=4), "cram_length"),
        (container(GOOD, count=2), "cram_container"),
        (container([slice_header(), CORE]), "cram_container"),
        (container([compression(), CORE]), "cram_slice"),
        (container([compression(), slice_header(reference=b"\x01"), CORE]), "cram_slice"),
        (container([compression(), slice_header(reference=b"\xff\xff\xff\xff\x0d"), CORE]), "cram_slice"),
        (container([compression(), slice_header(blocks=2), CORE]), "cram_slice"),
        (container([compression(), slice_header(blocks=0), CORE]), "cram_slice"),
        (container([compression(), slice_header(), EXTERNAL]), "cram_slice"),
        (container([compression(), slice_header(blocks=2), CORE, CORE]), "cram_slice"),
        (container([compression(), slice_header(blocks=3), CORE, EXTERNAL, EXTERNAL]), "cram_slice"),
        (container([compression(), slice_header(embedded=b"\x07"), CORE]), "cram_slice"),
        (container([compression(), slice_header(records=1 << 30), CORE], records=1 << 30), "cram_slice"),
        (container([compression(b"\x04\x7fRR\0"), slice_header(), CORE]), "cram_compression_header"),
        (container([compression(series=b"\x05\x01BF\x63\0"), slice_header(), CORE]), "cram_compression_header"),
        (container([compression(series=b"\x05\x01BF\x01\x09"), slice_header(), CORE]), "cram_length"),
        (container([compression(b"\x7f\x01RR\0"), slice_header(), CORE]), "cram_length"),
        (container([compression(), slice_header(ids=b"\xef\xff\xff\xff"), CORE]), "cram_length"),
        (container([compression(), slice_header(), Block(5, 5, 0, b"")]), "cram_codec"),
        (container([compression(), slice_header(), Block(99, 5, 0, b"")]), "cram_codec"),
        (container([compression(), slice_header(), Block(0, 3, 0, b"")]), "cram_block"),
        (container([compression(), slice_header(), Block(0, 5, 0, b"abc", 7)]), "cram_block"),
        (container([compression(), slice_header(), Block(1, 5, 0, b"abc", 1 << 30)]), "cram_block"),
        (container([compression(), slice_header(), Block(1, 5, 0, b"abc", 500_000_000)]), "cram_size"),
        (container([compression(), Block(4, 2, 0, b"", 0), CORE]), "cram_slice"),
        (container(GOOD)[:4] + b"\xff" + container(GOOD)[5:], "cram_container_crc"),
        (b"\xff\xff\xff\x7f" + bytes(60), "cram_container_crc"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_structure_that_contradicts_itself_is_refused(tmp_path: Path, damaged: bytes, code: str) -> None:
    sound = container([compression()])
    verdict = verdict_of(tmp_path, "a.cram", file(sound, damaged))
    assert codes(verdict) == [code]
    assert verdict.findings[0].offset == len(file(sound)) - len(END[3])


def test_records_that_nothing_holds_are_refused(tmp_path: Path) -> None:
    many = container([compression(), slice_header(records=2_000_000), CORE], records=2_000_000)
    verdict = verdict_of(tmp_path, "a.cram", file(many))
    assert codes(verdict) == ["cram_size"]


def test_records_that_cannot_be_decoded_are_refused(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, "a.cram", file(container([compression(), slice_header(records=3), CORE], records=3)))
    assert codes(verdict) == ["cram_decode"]
    assert verdict.findings[0].record == 1


def test_a_file_without_a_header_is_refused(tmp_path: Path) -> None:
    assert codes(verdict_of(tmp_path, "a.cram", DEFINITION + END[3])) == ["cram_header"]
    assert codes(verdict_of(tmp_path, "a.cram", DEFINITION + container(GOOD) + END[3])) == ["cram_header"]
    assert "cram_header" in codes(verdict_of(tmp_path, "a.cram", DEFINITION))


@pytest.mark.parametrize("version", [b"\1\0", b"\4\0", b"\3\2", b"\2\2"])
def test_other_versions_are_refused_by_name(tmp_path: Path, version: bytes) -> None:
    verdict = verdict_of(tmp_path, "a.cram", b"CRAM" + version + bytes(60))
    assert codes(verdict) == ["cram_version"]
    assert f"{version[0]}.{version[1]}" in verdict.findings[0].message


@pytest.mark.parametrize("major", [2, 3])
def test_the_header_for_the_decoder_names_no_place_outside(major: int) -> None:
    data = header_for_decoder(HEADER, major)
    head = read_container(data, major)
    (block,), _ = read_blocks(data[head.header_size :], head, (major, 0))
    assert b"UR:" not in bytes(block.data)
    assert b"M5:" + b"0" * 32 in bytes(block.data)
    assert b"@HD\tVN:1.6\tSO:unsorted\n@SQ\tSN:chr1\tLN:1000\t" in bytes(block.data)


def test_numbers_are_written_as_they_are_read() -> None:
    for value in (0, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455, 268_435_456, 2**31 - 1):
        cursor = Cursor(itf8(value))
        assert (cursor.itf8(), cursor.at) == (value, len(cursor.data))


def written(folder: Path, *options: str, change: Callable[[pysam.AlignedSegment], None] | None = None) -> bytes:
    """Unmapped and mapped reads on two references as CRAM that needs no reference."""
    header = pysam.AlignmentHeader.from_dict(
        {"HD": {"VN": "1.6", "SO": "unsorted"}, "SQ": [{"SN": name, "LN": 1000} for name in ("chr1", "chr2")]}
    )
    formats = [b"no_ref=1", *(option.encode() for option in options)]
    path = folder / "made.cram"
    with pysam.AlignmentFile(str(path), "wc", header=header, format_options=formats) as out:
        for number in range(60):
            read = pysam.AlignedSegment(header)
            read.query_name, read.flag = f"r{number}", 4 if number % 3 == 2 else 0
            if not read.flag:
                read.reference_id, read.reference_start, read.cigarstring = number % 3, number, "10M"
                read.mapping_quality = 30
            read.query_sequence, read.query_qualities = "ACGTTGCAAC", pysam.qualitystring_to_array("I" * 10)
            if change:
                change(read)
            out.write(read)
    return path.read_bytes()


@pytest.mark.parametrize("version", ["3.0", "3.1"])
@pytest.mark.parametrize(
    "options",
    [
        ("multi_seq_per_slice=1",),
        ("seqs_per_slice=10", "slices_per_container=3"),
        ("seqs_per_slice=1", "slices_per_container=30"),
        ("use_bzip2=1", "use_lzma=1"),
        ("use_tok=1", "use_fqz=1", "use_arith=1", "level=9"),
        ("level=0",),
        ("lossy_names=1",),
        ("archive",),
    ],
)
def test_whatever_htslib_writes_is_decoded(tmp_path: Path, version: str, options: tuple[str, ...]) -> None:
    verdict = verdict_of(tmp_path, "a.cram", written(tmp_path, f"version={version}", *options))
    assert verdict.findings == []
    assert (verdict.counts["records"], verdict.counts["mapped"]) == (60, 40)


def test_decoded_records_are_checked_as_those_of_bam_are(tmp_path: Path) -> None:
    def change(read: pysam.AlignedSegment) -> None:
        if read.query_name == "r4":
            read.query_name = "@r4"

    verdict = verdict_of(tmp_path, "a.cram", written(tmp_path, "version=3.0", change=change))
    assert codes(verdict) == ["qname"]
    assert (verdict.findings[0].record, verdict.findings[0].offset) == (5, None)
