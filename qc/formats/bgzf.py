"""Unpacks BGZF block by block (SAM specification section 4.1), checking sizes, CRC-32 and the end-of-file block."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from isal import isal_zlib

from qc.formats.gzipped import INFLATE_ERROR

if TYPE_CHECKING:
    from collections.abc import Generator

    from qc.formats.base import FindingLog
    from qc.formats.rawbytes import RawBytes

BGZF_EOF = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
MAX_BLOCK = 1 << 16
FIXED_HEADER = 12
FLAGS = 4  # there is an extra field, and neither name nor comment nor header checksum (section 4.1)
HEADER_ROOM = 4096


def bgzf_pieces(raw: RawBytes, findings: FindingLog) -> Generator[bytes, None, bool]:
    """Yields the uncompressed data of each block (at most 64 KiB); returns whether the container was sound."""
    last = b""
    while head := raw.peek(HEADER_ROOM):
        start = raw.offset
        size = block_size(head)
        if size is None:
            return _not_a_block(findings, start, head)
        last = raw.take(size)
        if len(last) < size:
            findings.error(
                "bgzf_truncated",
                f"The BGZF block at byte {start} is cut short; the file is truncated.",
                offset=start,
                found=f"{len(last)} bytes",
                expected=f"{size} bytes",
            )
            return False
        data = unpack_block(last, start, findings)
        if data is None:
            return False
        if data:
            yield data
    if last != BGZF_EOF:
        findings.error(
            "bgzf_eof_missing",
            f"The file ends at byte {raw.offset} without the BGZF end-of-file block; it is probably cut short.",
            offset=raw.offset,
            expected="the 28-byte empty block",
        )
    return last == BGZF_EOF


def is_bgzf(head: bytes) -> bool:
    """Says whether bytes begin with a BGZF block header; one with a wrong size is still none of plain gzip."""
    return _told_size(head) is not None


def block_size(head: bytes) -> int | None:
    """The total size in bytes of the BGZF block that `head` begins with; None when it is no BGZF block header."""
    size = _told_size(head)
    if size is None or head[3] != FLAGS or size < FIXED_HEADER + int.from_bytes(head[10:12], "little") + 8:
        return None
    return size


def _told_size(head: bytes) -> int | None:
    """What the subfield BC says that the block's size is; None where there is no such subfield."""
    if len(head) < FIXED_HEADER + 6 or head[:3] != b"\x1f\x8b\x08" or not head[3] & 4:
        return None
    extra_end = FIXED_HEADER + int.from_bytes(head[10:12], "little")
    at = FIXED_HEADER
    while at + 4 <= min(extra_end, len(head)):
        length = int.from_bytes(head[at + 2 : at + 4], "little")
        if head[at : at + 2] == b"BC" and length == 2 and at + 6 <= extra_end:
            return int.from_bytes(head[at + 4 : at + 6], "little") + 1
        at += 4 + length
    return None


def unpack_block(block: bytes, start: int, findings: FindingLog) -> bytes | None:
    """The uncompressed bytes of one whole block; None, with a finding, when it is damaged. `start` is for messages."""
    data_at = FIXED_HEADER + int.from_bytes(block[10:12], "little")
    crc, length = struct.unpack("<II", block[-8:])
    if length > MAX_BLOCK:
        findings.error(
            "bgzf_block_size",
            f"The BGZF block at byte {start} says that it holds {length} bytes, more than the 65536 that are allowed.",
            offset=start,
            found=str(length),
            expected="at most 65536",
        )
        return None
    inflater = isal_zlib.decompressobj(-15)
    try:
        data: bytes = inflater.decompress(block[data_at:-8], MAX_BLOCK + 1)
    except INFLATE_ERROR:
        data = b""
    if not inflater.eof or inflater.unused_data or len(data) != length:
        findings.error(
            "bgzf_corrupt",
            f"The BGZF block at byte {start} cannot be unpacked to the {length} bytes that it says it holds.",
            offset=start,
            found=f"{len(data)} bytes",
            expected=f"{length} bytes",
        )
        return None
    if (found := isal_zlib.crc32(data)) != crc:
        findings.error(
            "bgzf_crc",
            f"The CRC-32 of the BGZF block at byte {start} is {found:08x} but its trailer says {crc:08x}.",
            offset=start,
            found=f"{found:08x}",
            expected=f"{crc:08x}",
        )
        return None
    return data


def _not_a_block(findings: FindingLog, start: int, head: bytes) -> bool:
    if head[:2] == b"\x1f\x8b" and len(head) < FIXED_HEADER + 6:
        findings.error("bgzf_truncated", f"The BGZF block at byte {start} is cut short.", offset=start)
    else:
        findings.error(
            "bgzf_trailing_garbage" if start else "bgzf_header",
            f"The bytes at offset {start} are not a BGZF block.",
            offset=start,
            found=head[:16],
            expected="a gzip header with the extra field BC",
        )
    return False
