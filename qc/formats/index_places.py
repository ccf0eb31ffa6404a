"""Notes where BGZF blocks and CRAM containers begin while a file is read, so that an index can be compared with it."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from qc.formats.bgzf import block_size
from qc.formats.cram_blocks import BadContainer, read_container
from qc.results import Format

if TYPE_CHECKING:
    from collections.abc import Callable

BGZF_ROOM = 64
CRAM_ROOM = 1 << 16
CRAM_DEFINITION = 26
SLICE_BITS = 29  # a container has fewer bytes than that, so its place and a place in it share a number


class Places:
    """Walks from unit to unit by the size that each one tells; eight bytes of memory a unit.

    `starts` are byte offsets in the file, in order. `size` is that of the file, `lost` says that a unit told no size.
    """

    def __init__(self, first: int, room: int) -> None:
        self.starts = array("Q")
        self.size = 0
        self.lost = False
        self._room = room
        self._next = first
        self._rest = b""

    def take(self, piece: bytes) -> None:
        """Goes on with the next piece of the file."""
        self.size += len(piece)
        self._rest += piece
        self._walk(self._room)

    def finish(self) -> None:
        """Deals with the last units, after which less follows than the head of a unit may take."""
        self._walk(1)

    def measured(self, head: bytes, at: int) -> int | None:
        """The size in bytes of the unit at this place, which begins with `head`."""
        raise NotImplementedError

    def _walk(self, room: int) -> None:
        begin = self.size - len(self._rest)
        while not self.lost and self._next + room <= self.size:
            at = self._next - begin
            size = self.measured(self._rest[at : at + self._room], self._next)
            self.lost = size is None
            self.starts.append(self._next)
            self._next += size or 0
        used = min(self._next, self.size) - begin
        self._rest = b"" if self.lost else self._rest[used:]


class BlockPlaces(Places):
    """The BGZF blocks of a file (SAM specification, section 4.1)."""

    def __init__(self) -> None:
        super().__init__(0, BGZF_ROOM)

    def measured(self, head: bytes, at: int) -> int | None:  # noqa: ARG002 - the same as for others
        """The size of a block."""
        return block_size(head)


class ContainerPlaces(Places):
    """The containers of a CRAM file; `slices` are their places and those of their slices in them, in one number."""

    def __init__(self) -> None:
        super().__init__(CRAM_DEFINITION, CRAM_ROOM)
        self.slices = array("Q")
        self._major = 3
        self._seen = b""

    def take(self, piece: bytes) -> None:
        """Goes on; the first bytes tell the version."""
        if len(self._seen) < 5:
            self._seen += piece[:5]
            self._major = self._seen[4] if len(self._seen) > 4 else 3
        super().take(piece)

    def measured(self, head: bytes, at: int) -> int | None:
        """The size of a container with its header."""
        try:
            container = read_container(head, self._major)
        except BadContainer:
            return None
        self.slices.extend(at << SLICE_BITS | mark for mark in container.landmarks if 0 <= mark < 1 << SLICE_BITS)
        return container.header_size + container.length


PLACES: dict[Format, Callable[[], Places]] = {
    Format.BAM: BlockPlaces,
    Format.VCF: BlockPlaces,
    Format.BCF: BlockPlaces,
    Format.CRAM: ContainerPlaces,
}
