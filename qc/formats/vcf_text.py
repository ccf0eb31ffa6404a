"""Checks the lines of a VCF file, from text or made from BCF (VCF specification 4.1 to 4.5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from qc.formats.base import shown
from qc.formats.variant_tally import VariantTally
from qc.formats.vcf_declared import VcfHeader
from qc.formats.vcf_definitions import FIRST_STRICT
from qc.formats.vcf_header import read_column_line, read_meta_line
from qc.formats.vcf_info import InfoCheck
from qc.formats.vcf_order import RecordOrder
from qc.formats.vcf_record import RecordCheck
from qc.formats.vcf_samples import SampleCheck

if TYPE_CHECKING:
    from qc.formats.base import FindingLog

MAX_HEADER = 1 << 25
CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")


class NoColumns(Exception):
    """Records come before the line that names the columns, or that line cannot be read; the finding is logged."""


class VcfWalk:
    """Goes through the lines of a VCF file, keeping the header, the place and the tally."""

    def __init__(self, findings: FindingLog) -> None:
        self.header = VcfHeader()
        self.records = 0
        self.number = 0
        self.tally = VariantTally(0)
        self.order = RecordOrder(findings)
        self.record_check = RecordCheck(self.header, findings)
        self.samples = SampleCheck(self.header, findings)
        self._info = InfoCheck(self.header, findings)
        self._findings = findings
        self._header_size = 0
        self._blank = 0

    def take(self, line: bytes) -> None:
        """Checks the next line, which comes without its newline. Raises NoColumns."""
        self.number += 1
        if line.endswith(b"\r"):
            self._findings.warn_once("crlf", "Lines end with CR LF instead of LF.", line=self.number, expected="LF")
            line = line[:-1]
        if self.header.columns:
            self.take_record(line)
        else:
            self._take_header_line(line, self.number)

    def _take_header_line(self, line: bytes, number: int) -> None:
        self._header_size += len(line)
        if self._header_size > MAX_HEADER:
            message = f"The header is still not over at line {number}."
            self._findings.error("header_length", message, line=number, expected=f"at most {MAX_HEADER} bytes")
            raise NoColumns
        self._check_text(line, {"line": number})
        if line.startswith(b"##"):
            read_meta_line(self.header, line, number, self._findings)
        elif line.startswith(b"#"):
            if not self.header.lines:
                self._no_fileformat(line, number)
            if not read_column_line(self.header, line, number, self._findings):
                raise NoColumns
            self.tally = VariantTally(len(self.header.samples))
        elif line.strip() or number == 1:
            if number == 1:
                self._no_fileformat(line, number)
            message = f"Line {number} is a record but no #CHROM line came before it."
            expected = "#CHROM and the columns"
            self._findings.error("column_line_missing", message, line=number, found=line, expected=expected)
            raise NoColumns
        else:
            self._findings.error("blank_line", f"Line {number} is blank.", line=number, expected="a header line")

    def finish(self) -> None:
        """Says so when the file ended before its columns were named, or with blank lines."""
        if not self.header.columns:
            message = "The file ends without a #CHROM line."
            self._findings.error("column_line_missing", message, expected="#CHROM and the columns")
        elif self._blank:
            message = f"The file ends with blank lines from line {self._blank} on."
            self._findings.warning("blank_line", message, line=self._blank, expected="the end of the file")

    def take_record(self, line: bytes) -> None:
        """Checks a line below the header, of which `number` is the number."""
        if not line:
            self._blank = self._blank or self.number
            return
        self.records += 1
        place = {"line": self.number, "record": self.records}
        self._check_blank(place)
        self._check_text(line, place)
        fields = line.split(b"\t")
        if len(fields) != self.header.columns:
            found, expected = f"{len(fields)} columns", f"{self.header.columns} columns"
            message = f"Line {self.number} has {found} but the header names {self.header.columns}."
            self._findings.error("column_count", message, found=found, expected=expected, **place)
            return
        position, alternates = self.record_check.fixed(fields, place)
        self.order.check(line, fields, position, place)
        self._info.check(fields, alternates, place)
        if len(fields) > 8:
            self.samples.check(fields[8:], len(alternates), place)
        self.tally.add(fields, alternates)

    def counts(self) -> dict[str, Any]:
        """The scalars of a verdict."""
        return {
            "variants": self.records,
            "samples": len(self.header.samples),
            **self.tally.counts(),
            "contigs": len(self.order.contigs),
            "version": self.header.version,
        }

    def metrics(self) -> dict[str, Any]:
        """The distributions of a verdict."""
        return self.tally.metrics(self.header.samples) if self.records else {}

    def _no_fileformat(self, line: bytes, number: int) -> None:
        message = f"Line {number} must say ##fileformat=VCFv4.x but says '{shown(line)}'."
        self._findings.error("fileformat", message, line=number, found=line, expected="##fileformat=VCFv4.x")

    def _check_blank(self, place: dict[str, Any]) -> None:
        """A blank line is no record; at the end of a file it means nothing, before a record something is missing."""
        if self._blank:
            message = f"Line {self._blank} is blank."
            self._findings.error("blank_line", message, line=self._blank, expected="a record", record=place["record"])
            self._blank = 0

    def _check_text(self, line: bytes, place: dict[str, Any]) -> None:
        """Section 1.2: text is UTF-8 since 4.3, ASCII before; control characters have no place in it."""
        if not line.isascii():
            self._check_encoding(line, place)
        if control := CONTROL.search(line):
            message = f"Line {place['line']} holds the control character {control.group()[0]:#04x}."
            self._findings.error("control_character", message, found=control.group(), expected="text", **place)

    def _check_encoding(self, line: bytes, place: dict[str, Any]) -> None:
        try:
            line.decode()
        except UnicodeDecodeError as error:
            message = f"Line {place['line']} is not valid UTF-8."
            report = self._findings.error if self.header.minor >= FIRST_STRICT else self._findings.warning
            found = line[error.start : error.start + 8]
            report("encoding", message, found=found, expected="UTF-8", **place)
