"""Changes of gzip members and BGZF blocks, and of the records of unpacked BAM and BCF."""

from __future__ import annotations

import gzip
import struct
import zlib
from typing import TYPE_CHECKING

from tests.qc.builders import bgzf

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

BLOCK = 1_500  # uncompressed bytes of a BGZF block here, so that small files have several
BGZF_HEADER, BGZF_TRAILER = 18, 8
BORDERS = (0, 1, 2, 255, 256, 65535, 65536, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def pack_gzip(data: bytes) -> bytes:
    """One gzip member."""
    return gzip.compress(data, 6, mtime=0)


def pack_bgzf(data: bytes) -> bytes:
    """Small BGZF blocks and the end-of-file block."""
    return bgzf(data, size=BLOCK)


def members(data: bytes) -> list[bytes]:
    """The gzip members (BGZF blocks are such) in order; what follows the last whole one comes as one piece."""
    found, left = [], data
    while left.startswith(b"\x1f\x8b"):
        unpacker = zlib.decompressobj(31)
        try:
            unpacker.decompress(left)
        except zlib.error:
            break
        if not unpacker.eof:
            break
        found.append(left[: len(left) - len(unpacker.unused_data)])
        left = unpacker.unused_data
    return [*found, left] if left else found


def move_members(rng: Random, data: bytes) -> bytes:
    """Swaps, repeats, drops or cuts off whole members."""
    return moved(rng, members(data))


def change_block_length(rng: Random, data: bytes) -> bytes:
    """Changes the size in a BGZF header, or the size or CRC in a member's trailer."""
    parts = members(data)
    at = rng.randrange(len(parts))
    part = bytearray(parts[at])
    where = rng.choice((10, 16, len(part) - 4, len(part) - 8))
    if not 0 <= where <= len(part) - 2:
        return data
    old = struct.unpack_from("<H", part, where)[0]
    struct.pack_into("<H", part, where, rng.choice((old + 1, old - 1, *BORDERS)) & 0xFFFF)
    return b"".join([*parts[:at], bytes(part), *parts[at + 1 :]])


def change_header_byte(rng: Random, data: bytes) -> bytes:
    """Changes one byte of a member's header or trailer."""
    parts = members(data)
    at = rng.randrange(len(parts))
    part = bytearray(parts[at])
    where = rng.choice((*range(min(BGZF_HEADER, len(part))), *range(max(0, len(part) - BGZF_TRAILER), len(part))))
    part[where] = rng.randrange(256)
    return b"".join([*parts[:at], bytes(part), *parts[at + 1 :]])


OF_MEMBERS = (move_members, move_members, change_block_length, change_header_byte)


def change_bam_field(rng: Random, data: bytes) -> bytes:
    """Changes a length, an index or a flag in one record of unpacked BAM (SAMv1, section 4.2), or one in the header."""
    at = rng.choice(_bam_records(data))
    where, form = rng.choice(
        ((0, "<I"), (4, "<I"), (8, "<I"), (12, "<B"), (14, "<H"), (16, "<H"), (18, "<H"), (20, "<I"), (24, "<I"))
    )
    if rng.random() < 0.1:
        at, where, form = 0, 4, "<I"
    return _bordered(rng, data, at + where, form)


def change_bcf_field(rng: Random, data: bytes) -> bytes:
    """Changes a length, an index or a count in one record of unpacked BCF (VCFv4.3, section 6.3)."""
    at = rng.choice(_bcf_records(data))
    where, form = rng.choice(
        ((0, "<I"), (4, "<I"), (8, "<I"), (12, "<I"), (16, "<I"), (24, "<H"), (26, "<H"), (28, "<I"), (32, "<B"))
    )
    if rng.random() < 0.1:
        at, where, form = 0, 5, "<I"
    return _bordered(rng, data, at + where, form)


def move_records(records: Callable[[bytes], list[int]]) -> Callable[[Random, bytes], bytes]:
    """Makes the change that swaps, repeats, drops or cuts off whole records, whose places `records` tells."""

    def change(rng: Random, data: bytes) -> bytes:
        starts = records(data)
        pieces = [data[a:b] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]
        return data[: starts[0]] + moved(rng, pieces)

    return change


def _bam_records(data: bytes) -> list[int]:
    at = 8 + struct.unpack_from("<i", data, 4)[0]
    references = struct.unpack_from("<i", data, at)[0]
    at += 4
    for _ in range(references):
        at += 8 + struct.unpack_from("<i", data, at)[0]
    return _walked(data, at, lambda where: 4 + struct.unpack_from("<i", data, where)[0])


def _bcf_records(data: bytes) -> list[int]:
    at = 9 + struct.unpack_from("<I", data, 5)[0]
    return _walked(data, at, lambda where: 8 + sum(struct.unpack_from("<II", data, where)))


OF_BAM = (change_bam_field, change_bam_field, change_bam_field, move_records(_bam_records))
OF_BCF = (change_bcf_field, change_bcf_field, change_bcf_field, move_records(_bcf_records))


def moved(rng: Random, pieces: list[bytes]) -> bytes:
    """The pieces with some swapped, repeated, dropped or cut off."""
    pieces = list(pieces)
    first, second = rng.randrange(len(pieces)), rng.randrange(len(pieces))
    kind = rng.randrange(4)
    if kind == 0:
        pieces[first], pieces[second] = pieces[second], pieces[first]
    elif kind == 1:
        pieces.insert(second, pieces[first])
    elif kind == 2:
        del pieces[first]
    else:
        del pieces[first:]
    return b"".join(pieces)


def _bordered(rng: Random, data: bytes, at: int, form: str) -> bytes:
    """The data with the number at a place changed by a little, or to a value at a border."""
    size = struct.calcsize(form)
    if at + size > len(data):
        return data
    old = struct.unpack_from(form, data, at)[0]
    new = rng.choice((old + 1, old - 1, old ^ 1 << rng.randrange(8 * size), *BORDERS)) & ((1 << 8 * size) - 1)
    return data[:at] + struct.pack(form, new) + data[at + size :]


def _walked(data: bytes, at: int, size: Callable[[int], int]) -> list[int]:
    starts = []
    while at < len(data):
        starts.append(at)
        at += size(at)
    return starts
