"""Unpacks gzip (RFC 1952), one or many members, in bounded memory, checking CRC-32 and length of each member."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, cast

from isal import isal_zlib

if TYPE_CHECKING:
    from collections.abc import Generator

    from qc.formats.base import FindingLog
    from qc.formats.rawbytes import RawBytes

INFLATE_ERROR = cast("type[Exception]", isal_zlib.error)
GZIP_MAGIC = b"\x1f\x8b"
INPUT_SIZE = 1 << 17
OUTPUT_SIZE = 1 << 20
USUAL_HEADER = 64
MAX_HEADER = 1 << 17
FHCRC, FEXTRA, FNAME, FCOMMENT = 2, 4, 8, 16


def gzip_pieces(raw: RawBytes, findings: FindingLog) -> Generator[bytes, None, bool]:
    """Yields the uncompressed data in pieces of at most 1 MiB; returns whether the container was sound.

    Concatenated members are good (RFC 1952 section 2.2). Zero bytes after the last member are padding and told;
    anything else there is an error.
    """
    while head := raw.peek(len(GZIP_MAGIC)):
        start = raw.offset
        if head != GZIP_MAGIC and start > 0:
            return _after_last_member(raw, findings)
        size = member_header_size(raw.peek(USUAL_HEADER)) or member_header_size(raw.peek(MAX_HEADER))
        if size is None or not _header_agrees(raw.take(size)):
            findings.error("gzip_header", f"The gzip header at byte {start} is cut short or not valid.", offset=start)
            return False
        if not (yield from _member(raw, findings, start)):
            return False
    return True


def member_header_size(head: bytes) -> int | None:
    """The size in bytes of the gzip member header that `head` begins with; None when it is cut or not gzip."""
    if len(head) < 10 or head[:3] != b"\x1f\x8b\x08" or head[3] & 0xE0:
        return None
    flags, size = head[3], 10
    if flags & FEXTRA:
        if len(head) < 12:
            return None
        size += 2 + int.from_bytes(head[10:12], "little")
    for flag in (FNAME, FCOMMENT):
        if flags & flag:
            size = head.find(b"\0", size) + 1
            if size == 0:
                return None
    size += 2 if flags & FHCRC else 0
    return size if size <= len(head) else None


def _header_agrees(header: bytes) -> bool:
    """Says whether the CRC-16 of a header, where it has one, is right (RFC 1952 section 2.3.1, FHCRC)."""
    told = int.from_bytes(header[-2:], "little")
    return not header[3] & FHCRC or told == isal_zlib.crc32(header[:-2]) & 0xFFFF


def _member(raw: RawBytes, findings: FindingLog, start: int) -> Generator[bytes, None, bool]:
    inflater = isal_zlib.decompressobj(-15)
    crc = length = 0
    waiting = b""
    while not inflater.eof:
        waiting = waiting or raw.some(INPUT_SIZE)
        if not waiting:
            findings.error(
                "gzip_truncated",
                f"The gzip stream ends at byte {raw.offset} in the middle of its data; the file is cut short.",
                offset=raw.offset,
                expected="the end of the compressed data, CRC-32 and length",
            )
            return False
        try:
            piece = inflater.decompress(waiting, OUTPUT_SIZE)
        except INFLATE_ERROR:
            findings.error(
                "gzip_corrupt",
                f"The compressed data of the gzip member at byte {start} cannot be unpacked near byte {raw.offset}.",
                offset=raw.offset,
            )
            return False
        waiting = inflater.unconsumed_tail
        crc = isal_zlib.crc32(piece, crc)
        length += len(piece)
        if piece:
            yield piece
    raw.give_back(len(inflater.unused_data))
    return _trailer_agrees(raw, findings, crc, length)


def _trailer_agrees(raw: RawBytes, findings: FindingLog, crc: int, length: int) -> bool:
    at = raw.offset
    trailer = raw.take(8)
    if len(trailer) < 8:
        findings.error(
            "gzip_truncated",
            f"The gzip member ends at byte {raw.offset} inside its trailer; the file is cut short.",
            offset=raw.offset,
            found=f"{len(trailer)} bytes",
            expected="8 bytes of CRC-32 and length",
        )
        return False
    told_crc, told_length = struct.unpack("<II", trailer)
    if told_crc != crc:
        findings.error(
            "gzip_crc",
            f"The CRC-32 of the unpacked data is {crc:08x} but the gzip trailer says {told_crc:08x}.",
            offset=at,
            found=f"{crc:08x}",
            expected=f"{told_crc:08x}",
        )
    elif told_length != length & 0xFFFFFFFF:
        findings.error(
            "gzip_length",
            f"The unpacked data has {length} bytes but the gzip trailer says {told_length}.",
            offset=at + 4,
            found=str(length),
            expected=str(told_length),
        )
    else:
        return True
    return False


def _after_last_member(raw: RawBytes, findings: FindingLog) -> bool:
    start = raw.offset
    while piece := raw.some():
        if piece.strip(b"\0"):
            findings.error(
                "gzip_trailing_garbage",
                f"Bytes that are not gzip follow the last gzip member at byte {start}.",
                offset=start,
                found=piece[:16],
                expected="the end of the file or another gzip member",
            )
            return False
    findings.warning("gzip_trailing_zeros", f"Zero bytes follow the last gzip member at byte {start}.", offset=start)
    return True
