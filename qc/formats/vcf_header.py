"""Checks the meta-information lines and the column line of VCF (VCF specification 4.1 to 4.5, sections 1.2 to 1.5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qc.formats.base import shown
from qc.formats.vcf_declared import Declared, MetaLine
from qc.formats.vcf_meta import BadMeta, parse_structured
from qc.formats.vcf_meta_rules import LENGTH, check_fields, check_url, define, required

if TYPE_CHECKING:
    from qc.formats.base import FindingLog
    from qc.formats.vcf_declared import VcfHeader

COLUMNS = [b"#CHROM", b"POS", b"ID", b"REF", b"ALT", b"QUAL", b"FILTER", b"INFO"]
VERSION = re.compile(rb"VCFv4\.([0-9])")
NEWEST = 5
URLS = (b"assembly", b"pedigreeDB")


def read_meta_line(header: VcfHeader, line: bytes, number: int, findings: FindingLog) -> None:
    """Takes a line that begins with '##' into the header, logging what the specification forbids."""
    header.lines += 1
    key, equals, value = line[2:].partition(b"=")
    if header.lines == 1:
        _read_version(header, line, number, findings)
        return
    if not equals or not key or not value:
        findings.error(
            "meta_line", f"Header line {number} is not ##key=value.", line=number, found=line, expected="##key=value"
        )
    elif key == b"fileformat":
        findings.error("fileformat_twice", f"Line {number} is a second ##fileformat line.", line=number, found=value)
    elif key in URLS:
        check_url(key, value, number, findings)
    elif required(key, header.minor) is not None:
        _read_structured(header, key, value, number, findings)


def _read_version(header: VcfHeader, line: bytes, number: int, findings: FindingLog) -> None:
    value = line.removeprefix(b"##fileformat=")
    matched = VERSION.fullmatch(value)
    if value == line or not matched:
        findings.error(
            "fileformat",
            f"Line {number} must say ##fileformat=VCFv4.x but says '{shown(line)}'.",
            line=number,
            found=line,
            expected="##fileformat=VCFv4.x",
        )
        return
    header.version = value.decode()
    header.minor = int(matched.group(1))
    if header.minor > NEWEST:
        findings.warning(
            "version_new", f"{header.version} is newer than what is known here (VCFv4.{NEWEST}).", line=number
        )


def _read_structured(header: VcfHeader, key: bytes, value: bytes, number: int, findings: FindingLog) -> None:
    name = shown(key)
    try:
        fields, spaced = parse_structured(value)
    except BadMeta as bad:
        findings.error(
            "meta_value", f"Header line {number} (##{name}) {bad}.", line=number, found=value, expected="<ID=…,…>"
        )
        return
    if spaced:
        findings.warn_once(
            "meta_blank", f"Header line {number} (##{name}) has blanks around its keys or at its end.", line=number
        )
    line = MetaLine(key, fields, value, number)
    if check_fields(line, header.minor, findings) and b"ID" in fields:
        _declare(header, line, findings)


def _declare(header: VcfHeader, line: MetaLine, findings: FindingLog) -> None:
    identity = line.fields[b"ID"].text
    texts = (line.fields.get(key) for key in (b"Number", b"Type", b"length", b"IDX"))
    declared = Declared(*(text and text.text for text in texts))
    before = header.known.setdefault((line.key, identity), declared)
    if before is not declared and not _repeats(before, declared, line, findings):
        return
    match line.key:
        case b"INFO" | b"FORMAT":
            define(header, line, findings)
        case b"FILTER":
            header.filters.add(identity)
        case b"ALT":
            header.alleles.add(identity)
        case b"contig":
            _read_contig(header, line, findings)


def _repeats(before: Declared, now: Declared, line: MetaLine, findings: FindingLog) -> bool:
    """Tells of an ID that is declared twice; returns whether the second line adds the length of a contig."""
    identity = line.fields[b"ID"].text
    message = f"Header line {line.number} declares the {shown(line.key)} '{shown(identity)}' a second time"
    if any(old and new and old != new for old, new in zip(before[:3], now[:3], strict=True)):
        findings.error("meta_duplicate", f"{message} and differently.", line=line.number, found=identity)
        return False
    findings.warn_once("meta_repeated", f"{message}.", line=line.number, found=identity)
    return line.key == b"contig" and before.length is None


def _read_contig(header: VcfHeader, line: MetaLine, findings: FindingLog) -> None:
    identity, length = line.fields[b"ID"].text, line.fields.get(b"length")
    if length is not None and not LENGTH.fullmatch(length.text):
        message = f"The length of contig '{shown(identity)}' in header line {line.number} is not a number."
        findings.error("meta_length", message, line=line.number, found=length.text, expected="a number")
        length = None
    header.contigs[identity] = int(length.text) if length else None


def read_column_line(header: VcfHeader, line: bytes, number: int, findings: FindingLog) -> bool:
    """Takes the line that begins with '#CHROM' into the header; returns False when the columns cannot be told."""
    columns = line.split(b"\t")
    if columns[:8] != COLUMNS or (len(columns) > 8 and columns[8] != b"FORMAT"):
        blanks = b"\t" not in line
        message = f"Line {number} does not name the columns " + (
            "apart by tabs." if blanks else "of VCF in their order."
        )
        expected = "#CHROM POS ID REF ALT QUAL FILTER INFO, by tabs"
        findings.error("column_line", message, line=number, found=line, expected=expected)
        return False
    header.columns = len(columns)
    header.samples = columns[9:]
    if len(columns) == 9:
        message = f"Line {number} has a FORMAT column but no samples."
        findings.error("no_samples", message, line=number, found="9 columns", expected="8, or 10 and more")
    seen: set[bytes] = set()
    for sample in header.samples:
        if not sample.strip():
            findings.error("sample_name", f"Line {number} has a sample without a name.", line=number, expected="a name")
        elif sample in seen:
            message = f"Line {number} names the sample '{shown(sample)}' twice."
            findings.error("sample_twice", message, line=number, found=sample, expected="different names")
        seen.add(sample)
    return True
