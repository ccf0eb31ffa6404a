"""Checks FASTQ: every record to the end of the file, usual blocks at once and unusual ones record by record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from qc.formats.base import FindingLog, Outcome
from qc.formats.bgzf import BGZF_EOF
from qc.formats.fastq_blocks import IUPAC, MAX_RECORD, RecordTooLong, feed_blocks
from qc.formats.fastq_records import Lost, Record, blank_lines, check_record, measurable, read_record
from qc.formats.fastq_tally import ReadTally
from qc.formats.packing import Unpacked
from qc.formats.rawbytes import RawBytes
from qc.formats.read_names import NamesDigest
from qc.formats.reads_plain import PlainReader, Reads
from qc.results import Compression, Format

if TYPE_CHECKING:
    from qc.formats.base import Job
    from qc.formats.reads_plain import Reader
    from qc.formats.reads_tables import Tables

SAM_HEADER_LINE = re.compile(rb"@(HD|SQ|RG|PG|CO)\t")
MAX_BLANK = 1 << 16
SINGLY = 64
OLD_ENCODINGS = {"phred64": "Illumina 1.3 to 1.7", "solexa64": "Solexa"}
LF, CRLF = 1, 2
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
        container = FindingLog()
        pieces = Unpacked(RawBytes(job.source), packing, container)
        walk = RecordWalk(job.findings, pieces, multiline=job.multiline, measure=job.measure)
        try:
            feed_blocks(pieces, walk.take)
        except Lost as lost:
            job.findings.error(lost.code, lost.message, record=walk.number + 1, **lost.place)
        except RecordTooLong:
            job.findings.error(
                "record_too_long",
                f"The record that starts at line {walk.line} does not end within {MAX_RECORD >> 20} MiB.",
                line=walk.line,
                record=walk.number + 1,
                expected=f"at most {MAX_RECORD} bytes",
            )
        job.findings.extend(container)
        if pieces.whole and not walk.number and not job.findings.errors:
            job.findings.error("no_records", "The file holds no reads.", expected="at least one record")
        if job.compression is Compression.BGZF and pieces.whole and not job.findings.errors:
            _warn_of_missing_eof(job)
        counts, metrics = walk.measured()
        _tell_old_encoding(job, walk.tally.encoding())
        if pieces.whole and not job.findings.errors:
            counts["names_digest"] = walk.names.hexdigest()
        return Outcome(counts=counts, metrics=metrics, checked=list(CHECKED))


def _tell_old_encoding(job: Job, encoding: str) -> None:
    """Tells of the offsets that Solexa and, until 2011, Illumina used (Cock et al. 2010, table 1)."""
    if encoding in OLD_ENCODINGS:
        message = (
            f"The qualities are written from character 64 on, as {OLD_ENCODINGS[encoding]} did, instead of from 33."
        )
        job.findings.warning("quality_offset", message, found=encoding, expected="phred33")


def _warn_of_missing_eof(job: Job) -> None:
    if not job.source.tail.endswith(BGZF_EOF):
        job.findings.warning(
            "bgzf_eof_missing", "The file is BGZF but lacks the end-of-file block; it may be cut short."
        )


class RecordWalk:
    """Goes through blocks of records, keeping the place, the tally and the digest of the names.

    Where the container turns out to be damaged, the record in which the data ends is not looked at.
    """

    def __init__(
        self, findings: FindingLog, pieces: Unpacked, *, multiline: bool = False, measure: bool = True
    ) -> None:
        self.line = 1
        self.number = 0
        self.tally = ReadTally()
        self.names = NamesDigest()
        self._ends = 0
        self._reader: Reader | None = None
        self._findings = findings
        self._pieces = pieces
        self._multiline = multiline
        self._measure = measure

    def take(self, block: bytes, final: bool) -> int:  # noqa: FBT001
        """Deals with as many whole records as the block holds; returns their size in bytes.

        Usual records are taken by a reader, compiled code unless the first block is the whole file. Where it stops, a
        few records are read singly.
        """
        if self._reader is None:
            made = PlainReader if final else fast_reader
            self._reader = made(self.tally.tables, measure=self._measure)
        final = final and self._pieces.whole
        at = 0
        while at < len(block):
            used = self._take_usual(self._reader, block, at) or self._take_singly(self._reader, block, at, final=final)
            if not used:
                break
            at += used
        return at

    def measured(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The counts and the metrics of all records; where they are not measured, their number and lengths alone."""
        if not self._measure:
            return self.tally.totals(), {}
        reader = self._reader or PlainReader(self.tally.tables, measure=True)
        return self.tally.measured(reader.tracked())

    def _take_usual(self, reader: Reader, block: bytes, at: int) -> int:
        usual = reader.usual(block, at, self._ends)
        if usual is None:
            return 0
        self._see_ends(usual.ends, self.line)
        self.tally.add_lengths(usual.lengths)
        self.names.update(usual.fragments)
        self.number += len(usual.lengths)
        self.line += 4 * len(usual.lengths)
        return usual.size

    def _take_singly(self, reader: Reader, block: bytes, start: int, *, final: bool) -> int:
        at = start
        good: list[Record] = []
        try:
            while at < len(block) and len(good) < SINGLY:
                blank = blank_lines(block, at)
                if at + blank == len(block):
                    at += self._end_blank(block[at:], final=final)
                    break
                record = read_record(block, at + blank, self.line + block.count(b"\n", at, at + blank), final=final)
                if record is None:
                    break
                self._skip_blank(block, at, blank)
                at += blank
                self._count(record)
                good.append(record)
                at += record.size
        finally:
            self._tally(reader, good)
        return at - start

    def _tally(self, reader: Reader, records: list[Record]) -> None:
        """Counts records that were read singly; those with faulty bases or qualities cannot be measured."""
        self.names.add([record.name for record in records])
        sound = [record for record in records if measurable(record)]
        lengths = np.array([len(record.sequence) for record in sound], np.int64)
        self.tally.add_lengths(lengths)
        bases = b"".join(record.sequence for record in sound).replace(b".", b"N")
        reader.add(Reads(bases, b"".join(record.quality for record in sound), lengths))
        self.tally.records += len(records) - len(sound)

    def _count(self, record: Record) -> None:
        if record.size > MAX_RECORD:
            raise RecordTooLong
        self.number += 1
        self._see_ends(record.ends, record.line)
        if record.sequence_lines > 1:
            self._tell_wrapped(record)
        check_record(record, self.number, self._findings)
        self.line += record.lines

    def _tell_wrapped(self, record: Record) -> None:
        message = f"Record {self.number} wraps its sequence over {record.sequence_lines} lines; many tools expect one."
        if self._multiline:
            self._findings.warn_once("wrapped_lines", message, line=record.line, record=self.number)
            return
        expected = "bases on one line, qualities on one line"
        self._findings.error("wrapped_lines", message, line=record.line, record=self.number, expected=expected)

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

    def _see_ends(self, ends: int, line: int) -> None:
        """Tells once of Windows' line ends, and once where they change."""
        if ends & CRLF and not self._ends & CRLF:
            self._findings.warning(
                "crlf", "Lines end with CR LF, as on Windows, instead of LF.", line=line, expected="LF"
            )
        if self._ends | ends == LF | CRLF and self._ends != LF | CRLF:
            message = f"From line {line} on, some lines end with LF and some with CR LF."
            self._findings.warning("mixed_line_ends", message, line=line, expected="LF")
        self._ends |= ends


def fast_reader(tables: Tables, *, measure: bool) -> Reader:
    """A reader in compiled code; the compiler is loaded only where there is much to read."""
    from qc.formats.reads_fast import FastReader  # noqa: PLC0415

    return FastReader(tables, measure=measure)
