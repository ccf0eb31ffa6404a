"""Makes broken copies of good files, each broken in one known way at one known place."""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import pysam

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_BGZF_EOF_SIZE = 28
_GZIP_MAGIC = b"\x1f\x8b"


class Breakage(StrEnum):
    """What can be wrong with a copy. The first group wants a FASTQ, the second any compressed file, then BAM, VCF."""

    QUALITY_SHORT = "quality_short"
    QUALITY_LONG = "quality_long"
    BASE_BAD = "base_bad"
    HEADER_MARK_MISSING = "header_mark_missing"
    PLUS_MISSING = "plus_missing"
    RECORD_CUT = "record_cut"
    MATE_MISSING = "mate_missing"
    MATE_RENAMED = "mate_renamed"
    GZIP_TRUNCATED = "gzip_truncated"
    BYTE_FLIPPED = "byte_flipped"
    TRAILING_GARBAGE = "trailing_garbage"
    EMPTY = "empty"
    EOF_MISSING = "eof_missing"
    BAM_MAGIC_BAD = "bam_magic_bad"
    VCF_HEADER_MISSING = "vcf_header_missing"
    VCF_ROW_SHORT = "vcf_row_short"
    VCF_REF_BAD = "vcf_ref_bad"
    VCF_UNSORTED = "vcf_unsorted"


@dataclass(frozen=True, slots=True)
class Broken:
    """The broken copy, and where its fault is: 1-based record and line of the unpacked text, or None."""

    kind: Breakage
    path: Path
    record: int | None = None
    line: int | None = None


def break_file(kind: Breakage | str, source: Path, target: Path, *, record: int = 17) -> Broken:
    """Copy `source` to `target` with the one fault `kind`; `record` (1-based) says where, for faults of one record.

    The copy is packed as the source was: plain, gzip or BGZF.

    Raises:
        ValueError: the kind is unknown or the source has fewer records.
    """
    kind = Breakage(kind)
    if kind in _OF_BYTES:
        target.write_bytes(_OF_BYTES[kind](source.read_bytes()))
        return Broken(kind, target)
    packed = source.read_bytes()
    zipped = packed.startswith(_GZIP_MAGIC)
    lines = (gzip.decompress(packed) if zipped else packed).split(b"\n")
    lines.pop()
    if kind in _OF_FASTQ:
        at = 4 * (record - 1)
        offset, change = _OF_FASTQ[kind]
    else:
        at = next(i for i, line in enumerate(lines) if not line.startswith(b"#")) + record - 1
        offset, change = _OF_VCF[kind]
    if at + (4 if kind in _OF_FASTQ else 1) > len(lines):
        raise ValueError(f"{source.name} has no record {record}.")
    change(lines, at)
    text = b"".join(line + b"\n" for line in lines)
    _pack(target, text, zipped=zipped, blocked=zipped and is_bgzf(packed))
    if kind is Breakage.VCF_HEADER_MISSING:
        return Broken(kind, target, None, 1)
    return Broken(kind, target, record, at + 1 + offset)


def is_bgzf(packed: bytes) -> bool:
    """Say whether the bytes start with a BGZF block: a gzip member with the `BC` extra field."""
    return packed[:4] == b"\x1f\x8b\x08\x04" and packed[12:14] == b"BC"


def _pack(target: Path, text: bytes, *, zipped: bool, blocked: bool) -> None:
    if blocked:
        with pysam.BGZFile(str(target), "wb") as stream:
            stream.write(text)
    else:
        target.write_bytes(gzip.compress(text, 5, mtime=0) if zipped else text)


def _quality_short(lines: list[bytes], at: int) -> None:
    lines[at + 3] = lines[at + 3][:-1]


def _quality_long(lines: list[bytes], at: int) -> None:
    lines[at + 3] += b"F"


def _base_bad(lines: list[bytes], at: int) -> None:
    lines[at + 1] = b"7" + lines[at + 1][1:]


def _header_mark_missing(lines: list[bytes], at: int) -> None:
    lines[at] = lines[at][1:]


def _plus_missing(lines: list[bytes], at: int) -> None:
    lines[at + 2] = b""


def _record_cut(lines: list[bytes], at: int) -> None:
    del lines[at + 2 :]


def _mate_missing(lines: list[bytes], at: int) -> None:
    del lines[at : at + 4]


def _mate_renamed(lines: list[bytes], at: int) -> None:
    name, *comment = lines[at].split(b" ", 1)
    lines[at] = b" ".join([name + b"7", *comment])


def _vcf_header_missing(lines: list[bytes], _at: int) -> None:
    lines[:] = [line for line in lines if not line.startswith(b"##fileformat")]


def _vcf_row_short(lines: list[bytes], at: int) -> None:
    lines[at] = b"\t".join(lines[at].split(b"\t")[:5])


def _vcf_ref_bad(lines: list[bytes], at: int) -> None:
    cells = lines[at].split(b"\t")
    cells[3] = b"Q"
    lines[at] = b"\t".join(cells)


def _vcf_unsorted(lines: list[bytes], at: int) -> None:
    """Swap the record before with this one, so that this one is the first that goes back."""
    lines[at - 1], lines[at] = lines[at], lines[at - 1]


def _byte_flipped(packed: bytes) -> bytes:
    """Flip every bit of one byte of compressed data, never one of a header or checksum."""
    at = len(packed) // 2
    if is_bgzf(packed):
        start = 0
        while start + (size := struct.unpack_from("<H", packed, start + 16)[0] + 1) <= at:
            start += size
        at = start + 18 + (size - 26) // 2
    return packed[:at] + bytes([packed[at] ^ 0xFF]) + packed[at + 1 :]


def _bam_magic_bad(packed: bytes) -> bytes:
    body = b"BAM\x02" + gzip.decompress(packed)[4:]
    return gzip.compress(body, 5, mtime=0)


_Change = tuple[int, "Callable[[list[bytes], int], None]"]  # line of the fault within its record, and how to make it
_OF_FASTQ: dict[Breakage, _Change] = {
    Breakage.QUALITY_SHORT: (3, _quality_short),
    Breakage.QUALITY_LONG: (3, _quality_long),
    Breakage.BASE_BAD: (1, _base_bad),
    Breakage.HEADER_MARK_MISSING: (0, _header_mark_missing),
    Breakage.PLUS_MISSING: (2, _plus_missing),
    Breakage.RECORD_CUT: (1, _record_cut),
    Breakage.MATE_MISSING: (0, _mate_missing),
    Breakage.MATE_RENAMED: (0, _mate_renamed),
}
_OF_VCF: dict[Breakage, _Change] = {
    Breakage.VCF_HEADER_MISSING: (0, _vcf_header_missing),
    Breakage.VCF_ROW_SHORT: (0, _vcf_row_short),
    Breakage.VCF_REF_BAD: (0, _vcf_ref_bad),
    Breakage.VCF_UNSORTED: (0, _vcf_unsorted),
}
_OF_BYTES: dict[Breakage, Callable[[bytes], bytes]] = {
    Breakage.GZIP_TRUNCATED: lambda packed: packed[: len(packed) * 2 // 3],
    Breakage.BYTE_FLIPPED: _byte_flipped,
    Breakage.TRAILING_GARBAGE: lambda packed: packed + b"not part of the archive\n",
    Breakage.EMPTY: lambda _packed: b"",
    Breakage.EOF_MISSING: lambda packed: packed[:-_BGZF_EOF_SIZE],
    Breakage.BAM_MAGIC_BAD: _bam_magic_bad,
}
