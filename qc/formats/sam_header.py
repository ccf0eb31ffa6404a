"""Checks the header text that SAM, BAM and CRAM share (SAM specification 1.6, section 1.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qc.formats.base import shown

if TYPE_CHECKING:
    from qc.formats.base import FindingLog

REFERENCE_NAME = re.compile(rb"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*")
TAG = re.compile(rb"([A-Za-z][A-Za-z0-9]):([^\t]+)", re.DOTALL)
CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
MAX_LENGTH = 2**31 - 1
REQUIRED = {b"HD": (b"VN",), b"SQ": (b"SN", b"LN"), b"RG": (b"ID",), b"PG": (b"ID",)}
UNIQUE = {b"SQ": b"SN", b"RG": b"ID", b"PG": b"ID"}
PLATFORMS = frozenset(
    b"CAPILLARY DNBSEQ ELEMENT HELICOS ILLUMINA IONTORRENT LS454 ONT PACBIO SINGULAR SOLID ULTIMA".split()
)
VALUES: dict[bytes, dict[bytes, tuple[re.Pattern[bytes], str]]] = {
    b"HD": {
        b"VN": (re.compile(rb"[0-9]+\.[0-9]+"), "a version like 1.6"),
        b"SO": (re.compile(rb"unknown|unsorted|queryname|coordinate"), "unknown, unsorted, queryname or coordinate"),
        b"GO": (re.compile(rb"none|query|reference"), "none, query or reference"),
        b"SS": (re.compile(rb"(coordinate|queryname|unsorted)(:[A-Za-z0-9_-]+)+"), "sort order and sub-sort order"),
    },
    b"SQ": {
        b"SN": (REFERENCE_NAME, "a name without blanks, commas, brackets or quotes"),
        b"LN": (re.compile(rb"[0-9]{1,10}"), "a length from 1 to 2147483647"),
        b"M5": (re.compile(rb"[0-9A-Fa-f]{32}"), "an MD5 of 32 hexadecimal digits"),
        b"TP": (re.compile(rb"linear|circular"), "linear or circular"),
    },
    b"RG": {
        b"FO": (re.compile(rb"\*|[ACMGRSVTWYHKDBN]+"), "* or IUPAC bases"),
        b"PI": (re.compile(rb"[+-]?[0-9]+(\.[0-9]*)?"), "a number"),
    },
    b"PG": {},
}


class SamHeader:
    """What a header says: references with their lengths in order, read groups, programs, sort order."""

    def __init__(self) -> None:
        self.lines = 0
        self.references: dict[bytes, int] = {}
        self.md5s: dict[bytes, bytes] = {}
        self.read_groups: set[bytes] = set()
        self.programs: dict[bytes, tuple[bytes | None, int]] = {}
        self.sort_order = "unknown"
        self.version: str | None = None
        self._alternative: dict[bytes, bytes] = {}


def read_header_line(header: SamHeader, line: bytes, number: int, findings: FindingLog) -> None:
    """Takes one line that begins with '@' into the header, logging what the specification forbids."""
    header.lines += 1
    line = line.removesuffix(b"\r")
    kind = line[1:3]
    if not re.match(rb"@[A-Za-z][A-Za-z](\t|$)", line):
        findings.error(
            "header_line",
            f"Line {number} is not a header line: '@', two letters and a tab must come first.",
            line=number,
            found=line,
            expected="@HD, @SQ, @RG, @PG or @CO and a tab",
        )
        return
    if kind == b"CO":
        return
    if kind not in REQUIRED:
        if not kind.islower() and kind.isupper():
            findings.warn_once("header_kind", f"Line {number} has the unknown header type @{shown(kind)}.", line=number)
        return
    if kind == b"HD" and header.lines > 1:
        findings.error("header_order", f"Line {number} is an @HD line; @HD must be the first line.", line=number)
    if control := CONTROL.search(line):
        message = f"Header line {number} holds a control character."
        findings.error("header_character", message, line=number, found=control.group())
    _keep(header, kind, _tags(kind, line, number, findings), number, findings)


def _tags(kind: bytes, line: bytes, number: int, findings: FindingLog) -> dict[bytes, bytes]:
    tags: dict[bytes, bytes] = {}
    for field in line.split(b"\t")[1:]:
        matched = TAG.fullmatch(field)
        if not matched:
            findings.error(
                "header_field",
                f"Header line {number} (@{shown(kind)}) holds a field that is not TAG:VALUE.",
                line=number,
                found=field,
                expected="TAG:VALUE",
            )
            continue
        tag, value = matched.groups()
        if tag in tags:
            message = f"Header line {number} (@{shown(kind)}) has the tag {shown(tag)} twice."
            findings.error("header_tag_twice", message, line=number, found=field, expected="each tag once")
        tags[tag] = value
        pattern, expected = VALUES[kind].get(tag, (None, ""))
        if pattern and not pattern.fullmatch(value):
            message = (
                f"Header line {number} has {shown(tag)}:{shown(value)} in @{shown(kind)}, but expected {expected}."
            )
            findings.error("header_value", message, line=number, found=value, expected=expected)
    for tag in REQUIRED[kind]:
        if tag not in tags:
            message = f"Header line {number} (@{shown(kind)}) lacks the required tag {shown(tag)}."
            findings.error("header_tag_missing", message, line=number, found=line, expected=f"{shown(tag)}:…")
    return tags


def _keep(header: SamHeader, kind: bytes, tags: dict[bytes, bytes], number: int, findings: FindingLog) -> None:
    known = {b"SQ": header.references, b"RG": header.read_groups, b"PG": header.programs}.get(kind)
    name = tags.get(UNIQUE.get(kind, b""))
    if known is not None and name is not None and name in known:
        message = f"Header line {number} declares the @{shown(kind)} '{shown(name)}' a second time."
        findings.error("header_duplicate", message, line=number, found=name, expected="a name that is not taken")
        return
    match kind:
        case b"HD":
            header.sort_order = tags.get(b"SO", b"unknown").decode("latin-1")
            header.version = shown(tags.get(b"VN", b""))
        case b"SQ" if name is not None:
            length = int(tags.get(b"LN", b"0")) if tags.get(b"LN", b"").isdigit() else 0
            if b"LN" in tags and tags[b"LN"].isdigit() and not 1 <= length <= MAX_LENGTH:
                message = f"Header line {number} gives the reference '{shown(name)}' the length {length}."
                findings.error("header_value", message, line=number, found=str(length), expected="1 to 2147483647")
            header.references[name] = length
            if b"M5" in tags:
                header.md5s[name] = tags[b"M5"].lower()
        case b"RG" if name is not None:
            header.read_groups.add(name)
            if (platform := tags.get(b"PL")) and platform not in PLATFORMS:
                findings.warn_once(
                    "header_platform",
                    f"Header line {number} names the platform '{shown(platform)}', which is not a listed one.",
                    line=number,
                    found=platform,
                )
        case b"PG" if name is not None:
            header.programs[name] = (tags.get(b"PP"), number)


def finish_header(header: SamHeader, findings: FindingLog) -> None:
    """Checks what only the whole header tells: that a program's PP names a program (section 1.3, @PG PP)."""
    for name, (previous, number) in header.programs.items():
        if previous is not None and previous not in header.programs:
            findings.error(
                "header_program_chain",
                f"Header line {number}: program '{shown(name)}' follows '{shown(previous)}', which is not declared.",
                line=number,
                found=previous,
                expected="the ID of another @PG line",
            )


def check_header_text(text: bytes, findings: FindingLog) -> SamHeader:
    """Checks the header text of a BAM or CRAM file; trailing NUL bytes are padding (section 4.2)."""
    header = SamHeader()
    lines = text.rstrip(b"\0").split(b"\n")
    for number, line in enumerate(lines, 1):
        if line:
            read_header_line(header, line, number, findings)
        elif number < len(lines):
            findings.error("header_line", f"Header line {number} is blank.", line=number, expected="a header line")
    finish_header(header, findings)
    return header
