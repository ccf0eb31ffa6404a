"""Takes blocks of BAM records through compiled code and looks closer only at those that it marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qc.formats.alignment_depth import PLACE_BITS
from qc.formats.alignment_tally import Columns, blocks_of
from qc.formats.bam_kernel import walk
from qc.formats.bam_marks import CODES, LONG_CIGAR, SHORT, limits_of, new_tables

if TYPE_CHECKING:
    from typing import Any

    from qc.formats.alignment_order import OrderCheck
    from qc.formats.alignment_tally import AlignmentTally
    from qc.formats.bam_header import BamHeader
    from qc.formats.bam_marks import Marks, Numbers
    from qc.formats.bam_record import BamRecordCheck
    from qc.formats.base import FindingLog

FIXED = np.dtype(
    {
        "names": ["size", "reference", "position", "quality", "flag", "length", "template"],
        "formats": ["<i4", "<i4", "<i4", "u1", "<u2", "<i4", "<i4"],
        "offsets": [0, 4, 8, 13, 18, 20, 32],
        "itemsize": 36,
    }
)
MOST_RECORDS = 1 << 15
MOST_BLOCKS = 1 << 18


class FastWalk:
    """Goes through blocks of records. Says and counts the same as a look at every record would."""

    def __init__(
        self,
        header: BamHeader,
        check: BamRecordCheck,
        order: OrderCheck,
        tally: AlignmentTally,
        findings: FindingLog,
    ) -> None:
        self._check = check
        self._order = order
        self._tally = tally
        self._findings = findings
        self._limits = limits_of(header)
        self._tables = new_tables()
        self._offsets = np.zeros(MOST_RECORDS, np.int64)
        self._marks = np.zeros(MOST_RECORDS, np.int64)
        self._blocks = np.zeros((2, MOST_BLOCKS), np.int64)

    def take(self, block: bytes, offset: int) -> int:
        """Deals with whole records up to one that does not end or cannot be right, and returns their size.

        `offset` is that of the block in the uncompressed data.
        """
        self._tally.settle()
        data = np.frombuffer(block, np.uint8)
        used = 0
        while True:
            count, size, found = walk(data[used:], self._limits, self._tables, self._offsets, self._marks, self._blocks)
            if not count:
                break
            at = self._offsets[:count] + used
            self._settle(block, at, self._marks[:count], self._blocks[:, :found], offset)
            used += size
        self._hand_over()
        return used

    def _settle(self, block: bytes, at: Numbers, marks: Marks, blocks: Numbers, offset: int) -> None:
        data = np.frombuffer(block, np.uint8)
        fixed = data[at[:, None] + np.arange(FIXED.itemsize)].reshape(-1).view(FIXED)
        references, positions = fixed["reference"].astype(np.int64), fixed["position"].astype(np.int64)
        names = [block[i + 36 : i + 36 + block[i + 12]].rstrip(b"\0") for i in at] if self._order.by_name else []
        wrong = self._order.wrong(references, positions, names)
        quiet = self._quiet()
        long_blocks: list[tuple[int, int]] = []
        for index in np.flatnonzero(marks | wrong):
            start = int(at[index])
            place = {"record": self._tally.records + int(index) + 1, "offset": offset + start}
            if marks[index] & ~quiet:
                body = block[start + 4 : start + 4 + int(fixed["size"][index])]
                alignment = self._check.take(body, place)
                quiet = self._quiet()
                if marks[index] & LONG_CIGAR:
                    long_blocks += blocks_of(alignment)
            if wrong[index]:
                self._order.report(place, names[index] if names else None)
        if self._order.broken:
            self._tally.unsorted()
        self._count(fixed, references, positions, marks)
        self._count_blocks(
            references, positions, marks, np.hstack([blocks, np.array(long_blocks, np.int64).reshape(-1, 2).T])
        )

    def _quiet(self) -> int:
        """The marks of what has been told and is told once."""
        return sum(bit for code, bit in CODES.items() if code in self._findings.counts)

    def _count(self, fixed: Any, references: Numbers, positions: Numbers, marks: Marks) -> None:
        whole = marks & SHORT == 0
        columns = Columns(
            fixed["flag"].astype(np.int64),
            np.where(whole & (positions >= -1), references, -1),
            fixed["quality"].astype(np.int64),
            np.where(whole, fixed["template"], 0).astype(np.int64),
            np.where(whole, fixed["length"], 0).astype(np.int64),
        )
        self._tally.take_columns(columns)

    def _count_blocks(self, references: Numbers, positions: Numbers, marks: Marks, blocks: Numbers) -> None:
        good = (references >= 0) & (references < len(self._limits.lengths)) & (positions >= -1) & (marks & SHORT == 0)
        placed = np.flatnonzero(good)
        if len(placed):
            last = placed[-1]
            upto = (int(references[last]) << PLACE_BITS) + max(int(positions[last]), 0)
            self._tally.take_blocks(blocks[0], blocks[1], upto)

    def _hand_over(self) -> None:
        """Gives what the tables counted to the tally."""
        tables = self._tables
        self._tally.qualities += tables.qualities.sum(axis=0)
        packed = tables.packed.sum(axis=0).reshape(16, 16)
        letters = packed.sum(axis=1) + packed.sum(axis=0)
        self._tally.letters[np.frombuffer(b"=ACMGRSVTWYHKDBN", np.uint8)] += letters
        tables.qualities[:] = 0
        tables.packed[:] = 0
