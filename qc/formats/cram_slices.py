"""Takes the headers in a CRAM container apart and checks that they agree with each other (CRAM 3.1, section 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from qc.formats.cram_blocks import (
    COMPRESSION_HEADER,
    CORE,
    EXTERNAL,
    MAX_HEADER_TEXT,
    SLICE_HEADER,
    BadContainer,
    Cursor,
    unpacked,
)

if TYPE_CHECKING:
    from qc.formats.cram_blocks import Block, Container

SEVERAL, NONE = -2, -1
LAST_ENCODING = 9  # GAMMA (section 3)
FLAGS = (b"RN", b"AP", b"RR", b"QO", b"MI", b"UI", b"PI")
MOST_UNPACKED = 1 << 30
USUAL_UNPACKED = 1 << 28
MOST_RATIO = 100
MOST_RECORDS = 1 << 21


class Slice(NamedTuple):
    """A slice header: what part of which reference its records lie on, how many they are, how they get their bases."""

    at: int
    reference: int
    start: int
    span: int
    records: int
    blocks: int
    content_ids: list[int]
    embedded: int
    md5: bytes


class Slices(NamedTuple):
    """The slices of a container, and whether they need a reference to restore their bases."""

    slices: list[Slice]
    requires_reference: bool

    def needed(self) -> list[Slice]:
        """Those that need a sequence from outside the file."""
        if not self.requires_reference:
            return []
        return [slice_ for slice_ in self.slices if slice_.reference != NONE and slice_.embedded < 0]


def read_slices(blocks: list[Block], container: Container, major: int, references: int) -> Slices:
    """The slices of a data container, checked against its blocks and its header. Raises BadContainer.

    A container holds one compression header and then, for each slice, its header and its data blocks.
    """
    if not blocks or blocks[0].kind != COMPRESSION_HEADER:
        raise BadContainer("cram_container", "it does not begin with a compression header")
    _check_size(blocks, container)
    head = unpacked(blocks[0], MAX_HEADER_TEXT)
    required = True if head is None else read_compression_header(head)
    slices: list[Slice] = []
    at = 1
    while at < len(blocks):
        if blocks[at].kind != SLICE_HEADER:
            raise BadContainer("cram_slice", f"its block {at + 1} belongs to no slice")
        data = unpacked(blocks[at], MAX_HEADER_TEXT)
        if data is None:
            raise BadContainer("cram_slice", f"the slice header in its block {at + 1} is compressed")
        found = read_slice_header(data, blocks[at].at, major)
        _check_slice(found, blocks[at + 1 : at + 1 + found.blocks], references)
        slices.append(found)
        at += 1 + found.blocks
    if sum(found.records for found in slices) != container.records:
        told = sum(found.records for found in slices)
        raise BadContainer("cram_count", f"it says that it holds {container.records} records but its slices say {told}")
    if major >= 3 and container.landmarks != [found.at for found in slices]:
        raise BadContainer("cram_landmarks", "its landmarks are not where its slices begin")
    return Slices(slices, required)


def read_compression_header(data: bytes) -> bool:
    """Checks the three maps of a compression header; returns what it says under RR, true by default (section 8.4)."""
    cursor = Cursor(data)
    required = _read_preservation(_map(cursor))
    for keys_are_text in (True, False):
        part = _map(cursor)
        for _ in range(_count(part)):
            _ = part.take(2) if keys_are_text else part.itf8()
            encoding = part.itf8()
            part.skip(part.itf8())
            if not 0 <= encoding <= LAST_ENCODING:
                raise BadContainer("cram_compression_header", f"a series has the unknown encoding {encoding}")
    return required


def _map(cursor: Cursor) -> Cursor:
    return Cursor(cursor.take(cursor.itf8()))


def _count(part: Cursor) -> int:
    count = part.itf8()
    if not 0 <= count <= len(part.data):
        raise BadContainer("cram_compression_header", f"a map says that it has {count} entries")
    return count


def _read_preservation(part: Cursor) -> bool:
    required = True
    for _ in range(_count(part)):
        key = part.take(2)
        if key in FLAGS:
            value = part.take(1) != b"\0"
            required = value if key == b"RR" else required
        elif key == b"SM":
            part.skip(5)
        elif key == b"TD":
            part.skip(part.itf8())
        else:
            break  # the length of an unknown one is not told
    return required


def read_slice_header(data: bytes, at: int, major: int) -> Slice:
    """The slice header in the block at `at` (section 8.5); optional tags at its end are left alone."""
    cursor = Cursor(data)
    reference, start, span, records = (cursor.itf8() for _ in range(4))
    _ = cursor.ltf8() if major >= 3 else cursor.itf8()
    blocks = cursor.itf8()
    content_ids = cursor.array()
    embedded = cursor.itf8()
    return Slice(at, reference, start, span, records, blocks, content_ids, embedded, cursor.take(16))


def _check_slice(found: Slice, blocks: list[Block], references: int) -> None:
    if not SEVERAL <= found.reference < references:
        message = f"a slice lies on reference {found.reference} but the header has {references} of them"
        raise BadContainer("cram_slice", message)
    if not 0 <= found.records <= MOST_RECORDS:
        raise BadContainer("cram_slice", f"a slice says that it holds {found.records} records")
    if found.blocks < 0 or len(blocks) != found.blocks:
        raise BadContainer("cram_slice", f"a slice says that it has {found.blocks} blocks, but {len(blocks)} are left")
    if any(block.kind not in (CORE, EXTERNAL) for block in blocks):
        raise BadContainer("cram_slice", "a slice holds a block that is neither core nor external data")
    if sum(block.kind == CORE for block in blocks) != 1:
        raise BadContainer("cram_slice", "a slice does not hold exactly one core block")
    ids = [block.id for block in blocks if block.kind == EXTERNAL]
    if len(ids) != len(set(ids)):
        raise BadContainer("cram_slice", "a slice has two blocks of the same content id")
    if found.embedded >= 0 and found.embedded not in ids:
        raise BadContainer("cram_slice", f"a slice has its reference in block {found.embedded}, which is not there")


def _check_size(blocks: list[Block], container: Container) -> None:
    """Refuses what would unpack to much more than any writer makes; decoders allocate what a block says."""
    size = sum(block.raw_size for block in blocks)
    if size > MOST_UNPACKED or size > max(USUAL_UNPACKED, MOST_RATIO * container.length):
        raise BadContainer("cram_size", f"its {container.length} bytes say that they unpack to {size} bytes")
