"""Checks SAM text line by line (SAM specification 1.6, sections 1.3 to 1.5)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from qc.formats.alignment_tally import AlignmentTally
from qc.formats.base import Outcome, shown
from qc.formats.lines import Lines, LineTooLong
from qc.formats.packing import Unpacked
from qc.formats.rawbytes import RawBytes
from qc.formats.sam_header import REFERENCE_NAME, SamHeader, finish_header, read_header_line
from qc.formats.sam_tags import TAGS, bad_tag, out_of_range, twice
from qc.results import Compression, Format

if TYPE_CHECKING:
    from qc.formats.base import FindingLog, Job

MAX_LINE = 1 << 25
HEADER_START = re.compile(rb"@(HD|SQ|RG|PG|CO)\t")
CIGAR = re.compile(rb"\*|([0-9]+[MIDNSHP=X])+")
OPERATION = re.compile(rb"([0-9]+)([MIDNSHP=X])")
CLIPS = re.compile(rb"(\d+H)?(\d+S)?(\d+[MIDNP=X])*(\d+S)?(\d+H)?")
NAME = re.compile(rb"[!-?A-~]{1,254}")
SEQUENCE = re.compile(rb"\*|[A-Za-z=.]+")
QUALITY = re.compile(rb"[!-~]+")
INTEGERS = (
    (1, "FLAG", 0, 65535),
    (3, "POS", 0, 2**31 - 1),
    (4, "MAPQ", 0, 255),
    (7, "PNEXT", 0, 2**31 - 1),
    (8, "TLEN", -(2**31) + 1, 2**31 - 1),
)
INTEGER = re.compile(rb"-?[0-9]{1,10}")


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
        walk.finish()
        if pieces.whole and not lines.ended and not job.findings.errors:
            job.findings.warning("no_newline_at_end", "The last line has no newline at its end.", line=lines.number)
        counts = walk.tally.counts(len(walk.header.references), walk.header.sort_order)
        return Outcome(counts=counts, metrics={}, checked=["header lines", "every field and tag of every record"])


class SamWalk:
    """Goes through the lines of a SAM file, keeping the header, the last position and the tally."""

    def __init__(self, findings: FindingLog) -> None:
        self.header = SamHeader()
        self.tally = AlignmentTally()
        self._findings = findings
        self._in_header = True
        self._ranks: dict[bytes, int] = {}
        self._last = (-1, -1)

    def take(self, line: bytes, number: int) -> None:
        """Checks one line."""
        if line.endswith(b"\r"):
            self._findings.warn_once("crlf", "Lines end with CR LF instead of LF.", line=number, expected="LF")
            line = line[:-1]
        if self._in_header and line.startswith(b"@"):
            read_header_line(self.header, line, number, self._findings)
            return
        if self._in_header:
            self.finish()
        self._record(line, number)

    def finish(self) -> None:
        """Ends the header; called at the first record and at the end of the file."""
        if self._in_header:
            self._in_header = False
            finish_header(self.header, self._findings)
            self._ranks = {name: rank for rank, name in enumerate(self.header.references)}

    def _record(self, line: bytes, number: int) -> None:
        record = self.tally.records + 1
        fields = line.split(b"\t", 11)
        if len(fields) < 11:
            message = f"Line {number} has {len(fields)} fields but an alignment has at least 11."
            place = {"line": number, "record": record, "found": f"{len(fields)} fields", "expected": "11 or more"}
            self._findings.error("field_count", message, **place)
            self.tally.records += 1
            return
        before = self._findings.errors
        numbers = check_fields(fields, self._ranks, self._findings, number, record)
        if len(fields) == 12:
            check_tags(fields[11], self._findings, number, record)
        bases = 0 if fields[9] == b"*" else len(fields[9])
        self.tally.add(numbers[0], bases)
        if self._findings.errors == before and self.header.sort_order == "coordinate":
            self._check_order(fields[2], numbers[1], number, record)

    def _check_order(self, name: bytes, position: int, number: int, record: int) -> None:
        here = (self._ranks.get(name, len(self._ranks)), position)
        if here < self._last:
            self._findings.error(
                "not_sorted",
                f"The header says sorted by coordinate but the record at line {number} comes before the one above it.",
                line=number,
                record=record,
                found=f"{shown(name)}:{position}",
            )
        self._last = here


def check_fields(
    fields: list[bytes], references: dict[bytes, int], findings: FindingLog, number: int, record: int
) -> tuple[int, int]:
    """Checks the eleven fields of one record (section 1.4); returns FLAG and POS, 0 where they are not numbers."""
    place: dict[str, Any] = {"line": number, "record": record}
    if not NAME.fullmatch(fields[0]):
        message = f"QNAME at line {number} is not 1 to 254 printable characters without '@'."
        findings.error("qname", message, found=fields[0], expected="printable characters without @ and blanks", **place)
    values = {}
    for index, name, low, high in INTEGERS:
        text = fields[index]
        values[name] = int(text) if INTEGER.fullmatch(text) else low - 1
        if not low <= values[name] <= high:
            message = f"{name} at line {number} is '{shown(text)}', not a number from {low} to {high}."
            findings.error(name.lower(), message, found=text, expected=f"{low} to {high}", **place)
            values[name] = 0
    for index, name in ((2, "RNAME"), (6, "RNEXT")):
        value = fields[index]
        if value == b"*" or (index == 6 and value == b"=") or value in references:
            continue
        if not references and REFERENCE_NAME.fullmatch(value):
            findings.warn_once("no_references", "The header declares no references (@SQ).", **place)
            continue
        message = f"{name} at line {number} is '{shown(value)}', which the header does not declare."
        findings.error(name.lower(), message, found=value, expected="a name of an @SQ line", **place)
    _check_sequence(fields, findings, number, place)
    return values["FLAG"], values["POS"]


def check_tags(text: bytes, findings: FindingLog, number: int, record: int) -> None:
    """Checks the optional fields of one record (section 1.5): form, type, range, no tag twice."""
    if not TAGS.fullmatch(text):
        code, message, found = bad_tag(text, number)
        findings.error(code, message, line=number, record=record, found=found, expected="TAG:TYPE:VALUE")
        return
    if wrong := out_of_range(text):
        message = f"The tag {shown(wrong[0][:2])} at line {number} holds a number out of range."
        findings.error("tag_range", message, line=number, record=record, found=wrong[0], expected=wrong[1])
    if tag := twice(text):
        message = f"The tag {shown(tag)} is there twice at line {number}."
        findings.error("tag_twice", message, line=number, record=record, found=tag, expected="each tag once")


def _check_sequence(fields: list[bytes], findings: FindingLog, number: int, place: dict[str, Any]) -> None:
    cigar, sequence, quality = fields[5], fields[9], fields[10]
    problem, query = read_cigar(cigar)
    if problem:
        findings.error("cigar", f"CIGAR at line {number} {problem}.", found=cigar, expected="* or operations", **place)
    if not SEQUENCE.fullmatch(sequence):
        message = f"SEQ at line {number} holds a character that is not a base."
        findings.error("seq", message, found=sequence, expected="* or letters, = and .", **place)
    elif query is not None and sequence != b"*" and query != len(sequence):
        message = f"CIGAR at line {number} covers {query} bases but SEQ has {len(sequence)}."
        findings.error("cigar_length", message, found=str(query), expected=str(len(sequence)), **place)
    if not QUALITY.fullmatch(quality):
        message = f"QUAL at line {number} holds a character outside ! to ~."
        findings.error("qual", message, found=quality, expected="* or printable characters", **place)
    elif quality != b"*" and sequence == b"*":
        message = f"QUAL at line {number} is given although SEQ is '*'."
        findings.error("qual_length", message, found=quality, expected="*", **place)
    elif quality != b"*" and len(quality) != len(sequence):
        message = f"SEQ at line {number} has {len(sequence)} bases but QUAL has {len(quality)} characters."
        findings.error("qual_length", message, found=str(len(quality)), expected=str(len(sequence)), **place)


@lru_cache(maxsize=4096)
def read_cigar(cigar: bytes) -> tuple[str | None, int | None]:
    """What is wrong with a CIGAR (or None), and how many bases of the read it covers (None when that is unknown)."""
    if cigar == b"*":
        return None, None
    if not CIGAR.fullmatch(cigar):
        return "is not a run of lengths and operations", None
    if not CLIPS.fullmatch(cigar):
        return "clips inside the alignment", None
    operations = [(int(length), kind) for length, kind in OPERATION.findall(cigar)]
    if any(length >= 1 << 28 for length, _ in operations):
        return "has an operation longer than 268435455", None
    return None, sum(length for length, kind in operations if kind in b"MIS=X")
