"""Reads CRAM containers and blocks and checks their lengths and checksums (CRAM specification 3.1, sections 6 to 8)."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import NamedTuple

from isal import isal_zlib

MAX_CONTAINER = 1 << 28
MAX_RAW_BLOCK = 1 << 29
MAX_HEADER_TEXT = 1 << 27
EOF_START = 4542278
FILE_HEADER, COMPRESSION_HEADER, SLICE_HEADER, RESERVED, EXTERNAL, CORE = range(6)
LAST_METHOD = {(3, 1): 8}  # the codecs 5 to 8 came with 3.1 (section 8.1); 4 is rANS


class BadContainer(Exception):
    """A container or block is not well formed. `code` and the message are those of a finding."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Cursor:
    """Walks over bytes, reading the numbers of CRAM 2 and 3. Raises BadContainer past the end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def skip(self, size: int) -> None:
        """Moves on over bytes."""
        if size < 0 or self.at + size > len(self.data):
            raise BadContainer("cram_length", "a length points past the end of the data that holds it")
        self.at += size

    def take(self, size: int) -> bytes:
        """The next bytes."""
        self.skip(size)
        return self.data[self.at - size : self.at]

    def itf8(self) -> int:
        """A signed 32-bit number of one to five bytes (section 2.3)."""
        first = self.take(1)[0]
        if first < 0x80:
            value = first
        elif first < 0xC0:
            value = (first & 0x7F) << 8 | self.take(1)[0]
        elif first < 0xE0:
            value = (first & 0x3F) << 16 | int.from_bytes(self.take(2), "big")
        elif first < 0xF0:
            value = (first & 0x1F) << 24 | int.from_bytes(self.take(3), "big")
        else:
            rest = self.take(4)
            value = (first & 0x0F) << 28 | rest[0] << 20 | rest[1] << 12 | rest[2] << 4 | rest[3] & 0x0F
        return value - (1 << 32) if value >= 1 << 31 else value

    def ltf8(self) -> int:
        """A signed 64-bit number of one to nine bytes (section 2.3)."""
        first = self.take(1)[0]
        extra = 8 - (first ^ 0xFF).bit_length()
        value = int.from_bytes(self.take(extra), "big") | (first & (0x7F >> extra)) << 8 * extra
        return value - (1 << 64) if value >= 1 << 63 else value

    def array(self) -> list[int]:
        """A count and as many numbers."""
        return [self.itf8() for _ in range(min(self.itf8(), len(self.data)))]


class Container(NamedTuple):
    """A container header: the size of its blocks, what they hold, where slices begin, and its own size in bytes."""

    length: int
    reference: int
    start: int
    records: int
    counter: int
    bases: int
    blocks: int
    landmarks: list[int]
    header_size: int

    @property
    def is_end(self) -> bool:
        """Whether this is the end-of-file container (section 9)."""
        return self.reference == -1 and self.start == EOF_START and self.records == 0


def read_container(head: bytes, major: int) -> Container:
    """The container whose header `head` begins with (section 7). Raises BadContainer."""
    cursor = Cursor(head)
    length = int.from_bytes(cursor.take(4), "little", signed=True)
    reference, start, _, records = (cursor.itf8() for _ in range(4))
    counter = cursor.ltf8() if major >= 3 else cursor.itf8()
    bases = cursor.ltf8()
    blocks = cursor.itf8()
    landmarks = cursor.array()
    if major >= 3:
        found, told = isal_zlib.crc32(head[: cursor.at]), int.from_bytes(cursor.take(4), "little")
        if found != told:
            raise BadContainer("cram_container_crc", f"its header has CRC-32 {found:08x} but says {told:08x}")
    if not 0 <= length <= MAX_CONTAINER or records < 0 or blocks < 0 or bases < 0:
        raise BadContainer("cram_container", f"it says that it has {length} bytes, {blocks} blocks, {records} records")
    return Container(length, reference, start, records, counter, bases, blocks, landmarks, cursor.at)


class Block(NamedTuple):
    """One block: where it begins in its container, how it is compressed, what it holds, its data as stored."""

    at: int
    method: int
    kind: int
    id: int
    data: memoryview
    raw_size: int


def read_blocks(body: bytes, container: Container, version: tuple[int, int]) -> tuple[list[Block], int]:
    """The blocks of a container, their CRC-32 checked, and where they end (section 8). Raises BadContainer."""
    cursor = Cursor(body)
    blocks = [_read_block(cursor, number, version) for number in range(1, container.blocks + 1)]
    return blocks, cursor.at


def _read_block(cursor: Cursor, number: int, version: tuple[int, int]) -> Block:
    start = cursor.at
    method, kind = cursor.take(2)
    content = cursor.itf8()
    size, raw_size = cursor.itf8(), cursor.itf8()
    if not 0 <= raw_size <= MAX_RAW_BLOCK or (method == 0 and size != raw_size):
        raise BadContainer("cram_block", f"its block {number} says that it unpacks to {raw_size} bytes")
    data_at = cursor.at
    cursor.skip(size)
    view = memoryview(cursor.data)
    if version[0] >= 3:
        found, told = isal_zlib.crc32(view[start : cursor.at]), int.from_bytes(cursor.take(4), "little")
        if found != told:
            message = f"the CRC-32 of its block {number} is {found:08x} but the block says {told:08x}"
            raise BadContainer("cram_block_crc", message)
    if method > LAST_METHOD.get(version, 4):
        text = f"its block {number} is packed by method {method}, which CRAM {version[0]}.{version[1]} does not know"
        raise BadContainer("cram_codec", text)
    if kind > CORE or kind == RESERVED:
        raise BadContainer("cram_block", f"its block {number} is of the unknown kind {kind}")
    return Block(start, method, kind, content, view[data_at : data_at + size], raw_size)


def unpacked(block: Block, limit: int) -> bytes | None:
    """The data of a block stored raw or with gzip, bzip2 or LZMA; None for other codecs. Raises BadContainer."""
    if block.raw_size > limit:
        raise BadContainer("cram_block", f"a header block says that it unpacks to {block.raw_size} bytes")
    try:
        match block.method:
            case 0:
                return bytes(block.data)
            case 1:
                data = zlib.decompressobj(47).decompress(block.data, block.raw_size + 1)
            case 2:
                data = bz2.BZ2Decompressor().decompress(block.data, block.raw_size + 1)
            case 3:
                data = lzma.LZMADecompressor(memlimit=1 << 28).decompress(block.data, block.raw_size + 1)
            case _:
                return None
    except (zlib.error, OSError, lzma.LZMAError) as error:
        raise BadContainer("cram_block", f"a header block cannot be unpacked: {error}") from error
    if len(data) != block.raw_size:
        raise BadContainer("cram_block", f"a header block does not unpack to its {block.raw_size} bytes")
    return data
