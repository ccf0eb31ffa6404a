"""Goes through blocks of VCF lines, usual records in compiled code and all others in the plain walk."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qc.formats.variant_fast import FastWalk
    from qc.formats.vcf_text import VcfWalk

PLAIN_BYTES = 1 << 19
PAUSE = 32


class BlockWalk:
    """Feeds blocks of lines to a walk; what is found and counted is the same with the compiled code and without it.

    That code is loaded only after `plain_bytes` of text, since loading takes a moment. It stops
    at each record that is not a usual one; where such records follow each other, it is left alone for a while.
    """

    def __init__(self, walk: VcfWalk, plain_bytes: int = PLAIN_BYTES) -> None:
        self._walk = walk
        self._plain_bytes = plain_bytes
        self._fast: FastWalk | None = None
        self._taken = 0

    def take(self, block: bytes) -> None:
        """Checks the lines of a block, which may lack its last newline. Raises NoColumns."""
        at, size = 0, len(block)
        while at < size:
            if self._taken < self._plain_bytes or not self._walk.header.columns:
                at = self._plain(block, at)
            else:
                at = self._usual(block, at)

    def _plain(self, block: bytes, at: int) -> int:
        end = block.find(b"\n", at)
        end = len(block) if end < 0 else end
        self._walk.take(block[at:end])
        self._taken += end + 1 - at
        return end + 1

    def _usual(self, block: bytes, at: int) -> int:
        """Lets the compiled code go as far as it can, and takes what stopped it in the plain way."""
        if self._fast is None:
            from qc.formats.variant_fast import FastWalk  # noqa: PLC0415 - loads a compiler

            self._fast = FastWalk(self._walk)
        start = at
        at, previous = self._fast.go(block, at)
        if previous >= 0:
            self._catch_up(block[previous : at - 1])
        pause = PAUSE if at == start else 1
        while at < len(block) and pause:
            at = self._plain(block, at)
            pause -= 1
        self._fast.refresh()
        return at

    def _catch_up(self, line: bytes) -> None:
        """Tells the plain walk what the last record was that the compiled code has passed."""
        fields = line.split(b"\t", 5)
        self._walk.order.take(line, fields, int(fields[1]))
