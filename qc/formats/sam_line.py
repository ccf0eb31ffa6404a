"""Takes one alignment line of SAM text apart and judges it (SAM specification 1.6, sections 1.4 and 1.5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from qc.formats.alignment_tally import Alignment
from qc.formats.base import shown
from qc.formats.sam_cigar import Cigar, read_cigar
from qc.formats.sam_header_rules import REFERENCE_NAME
from qc.formats.sam_record import Fields, RecordRules, subject, where

if TYPE_CHECKING:
    from qc.formats.alignment_tally import AlignmentTally
    from qc.formats.base import FindingLog
    from qc.formats.sam_header import SamHeader

NAME = re.compile(rb"[!-?A-~]{1,254}")
SEQUENCE = re.compile(rb"\*|[A-Za-z=.]+")
QUALITY = re.compile(rb"[!-~]+")
OUTSIDE_BAM = re.compile(rb"[^=ACMGRSVTWYHKDBNUacmgrsvtwyhkdbnu.*]")
UNSIGNED = re.compile(rb"0|[1-9][0-9]{0,9}")
SIGNED = re.compile(rb"[-+]?(?:0|[1-9][0-9]{0,9})")
INTEGERS = (
    (1, "FLAG", UNSIGNED, 0, 65535),
    (3, "POS", UNSIGNED, 0, 2**31 - 1),
    (4, "MAPQ", UNSIGNED, 0, 255),
    (7, "PNEXT", UNSIGNED, 0, 2**31 - 1),
    (8, "TLEN", SIGNED, -(2**31) + 1, 2**31 - 1),
)
HARMLESS = {"FLAG": b"4", "POS": b"1"}
USUAL = re.compile(
    rb"([!-?A-~]{1,254})\t(0|[1-9][0-9]{0,3})\t([^\t]+)\t(0|[1-9][0-9]{0,8})\t(0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])"
    rb"\t([^\t]+)\t([^\t]+)\t(0|[1-9][0-9]{0,8})\t([-+]?(?:0|[1-9][0-9]{0,8}))\t(\*|[ACGTN]+)\t([!-~]+)(?:\t|\Z)"
)
PHRED = bytes(max(score - 33, 0) for score in range(256))
UNKNOWN = -2


class SamLineCheck:
    """Checks lines of SAM text against a header and counts what they hold."""

    def __init__(self, header: SamHeader, findings: FindingLog, tally: AlignmentTally) -> None:
        self._findings = findings
        self._tally = tally
        self._indices = {name: index for index, name in enumerate(header.references)}
        self._indices[b"*"] = -1
        self._declared = bool(header.references)
        self._rules = RecordRules(header, list(header.references.values()), findings)

    def take(self, line: bytes, place: dict[str, Any]) -> Alignment | None:
        """Logs every fault of one line and counts it; None when it has too few fields to be an alignment.

        `place` is what findings tell of the place: `record`, and `line` where the file is text.
        """
        usual = USUAL.match(line)
        if usual:
            fields = list(usual.groups())
            tags = line[usual.end() :] if usual.end() < len(line) or line.endswith(b"\t") else None
        else:
            fields = line.split(b"\t", 11)
            if len(fields) < 11:
                message = f"{subject(place)} has {len(fields)} fields but an alignment has at least 11."
                self._findings.error("field_count", message, found=f"{len(fields)} fields", expected="11", **place)
                self._tally.take(Alignment(0))
                return None
            tags = fields.pop() if len(fields) == 12 else None
            self._check_grammar(fields, place)
        return self._judge(fields, tags, place)

    def _judge(self, fields: list[bytes], tags: bytes | None, place: dict[str, Any]) -> Alignment:
        flag, position, quality = int(fields[1]), int(fields[3]), int(fields[4])
        next_position, template = int(fields[7]), int(fields[8])
        reference = self._indices.get(fields[2], UNKNOWN)
        if reference == UNKNOWN:
            self._undeclared(fields[2], "RNAME", place)
        if fields[6] == b"=":
            next_reference = reference
            if reference == -1:
                message = f"RNEXT {where(place)} is '=' although RNAME is '*'."
                self._findings.warn_once("rnext_equal", message, found="=", expected="*", **place)
        else:
            next_reference = self._indices.get(fields[6], UNKNOWN)
            if next_reference == UNKNOWN:
                self._undeclared(fields[6], "RNEXT", place)
        cigar = read_cigar(fields[5])
        if cigar.problem:
            message = f"CIGAR {where(place)} {cigar.problem}."
            self._findings.error("cigar", message, found=fields[5], expected="* or operations", **place)
            cigar = Cigar()
        length = self._length(fields[9], fields[10], place)
        self._rules.check(Fields(flag, reference, position, cigar, next_reference, next_position, length), place)
        if tags is not None:
            self._rules.check_tags(tags, length, place)
        sequence = fields[9] if length else b""
        scores = fields[10].translate(PHRED) if fields[10] != b"*" or length == 1 else b""
        alignment = Alignment(
            flag & 0xFFFF, reference, position - 1, min(quality, 255), template, length, cigar.blocks, sequence, scores
        )
        self._tally.take(alignment)
        return alignment

    def _undeclared(self, name: bytes, field: str, place: dict[str, Any]) -> None:
        """Section 1.4: where there are @SQ lines, they declare every name of a reference."""
        if not self._declared and REFERENCE_NAME.fullmatch(name):
            message = "The header declares no references (@SQ)."
            self._findings.warn_once("no_references", message, **place)
            return
        message = f"{field} {where(place)} is '{shown(name)}', which the header does not declare."
        self._findings.error(field.lower(), message, found=name, expected="a name of an @SQ line", **place)

    def _length(self, sequence: bytes, quality: bytes, place: dict[str, Any]) -> int:
        """The length of SEQ, 0 for '*'; logs where QUAL does not go with it."""
        if sequence == b"*":
            if quality != b"*":
                message = f"QUAL {where(place)} is given although SEQ is '*'."
                self._findings.error("qual_length", message, found=quality, expected="*", **place)
            return 0
        if len(quality) != len(sequence) and quality != b"*":
            message = f"SEQ {where(place)} has {len(sequence)} bases but QUAL has {len(quality)} characters."
            found, expected = str(len(quality)), str(len(sequence))
            self._findings.error("qual_length", message, found=found, expected=expected, **place)
        return len(sequence)

    def _check_grammar(self, fields: list[bytes], place: dict[str, Any]) -> None:
        """Logs which of the eleven fields are not written as they must be, and puts harmless ones in their place."""
        if not NAME.fullmatch(fields[0]):
            message = f"QNAME {where(place)} is not 1 to 254 printable characters without '@'."
            expected = "printable characters without @ and blanks"
            self._findings.error("qname", message, found=fields[0], expected=expected, **place)
        for index, name, pattern, low, high in INTEGERS:
            text = fields[index]
            if not pattern.fullmatch(text) or not low <= int(text) <= high:
                message = f"{name} {where(place)} is '{shown(text)}', not a number from {low} to {high}."
                self._findings.error(name.lower(), message, found=text, expected=f"{low} to {high}", **place)
                fields[index] = HARMLESS.get(name, b"0")
        if not SEQUENCE.fullmatch(fields[9]):
            message = f"SEQ {where(place)} holds a character that is not a base."
            self._findings.error("seq", message, found=fields[9], expected="* or letters, = and .", **place)
        elif OUTSIDE_BAM.search(fields[9]):
            message = f"SEQ {where(place)} holds a letter that is no IUPAC code and is lost in BAM."
            self._findings.warn_once("seq_letters", message, expected="IUPAC codes", **place)
        if not QUALITY.fullmatch(fields[10]):
            message = f"QUAL {where(place)} holds a character outside ! to ~."
            self._findings.error("qual", message, found=fields[10], expected="* or printable characters", **place)
            fields[10] = b"*"
