"""Checks the lines of a VCF file, from text or made from BCF (VCF specification 4.1 to 4.5)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from qc.formats.base import shown
from qc.formats.vcf_header import VcfHeader, read_column_line, read_meta_line
from qc.formats.vcf_record import RecordCheck
from qc.formats.vcf_samples import SampleCheck

if TYPE_CHECKING:
    from qc.formats.base import FindingLog

MAX_CONTIGS = 1 << 20
MAX_AT_ONE_PLACE = 1 << 14
TRANSITIONS = frozenset({(b"A", b"G"), (b"G", b"A"), (b"C", b"T"), (b"T", b"C")})
BASES = frozenset(b"ACGT")


class NoColumns(Exception):
    """Records come before the line that names the columns, or that line cannot be read; the finding is logged."""


class VcfWalk:
    """Goes through the lines of a VCF file, keeping the header, the place and the tally."""

    def __init__(self, findings: FindingLog) -> None:
        self.header = VcfHeader()
        self.records = 0
        self.kinds: Counter[str] = Counter()
        self._findings = findings
        self._record = RecordCheck(self.header, findings)
        self._samples = SampleCheck(self.header, findings)
        self._contigs: set[bytes] = set()
        self._here = (b"", b"")
        self._variants: set[int] = set()
        self._lines: set[int] = set()
        self._chrom = b""
        self._position = -1

    def take(self, line: bytes, number: int) -> None:
        """Checks one line. Raises NoColumns."""
        if line.endswith(b"\r"):
            self._findings.warn_once("crlf", "Lines end with CR LF instead of LF.", line=number, expected="LF")
            line = line[:-1]
        if self.header.columns:
            self.take_record(line, number)
        elif line.startswith(b"##"):
            read_meta_line(self.header, line, number, self._findings)
        elif line.startswith(b"#"):
            if not self.header.lines:
                self._no_fileformat(line, number)
            if not read_column_line(self.header, line, number, self._findings):
                raise NoColumns
        elif line.strip():
            if number == 1:
                self._no_fileformat(line, number)
            message = f"Line {number} is a record but no #CHROM line came before it."
            self._findings.error(
                "column_line_missing", message, line=number, found=line, expected="#CHROM and the columns"
            )
            raise NoColumns
        else:
            self._findings.error("blank_line", f"Line {number} is blank.", line=number, expected="a header line")

    def finish(self) -> None:
        """Says so when the file ended before its columns were named."""
        if not self.header.columns:
            message = "The file ends without a #CHROM line."
            self._findings.error("column_line_missing", message, expected="#CHROM and the columns")

    def take_record(self, line: bytes, number: int) -> None:
        """Checks one line below the header."""
        self.records += 1
        place = {"line": number, "record": self.records}
        fields = line.split(b"\t")
        if len(fields) != self.header.columns:
            self._field_count(line, fields, place)
            return
        position, alternates = self._record.fixed(fields, place)
        self._check_order(fields[0], position, place)
        self._check_repeated(line, fields, place)
        self._record.info(fields[7], len(alternates), place)
        if len(fields) > 8:
            self._samples.check(fields[8:], len(alternates), place)
        self._classify(fields[3], alternates)

    def counts(self) -> dict[str, Any]:
        """The scalars of a verdict."""
        transversions = self.kinds["transversions"]
        return {
            "variants": self.records,
            "samples": len(self.header.samples),
            "snps": self.kinds["snps"],
            "indels": self.kinds["indels"],
            "others": self.kinds["others"],
            "ti_tv": round(self.kinds["transitions"] / transversions, 3) if transversions else None,
            "contigs": len(self._contigs),
            "version": self.header.version,
        }

    def _no_fileformat(self, line: bytes, number: int) -> None:
        message = f"Line {number} must say ##fileformat=VCFv4.x but says '{shown(line)}'."
        self._findings.error("fileformat", message, line=number, found=line, expected="##fileformat=VCFv4.x")

    def _field_count(self, line: bytes, fields: list[bytes], place: dict[str, Any]) -> None:
        number, columns = place["line"], self.header.columns
        if not line.strip():
            message = f"Line {number} is blank."
            self._findings.error("blank_line", message, expected="a record", **place)
            self.records -= 1
            return
        message = f"Line {number} has {len(fields)} columns but the header names {columns}."
        self._findings.error(
            "column_count", message, found=f"{len(fields)} columns", expected=f"{columns} columns", **place
        )

    def _check_order(self, chrom: bytes, position: int, place: dict[str, Any]) -> None:
        """Section 1.6.1: POS increases within a CHROM, whose entries form a contiguous block."""
        line = place["line"]
        if chrom != self._chrom:
            if chrom in self._contigs:
                message = f"CHROM '{shown(chrom)}' at line {line} comes back after another one."
                self._findings.error(
                    "not_contiguous", message, found=chrom, expected="all records of a CHROM together", **place
                )
            elif len(self._contigs) < MAX_CONTIGS:
                self._contigs.add(chrom)
            self._chrom, self._position = chrom, -1
        if 0 <= position < self._position:
            message = f"POS {position} at line {line} comes after POS {self._position}."
            self._findings.error(
                "not_sorted", message, found=str(position), expected=f"{self._position} or more", **place
            )
        self._position = max(position, self._position)

    def _check_repeated(self, line: bytes, fields: list[bytes], place: dict[str, Any]) -> None:
        """Tells of a variant that is there twice; a line that is there twice is an error."""
        here = (fields[0], fields[1])
        if here != self._here:
            self._here, self._variants, self._lines = here, set(), set()
        variant, digest = hash((fields[3], fields[4])), hash(line)
        if digest in self._lines:
            message = f"Line {place['line']} repeats a record above it letter by letter."
            self._findings.error("record_repeated", message, found=line, expected="each record once", **place)
        elif variant in self._variants:
            message = f"The variant at line {place['line']} is there twice."
            self._findings.warn_once("variant_repeated", message, found=b" ".join(fields[:5]), **place)
        if len(self._lines) < MAX_AT_ONE_PLACE:
            self._variants.add(variant)
            self._lines.add(digest)

    def _classify(self, ref: bytes, alternates: list[bytes]) -> None:
        kinds: set[str] = set()
        for alt in alternates:
            if len(ref) == 1 and len(alt) == 1 and alt[0] in BASES:
                kinds.add("snps")
                self.kinds["transitions" if (ref.upper(), alt) in TRANSITIONS else "transversions"] += 1
            elif alt.isalpha() and len(alt) != len(ref):
                kinds.add("indels")
            else:
                kinds.add("others")
        self.kinds.update(kinds)
