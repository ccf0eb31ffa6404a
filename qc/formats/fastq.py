"""Checks FASTQ: every record to the end of the file, usual blocks at once and unusual ones record by record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from qc.formats.base import Outcome
from qc.formats.bgzf import BGZF_EOF
from qc.formats.fastq_blocks import IUPAC, MAX_RECORD, RecordTooLong, columns_of, feed_blocks, usual_letters
from qc.formats.fastq_records import Lost, Record, blank_lines, check_record, read_record
from qc.formats.fastq_tally import ReadTally
from qc.formats.packing import Unpacked
from qc.formats.rawbytes import RawBytes
from qc.formats.read_names import NamesDigest
from qc.results import Compression, Format

if TYPE_CHECKING:
    from qc.formats.base import FindingLog, Job

SAM_HEADER_LINE = re.compile(rb"@(HD|SQ|RG|PG|CO)\t")
MAX_BLANK = 1 << 16
WINDOW = 1 << 17
CHECKED = [
    "framing of every record",
    "name, bases, repeated name and quality characters",
    "as many qualities as bases",
    "quality encoding",
]


class FastqCheck:
    """FASTQ, plain or in gzip of any kind."""

    format = Format.FASTQ
    extensions = (".fastq", ".fq")
    packing = Compression.NONE

    def matches(self, head: bytes) -> bool:
        """FASTQ begins with '@'; its second line is bases or its third begins with '+'. A SAM header does not count."""
        lines = head.split(b"\n", 3)
        if not head.startswith(b"@") or SAM_HEADER_LINE.match(head) or len(lines) < 2:
            return False
        bases = lines[1].rstrip(b"\r")
        only_bases = bases != b"" and not bases.translate(None, IUPAC + b".")
        return only_bases or (len(lines) > 2 and lines[2].startswith(b"+"))

    def check(self, job: Job) -> Outcome:
        """Reads every record; after a broken frame the rest cannot be told apart and is not looked at."""
        packing = Compression.NONE if job.compression is Compression.NONE else Compression.GZIP
        pieces = Unpacked(RawBytes(job.source), packing, job.findings)
        walk = RecordWalk(job.findings)
        try:
            feed_blocks(pieces, walk.take)
        except Lost as lost:
            if pieces.whole or lost.code != "record_truncated":
                job.findings.error(lost.code, lost.message, record=walk.number + 1, **lost.place)
        except RecordTooLong:
            job.findings.error(
                "record_too_long",
                f"The record that starts at line {walk.line} does not end within {MAX_RECORD >> 20} MiB.",
                line=walk.line,
                record=walk.number + 1,
                expected=f"at most {MAX_RECORD} bytes",
            )
        if pieces.whole and not walk.number and not job.findings.errors:
            job.findings.error("no_records", "The file holds no reads.", expected="at least one record")
        if job.compression is Compression.BGZF and pieces.whole and not job.findings.errors:
            _warn_of_missing_eof(job)
        counts = walk.tally.counts()
        if pieces.whole and not job.findings.errors:
            counts["names_digest"] = walk.names.hexdigest()
        return Outcome(counts=counts, metrics=walk.tally.metrics(), checked=list(CHECKED))


def _warn_of_missing_eof(job: Job) -> None:
    if not job.source.tail.endswith(BGZF_EOF):
        job.findings.warning(
            "bgzf_eof_missing", "The file is BGZF but lacks the end-of-file block; it may be cut short."
        )


class RecordWalk:
    """Goes through blocks of records, keeping the place, the tally and the digest of the names."""

    def __init__(self, findings: FindingLog) -> None:
        self.line = 1
        self.number = 0
        self.tally = ReadTally()
        self.names = NamesDigest()
        self._findings = findings

    def take(self, block: bytes, final: bool) -> int:  # noqa: FBT001
        """Deals with as many whole records as the block holds; returns their size in bytes.

        A block in which anything is unusual is gone through in small windows, so that only few records are read singly.
        """
        used = self._take_usual(block)
        if used:
            return used
        at = 0
        while at < len(block):
            window = block[at : at + WINDOW]
            last = at + WINDOW >= len(block)
            used = self._take_usual(window) or self._take_singly(window, final=final and last)
            if not used and not last:
                used = self._take_singly(block[at:], final=final)
            if not used:
                break
            at += used
        return at

    def _take_usual(self, block: bytes) -> int:
        columns = columns_of(block)
        letters = usual_letters(columns) if columns else None
        if columns is None or letters is None:
            return 0
        if columns.crlf:
            self._warn_of_crlf(self.line)
        self.tally.add(columns.lengths, *letters)
        self.names.add(columns.names)
        self.number += len(columns.names)
        self.line += 4 * len(columns.names)
        return columns.size

    def _take_singly(self, block: bytes, *, final: bool) -> int:
        at = 0
        good: list[Record] = []
        try:
            while at < len(block):
                blank = blank_lines(block, at)
                if at + blank == len(block):
                    at += self._end_blank(block[at:], final=final)
                    break
                self._skip_blank(block, at, blank)
                at += blank
                record = read_record(block, at, self.line, final=final)
                if record is None:
                    break
                self._count(record)
                good.append(record)
                at += record.size
        finally:
            lengths = np.array([len(r.sequence) for r in good], np.int64)
            self.tally.add(lengths, b"".join(r.sequence for r in good), b"".join(r.quality for r in good))
            self.names.add([r.name for r in good])
        return at

    def _count(self, record: Record) -> None:
        self.number += 1
        if record.crlf:
            self._warn_of_crlf(record.line)
        if record.sequence_lines > 1:
            self._findings.warn_once(
                "wrapped_lines",
                f"Record {self.number} wraps its sequence over {record.sequence_lines} lines; many tools expect one.",
                line=record.line,
                record=self.number,
            )
        check_record(record, self.number, self._findings)
        self.line += record.lines

    def _skip_blank(self, block: bytes, at: int, size: int) -> None:
        if size:
            self._findings.error(
                "blank_line",
                f"Line {self.line} is blank between records.",
                line=self.line,
                record=self.number + 1,
                expected="@ and the name of a read",
            )
            self.line += block.count(b"\n", at, at + size)

    def _end_blank(self, rest: bytes, *, final: bool) -> int:
        if len(rest) > MAX_BLANK:
            message = f"More than {MAX_BLANK} bytes of blank lines begin at line {self.line}."
            raise Lost("blank_line", message, line=self.line, expected="@ and the name of a read")
        if not final:
            return 0
        if self.number and rest:
            self._findings.warn_once("blank_lines_at_end", "Blank lines follow the last record.", line=self.line)
        return len(rest)

    def _warn_of_crlf(self, line: int) -> None:
        self._findings.warn_once(
            "crlf", "Lines end with CR LF, as on Windows, instead of LF.", line=line, expected="LF"
        )
