"""Checks SAM text line by line (SAM specification 1.6, sections 1.3 to 1.5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qc.formats.alignment_order import OrderCheck
from qc.formats.alignment_tally import AlignmentTally
from qc.formats.base import Outcome
from qc.formats.lines import Lines, LineTooLong
from qc.formats.packing import Unpacked
from qc.formats.rawbytes import RawBytes
from qc.formats.sam_header import SamHeader, finish_header, read_header_line
from qc.formats.sam_line import UNKNOWN, SamLineCheck
from qc.results import Compression, Format

if TYPE_CHECKING:
    from qc.formats.base import FindingLog, Job

MAX_LINE = 1 << 25
HEADER_START = re.compile(rb"@(HD|SQ|RG|PG|CO)\t")


class SamCheck:
    """SAM text, plain or compressed."""

    format = Format.SAM
    extensions = (".sam",)
    packing = Compression.NONE

    def matches(self, head: bytes) -> bool:
        """SAM begins with a header line or with an alignment line of eleven fields whose second is a number."""
        fields = head.split(b"\n", 1)[0].split(b"\t")
        return bool(HEADER_START.match(head)) or (len(fields) >= 11 and fields[1].isdigit() and fields[3].isdigit())

    def check(self, job: Job) -> Outcome:
        """Reads every line of the file."""
        pieces = Unpacked(RawBytes(job.source), job.compression, job.findings)
        lines = Lines(pieces, MAX_LINE)
        walk = SamWalk(job.findings)
        try:
            for line in lines:
                if not lines.ended and not pieces.whole:
                    break
                walk.take(line, lines.number)
        except LineTooLong as long:
            job.findings.error("line_too_long", str(long), line=long.line, expected=f"at most {long.limit} bytes")
        tally = walk.finish()
        if pieces.whole and not lines.ended and not job.findings.errors:
            job.findings.warning("no_newline_at_end", "The last line has no newline at its end.", line=lines.number)
        return Outcome(
            counts=tally.counts(len(walk.header.references), walk.header.sort_order),
            metrics=tally.metrics(list(walk.header.references)),
            checked=["header lines", "every field and tag of every record", "sort order"],
        )


class SamWalk:
    """Goes through the lines of a SAM file: first the header, then the records."""

    def __init__(self, findings: FindingLog) -> None:
        self.header = SamHeader()
        self._findings = findings
        self._records: _Records | None = None

    def take(self, line: bytes, number: int) -> None:
        """Checks one line."""
        if line.endswith(b"\r"):
            self._findings.warn_once("crlf", "Lines end with CR LF instead of LF.", line=number, expected="LF")
            line = line[:-1]
        if self._records is None:
            if line.startswith(b"@"):
                read_header_line(self.header, line, number, self._findings)
                return
            self._records = self._end_header()
        self._records.take(line, number)

    def finish(self) -> AlignmentTally:
        """Ends the file and returns what was counted."""
        if self._records is None:
            self._records = self._end_header()
        return self._records.tally

    def _end_header(self) -> _Records:
        finish_header(self.header, self._findings)
        return _Records(self.header, self._findings)


class _Records:
    """Goes through the lines after the header."""

    def __init__(self, header: SamHeader, findings: FindingLog) -> None:
        self._findings = findings
        self._order = OrderCheck(header, findings)
        lengths = list(header.references.values())
        self.tally = AlignmentTally(lengths, by_coordinate=self._order.by_coordinate)
        self._check = SamLineCheck(header, findings, self.tally)

    def take(self, line: bytes, number: int) -> None:
        place = {"line": number, "record": self.tally.records + 1}
        before = self._findings.errors
        alignment = self._check.take(line, place)
        if alignment is None or alignment.reference == UNKNOWN or self._findings.errors > before:
            return
        if self._order.by_coordinate:
            self._order.take(b"", alignment.reference, alignment.position, place)
            if self._order.broken:
                self.tally.unsorted()
        elif self._order.by_name:
            self._order.take(line.partition(b"\t")[0], alignment.reference, alignment.position, place)
