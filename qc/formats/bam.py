"""Checks BAM record by record to the end of the file, without handing a byte of it to foreign code."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from qc.formats.alignment_tally import DUPLICATE, PAIRED, SECONDARY, SUPPLEMENTARY, UNMAPPED, AlignmentTally
from qc.formats.bam_fields import HEAD, Records, doubtful, records_of
from qc.formats.bam_header import BadHeader, BamHeader, read_bam_header
from qc.formats.bam_record import check_bam_record
from qc.formats.base import Outcome
from qc.formats.fastq_blocks import RecordTooLong, feed_blocks
from qc.formats.feed import EndOfData, Feed
from qc.formats.packing import Unpacked
from qc.formats.rawbytes import RawBytes
from qc.results import Compression, Format

if TYPE_CHECKING:
    from qc.formats.base import FindingLog, Job

MAX_RECORD = 1 << 25
BLOCK_SIZE = struct.Struct("<i")


class BrokenFrame(Exception):
    """A block_size cannot be right, so the records after it cannot be told apart; the finding is logged."""


class BamCheck:
    """BAM: SAM in binary form inside BGZF."""

    format = Format.BAM
    extensions = (".bam",)
    packing = Compression.BGZF

    def matches(self, head: bytes) -> bool:
        """BAM begins with the magic BAM and the byte 1."""
        return head.startswith(b"BAM\1")

    def check(self, job: Job) -> Outcome:
        """Reads header and records; a frame that is broken ends the reading."""
        findings = job.findings
        if job.compression is not Compression.BGZF:
            message = f"BAM must be packed in BGZF, but this file is {job.compression.value}."
            findings.error("not_bgzf", message, found=job.compression.value, expected="bgzf")
        pieces = Unpacked(RawBytes(job.source), job.compression, findings)
        feed = Feed(pieces)
        tally = AlignmentTally()
        references, order = 0, "unknown"
        try:
            header = read_bam_header(feed, findings)
            references, order = len(header.lengths), header.text.sort_order
            walk = BamWalk(header, tally, feed.offset, findings)
            feed_blocks(feed.rest(), walk.take)
            if walk.left and pieces.whole:
                message = f"The data ends inside record {tally.records + 1}."
                findings.error("record_truncated", message, record=tally.records + 1, offset=walk.offset)
        except EndOfData:
            if pieces.whole:
                findings.error("header_truncated", "The data ends inside the header.", offset=feed.offset)
        except (BadHeader, BrokenFrame, RecordTooLong):
            pass
        counts = tally.counts(references, order)
        return Outcome(counts=counts, metrics={}, checked=["BGZF blocks and end-of-file block", "header", "records"])


class BamWalk:
    """Goes through blocks of records, keeping the place, the last position and the tally."""

    def __init__(self, header: BamHeader, tally: AlignmentTally, offset: int, findings: FindingLog) -> None:
        self.offset = offset
        self.left = 0
        self._header = header
        self._lengths = np.array(header.lengths, np.int64)
        self._sorted = header.text.sort_order == "coordinate"
        self._tally = tally
        self._findings = findings
        self._last = -1

    def take(self, block: bytes, _final: bool) -> int:  # noqa: FBT001
        """Deals with the whole records of the block and returns their size; raises BrokenFrame."""
        offsets, used, broken = self._frame(block)
        if offsets:
            self._check(block, records_of(block, offsets))
        if broken is not None:
            self._findings.error(
                "block_size",
                f"Record {self._tally.records + 1} says that it has {broken} bytes.",
                record=self._tally.records + 1,
                offset=self.offset + used,
                found=str(broken),
                expected=f"32 to {MAX_RECORD}",
            )
            raise BrokenFrame
        self.offset += used
        self.left = len(block) - used
        return used

    def _frame(self, block: bytes) -> tuple[list[int], int, int | None]:
        """The offsets of the whole records, where they end, and the first block_size that cannot be right."""
        offsets: list[int] = []
        block_size = BLOCK_SIZE.unpack_from
        at, end = 0, len(block)
        while at + 4 <= end:
            size: int = block_size(block, at)[0]
            if not HEAD - 4 <= size <= MAX_RECORD - 4:
                return offsets, at, size
            if at + 4 + size > end:
                break
            offsets.append(at)
            at += 4 + size
        return offsets, at, None

    def _check(self, block: bytes, records: Records) -> None:
        fixed = records.fixed
        marks = doubtful(records, self._lengths)
        keys = (fixed["ref"].astype(np.int64) & 0x7FFFFFFF) << 32 | (fixed["pos"].astype(np.int64) + 1)
        backwards = np.zeros(len(keys), bool)
        if self._sorted:
            backwards = keys < np.append(self._last, keys[:-1])
            self._last = int(keys[-1])
        for index in np.flatnonzero(marks | backwards):
            at = int(records.at[index])
            place = {"record": self._tally.records + int(index) + 1, "offset": self.offset + at}
            if marks[index]:
                body = block[at + 4 : at + 4 + int(fixed["block_size"][index])]
                check_bam_record(body, self._header.lengths, self._findings, place)
            if backwards[index]:
                message = (
                    f"The header says sorted by coordinate but record {place['record']} comes before the last one."
                )
                self._findings.error("not_sorted", message, **place)
        self._count(records)

    def _count(self, records: Records) -> None:
        flags, tally = records.fixed["flag"], self._tally
        tally.records += len(flags)
        tally.bases += int(records.fixed["bases"].astype(np.int64).clip(0).sum())
        tally.unmapped += int(np.count_nonzero(flags & UNMAPPED))
        tally.paired += int(np.count_nonzero(flags & PAIRED))
        tally.duplicates += int(np.count_nonzero(flags & DUPLICATE))
        tally.secondary += int(np.count_nonzero(flags & SECONDARY))
        tally.supplementary += int(np.count_nonzero(flags & SUPPLEMENTARY))
