"""Checks the meta-information lines and the column line of VCF (VCF specification 4.1 to 4.5, sections 1.2 to 1.5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qc.formats.base import shown
from qc.formats.vcf_definitions import RESERVED, Definition
from qc.formats.vcf_meta import BadMeta, parse_structured

if TYPE_CHECKING:
    from qc.formats.base import FindingLog

COLUMNS = [b"#CHROM", b"POS", b"ID", b"REF", b"ALT", b"QUAL", b"FILTER", b"INFO"]
VERSION = re.compile(rb"VCFv4\.([0-9])")
NEWEST = 5
REQUIRED = {
    b"INFO": (b"ID", b"Number", b"Type", b"Description"),
    b"FORMAT": (b"ID", b"Number", b"Type", b"Description"),
    b"FILTER": (b"ID", b"Description"),
    b"ALT": (b"ID", b"Description"),
    b"contig": (b"ID",),
}
TYPES = {
    b"INFO": (b"Integer", b"Float", b"Flag", b"Character", b"String"),
    b"FORMAT": (b"Integer", b"Float", b"Character", b"String"),
}
NUMBER = re.compile(rb"[0-9]{1,9}|\.|A|R|G|P|LA|LR|LG|M")


class VcfHeader:
    """What a header declares. `minor` is the 4.x version; `samples` are the names of the columns after FORMAT."""

    def __init__(self) -> None:
        self.lines = 0
        self.minor = 2
        self.version: str | None = None
        self.definitions: dict[bytes, dict[bytes, Definition]] = {b"INFO": {}, b"FORMAT": {}}
        self.filters: set[bytes] = set()
        self.contigs: dict[bytes, int | None] = {}
        self.columns = 0
        self.samples: list[bytes] = []
        self.known: dict[tuple[bytes, bytes], dict[bytes, bytes]] = {}


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
    elif key in REQUIRED:
        _read_definition(header, key, value, number, findings)


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


def _read_definition(header: VcfHeader, key: bytes, value: bytes, number: int, findings: FindingLog) -> None:
    name = shown(key)
    try:
        fields, spaced = parse_structured(value)
    except BadMeta as bad:
        findings.error(
            "meta_value", f"Header line {number} (##{name}) {bad}.", line=number, found=value, expected="<ID=…,…>"
        )
        return
    if spaced:
        findings.warn_once("meta_blank", f"Header line {number} (##{name}) has blanks around its keys.", line=number)
    for wanted in REQUIRED[key]:
        if wanted not in fields:
            message = f"Header line {number} (##{name}) lacks the required key {shown(wanted)}."
            findings.error("meta_key_missing", message, line=number, found=value, expected=f"{shown(wanted)}=…")
            return
    if not (identity := fields[b"ID"].text):
        findings.error("meta_id", f"Header line {number} (##{name}) has an empty ID.", line=number, expected="an ID")
        return
    if b"Description" in REQUIRED[key] and not fields[b"Description"].quoted:
        message = f"The Description in header line {number} (##{name}) is not in double quotes."
        findings.error("meta_description", message, line=number, found=fields[b"Description"].text, expected='"…"')
    plain = {k: v.text for k, v in fields.items()}
    _declare(header, key, identity, plain, number, findings)


def _declare(
    header: VcfHeader, key: bytes, identity: bytes, fields: dict[bytes, bytes], number: int, findings: FindingLog
) -> None:
    before = header.known.setdefault((key, identity), fields)
    if before is not fields:
        differs = any(before.get(k) != fields.get(k) for k in (b"Number", b"Type", b"length"))
        message = f"Header line {number} declares the {shown(key)} '{shown(identity)}' a second time"
        if differs:
            findings.error("meta_duplicate", f"{message} and differently.", line=number, found=identity)
        else:
            findings.warn_once("meta_repeated", f"{message}.", line=number, found=identity)
        return
    match key:
        case b"INFO" | b"FORMAT":
            _define(header, key, identity, fields, number, findings)
        case b"FILTER":
            header.filters.add(identity)
        case b"contig":
            length = fields.get(b"length")
            if length is not None and not re.fullmatch(rb"[0-9]{1,18}", length):
                message = f"The length of contig '{shown(identity)}' in header line {number} is not a number."
                findings.error("meta_length", message, line=number, found=length, expected="a number")
                length = None
            header.contigs[identity] = int(length) if length else None


def _define(
    header: VcfHeader, key: bytes, identity: bytes, fields: dict[bytes, bytes], number: int, findings: FindingLog
) -> None:
    count, kind = fields[b"Number"], fields[b"Type"]
    name = f"{shown(key)} '{shown(identity)}' in header line {number}"
    if kind not in TYPES[key]:
        expected = ", ".join(map(shown, TYPES[key]))
        findings.error(
            "meta_type", f"The Type of {name} is '{shown(kind)}'.", line=number, found=kind, expected=expected
        )
        return
    if not NUMBER.fullmatch(count):
        expected = "a number, A, R, G or ."
        findings.error(
            "meta_number", f"The Number of {name} is '{shown(count)}'.", line=number, found=count, expected=expected
        )
        return
    if (kind == b"Flag") != (count == b"0"):
        message = f"The {name} has Type {shown(kind)} and Number {shown(count)}; 0 goes with Flag and only with Flag."
        findings.warn_once("meta_flag_number", message, about=name, line=number, found=count)
    wanted = RESERVED[key].get(identity)
    if wanted and Definition(count, kind) != wanted:
        _differs_from_reserved(header, identity, Definition(count, kind), wanted, number, findings)
    header.definitions[key][identity] = Definition(count, kind)


def _differs_from_reserved(
    header: VcfHeader, identity: bytes, found: Definition, wanted: Definition, number: int, findings: FindingLog
) -> None:
    """Reserved keys have a fixed Number and Type since 4.3 (tables 1 and 2); before, only GT had."""
    has, should = (f"Number={shown(d.number)}, Type={shown(d.kind)}" for d in (found, wanted))
    message = f"Header line {number} declares the reserved key {shown(identity)} with {has} instead of {should}."
    if identity == b"GT" or (header.minor >= 3 and (found.kind != wanted.kind or found.number != b".")):
        findings.error("meta_reserved", message, line=number, found=has, expected=should)
    elif found.kind != wanted.kind:
        findings.warn_once("meta_reserved", message, about=shown(identity), line=number, found=has, expected=should)


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
