"""Reads the SAM header of a CRAM file, and writes one for htslib that names no place outside the file."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from qc.formats.cram_blocks import FILE_HEADER, MAX_HEADER_TEXT, BadContainer, unpacked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qc.formats.cram_blocks import Block

END = {
    2: bytes.fromhex("0b000000ffffffff0fe0454f4600000000010000010006060100010001" + "00"),
    3: bytes.fromhex("0f000000ffffffff0fe0454f4600000000010005bdd94f0001000606010001000100ee63014b"),
}


def read_header_text(blocks: Sequence[Block]) -> bytes:
    """The text of the header in the blocks of the first container (section 7.1). Raises BadContainer."""
    data = unpacked(blocks[0], MAX_HEADER_TEXT) if blocks and blocks[0].kind == FILE_HEADER else None
    if data is None or len(data) < 4:
        raise BadContainer("cram_header", "it is the first one and does not hold the SAM header")
    length = int.from_bytes(data[:4], "little", signed=True)
    if not 0 <= length <= len(data) - 4:
        raise BadContainer("cram_header", f"it says that the SAM header has {length} bytes")
    return data[4 : 4 + length]


def sequence_key(index: int) -> str:
    """Stands in for the MD5 of a reference in the header that htslib sees: 32 digits, the index of the reference."""
    return f"{index:032x}"


def header_for_decoder(text: bytes, major: int) -> bytes:
    """A header container in which references are known by `sequence_key` and say nothing of where they are.

    htslib follows UR to any file and M5 to any address, so neither is passed on.
    """
    lines, index = [], 0
    for line in text.rstrip(b"\0").split(b"\n"):
        if line.startswith(b"@SQ\t"):
            kept = [field for field in line.rstrip(b"\r").split(b"\t") if not field.startswith((b"UR:", b"M5:"))]
            lines.append(b"\t".join([*kept, b"M5:" + sequence_key(index).encode()]))
            index += 1
        else:
            lines.append(line)
    content = b"\n".join(lines)
    data = len(content).to_bytes(4, "little") + content
    block = b"\0" + bytes([FILE_HEADER]) + itf8(0) + itf8(len(data)) * 2 + data
    block += _crc(block, major)
    head = len(block).to_bytes(4, "little") + itf8(0) * 6 + itf8(1) + itf8(1) + itf8(0)
    return head + _crc(head, major) + block


def itf8(value: int) -> bytes:
    """A number from 0 to 2^31 - 1 as CRAM writes it (section 2.3)."""
    for extra, limit in enumerate((1 << 7, 1 << 14, 1 << 21, 1 << 28)):
        if value < limit:
            return (value | (0xF00 >> extra & 0xFF) << 8 * extra).to_bytes(extra + 1, "big")
    return bytes([0xF0 | value >> 28, value >> 20 & 0xFF, value >> 12 & 0xFF, value >> 4 & 0xFF, value & 0x0F])


def _crc(data: bytes, major: int) -> bytes:
    """The CRC-32 that follows containers and blocks since CRAM 3."""
    return zlib.crc32(data).to_bytes(4, "little") if major >= 3 else b""
