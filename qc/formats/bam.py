"""Checks BAM record by record to the end of the file, without handing a byte of it to foreign code."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from qc.formats.alignment_order import OrderCheck
from qc.formats.alignment_tally import AlignmentTally
from qc.formats.bam_header import BadHeader, BamHeader, read_bam_header
from qc.formats.bam_record import FIXED_SIZE, BamRecordCheck, name_of
from qc.formats.base import Outcome
from qc.formats.feed import EndOfData, Feed
from qc.formats.packing import Unpacked
from qc.formats.rawbytes import RawBytes
from qc.results import Compression, Format

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qc.formats.bam_fast import FastWalk
    from qc.formats.base import FindingLog, Job

MAX_RECORD = 1 << 25
BLOCK = 1 << 20
FAST_FROM = 1 << 20
FAST_AFTER = 1 << 23
BLOCK_SIZE = struct.Struct("<i")
PLACE = struct.Struct("<ii")


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
        header, tally = None, AlignmentTally()
        try:
            header = read_bam_header(feed, findings)
            walk = BamWalk(header, feed.offset, findings, fast=job.source.size >= FAST_FROM)
            tally = walk.tally
            walk.feed(feed.rest())
            if walk.left and pieces.whole:
                message = f"The data ends inside record {tally.records + 1}."
                findings.error("record_truncated", message, record=tally.records + 1, offset=walk.offset)
        except EndOfData:
            if pieces.whole:
                findings.error("header_truncated", "The data ends inside the header.", offset=feed.offset)
        except (BadHeader, BrokenFrame):
            pass
        names = header.names if header else []
        return Outcome(
            counts=tally.counts(len(names), header.text.sort_order if header else "unknown"),
            metrics=tally.metrics(names),
            checked=[
                "BGZF blocks and end-of-file block",
                "header",
                "every field and tag of every record",
                "sort order",
            ],
        )


class BamWalk:
    """Goes through blocks of records, keeping the place, the order and the tally.

    What it says and counts is the same with `fast`, which pays where there are more than some ten thousand records;
    after 8 MiB it is switched on by itself.
    `offset` is that of the next record in the uncompressed data; `left` bytes of a record that did not end are held.
    """

    def __init__(self, header: BamHeader, offset: int, findings: FindingLog, *, fast: bool = False) -> None:
        self.offset = offset
        self.left = 0
        self._order = OrderCheck(header.text, findings)
        self.tally = AlignmentTally(header.lengths, by_coordinate=self._order.by_coordinate)
        self._check = BamRecordCheck(header, findings)
        self._findings = findings
        self._header = header
        self._fast = self._compiled() if fast else None

    def feed(self, pieces: Iterable[bytes]) -> None:
        """Takes all of the data. Raises BrokenFrame."""
        waiting: list[bytes] = []
        have, wanted = 0, BLOCK
        for piece in pieces:
            waiting.append(piece)
            have += len(piece)
            if have >= wanted:
                block = b"".join(waiting)
                used = self.take(block)
                waiting = [block[used:]]
                have = len(waiting[0])
                wanted = max(BLOCK, 4 + BLOCK_SIZE.unpack_from(waiting[0])[0]) if have >= 4 else BLOCK
        self.take(b"".join(waiting))

    def take(self, block: bytes) -> int:
        """Deals with the whole records of the block and returns their size. Raises BrokenFrame."""
        if self._fast is None and self.offset > FAST_AFTER:
            self._fast = self._compiled()
        at, end = self._fast.take(block, self.offset) if self._fast else 0, len(block)
        while at + 4 <= end:
            size: int = BLOCK_SIZE.unpack_from(block, at)[0]
            if not FIXED_SIZE <= size <= MAX_RECORD - 4:
                self._broken(size, at)
            if at + 4 + size > end:
                break
            self._take_record(block[at + 4 : at + 4 + size], self.offset + at)
            at += 4 + size
        self.offset += at
        self.left = end - at
        return at

    def _compiled(self) -> FastWalk:
        """Loads the compiled walk, which takes half a second."""
        from qc.formats.bam_fast import FastWalk  # noqa: PLC0415

        return FastWalk(self._header, self._check, self._order, self.tally, self._findings)

    def _take_record(self, body: bytes, offset: int) -> None:
        place = {"record": self.tally.records + 1, "offset": offset}
        alignment = self._check.take(body, place)
        self.tally.take(alignment)
        reference, position = PLACE.unpack_from(body)
        self._order.take(name_of(body), reference, position, place)
        if self._order.broken:
            self.tally.unsorted()

    def _broken(self, size: int, at: int) -> None:
        record = self.tally.records + 1
        message = f"Record {record} says that it has {size} bytes."
        expected = f"{FIXED_SIZE} to {MAX_RECORD - 4}"
        place = {"record": record, "offset": self.offset + at}
        self._findings.error("block_size", message, found=str(size), expected=expected, **place)
        raise BrokenFrame
