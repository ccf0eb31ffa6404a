"""Checks the header text that SAM, BAM and CRAM share (SAM specification 1.6, section 1.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qc.formats.base import shown
from qc.formats.sam_header_rules import FREE_TEXT, PLATFORMS, REQUIRED, UNIQUE, bad_value, is_date

if TYPE_CHECKING:
    from qc.formats.base import FindingLog

TAG = re.compile(rb"([A-Za-z][A-Za-z0-9]):([^\t]+)", re.DOTALL)
CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
NUL = re.compile(rb"\0")
START = re.compile(rb"@[A-Za-z][A-Za-z](\t|$)")
MAX_LENGTH = 2**31 - 1
MAX_NAMES = 1 << 21
MAX_BYTES = 1 << 27


class SamHeader:
    """What a header says: references with their lengths in order, read groups, programs, sort order.

    `size` counts the bytes of its lines and `full` says that there were more than are kept. `sub_sort` is the value of
    SS without the order that it refines, `circular` are the references of that topology.
    """

    def __init__(self) -> None:
        self.lines = 0
        self.size = 0
        self.full = False
        self.references: dict[bytes, int] = {}
        self.circular: set[bytes] = set()
        self.md5s: dict[bytes, bytes] = {}
        self.read_groups: set[bytes] = set()
        self.programs: dict[bytes, tuple[bytes | None, int]] = {}
        self.alternatives: dict[bytes, int] = {}
        self.sort_order = "unknown"
        self.sub_sort = ""
        self.version: str | None = None


def read_header_line(header: SamHeader, line: bytes, number: int, findings: FindingLog) -> None:
    """Takes one line that begins with '@' into the header, logging what the specification forbids."""
    header.lines += 1
    line = line.removesuffix(b"\r")
    if _too_much(header, line, number, findings):
        return
    kind = line[1:3]
    if not START.match(line):
        findings.error(
            "header_line",
            f"Line {number} is not a header line: '@', two letters and a tab must come first.",
            line=number,
            found=line,
            expected="@HD, @SQ, @RG, @PG or @CO and a tab",
        )
        return
    _check_encoding(line, number, findings)
    if control := (NUL if kind == b"CO" else CONTROL).search(line):
        message = f"Header line {number} holds a control character."
        findings.error("header_character", message, line=number, found=control.group())
    if kind == b"CO":
        return
    if kind not in REQUIRED:
        message = f"Line {number} has the unknown header type @{shown(kind)}."
        findings.error("header_kind", message, line=number, found=kind, expected="@HD, @SQ, @RG, @PG or @CO")
        return
    if kind == b"HD" and header.lines > 1:
        findings.error("header_order", f"Line {number} is an @HD line; @HD must be the first line.", line=number)
    _keep(header, kind, _tags(kind, line, number, findings), number, findings)


def _check_encoding(line: bytes, number: int, findings: FindingLog) -> None:
    """Section 1: the text is ASCII, and UTF-8 in the fields that say so; other bytes are neither."""
    try:
        line.decode()
    except UnicodeDecodeError as error:
        message = f"Header line {number} is not valid UTF-8."
        place = {"line": number, "found": line[error.start : error.end], "expected": "UTF-8"}
        findings.error("header_encoding", message, **place)


def _too_much(header: SamHeader, line: bytes, number: int, findings: FindingLog) -> bool:
    """Says whether the header is larger than any that was ever made, so that no more of it is kept."""
    header.size += len(line)
    names = len(header.references) + len(header.read_groups) + len(header.programs) + len(header.alternatives)
    if not header.full and (header.size > MAX_BYTES or names >= MAX_NAMES):
        header.full = True
        message = f"The header has more than {MAX_NAMES} names or {MAX_BYTES} bytes at line {number}."
        findings.error("header_size", message, line=number, expected=f"{MAX_NAMES} names, {MAX_BYTES} bytes")
    return header.full


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
        _check_value(kind, tag, value, number, findings)
    for tag in REQUIRED[kind]:
        if tag not in tags:
            message = f"Header line {number} (@{shown(kind)}) lacks the required tag {shown(tag)}."
            findings.error("header_tag_missing", message, line=number, found=line, expected=f"{shown(tag)}:…")
    return tags


def _check_value(kind: bytes, tag: bytes, value: bytes, number: int, findings: FindingLog) -> None:
    if expected := bad_value(kind, tag, value):
        message = f"Header line {number} has {shown(tag)}:{shown(value)} in @{shown(kind)}, but expected {expected}."
        findings.error("header_value", message, line=number, found=value, expected=expected)
    elif not value.isascii() and tag not in FREE_TEXT:
        message = f"Header line {number} has characters that are not ASCII in {shown(tag)} of @{shown(kind)}."
        findings.warn_once("header_not_ascii", message, line=number, found=value, expected="ASCII but in DS and CL")
    elif kind == b"RG" and tag == b"DT" and not is_date(value):
        message = f"Header line {number} writes a date in a way that is not ISO 8601."
        findings.warn_once("header_date", message, line=number, found=value, expected="like 2020-06-23T12:13:47Z")
    elif kind == b"RG" and tag == b"PI" and b"." in value:
        message = f"Header line {number} gives an insert size that is no whole number."
        findings.warn_once("header_insert_size", message, line=number, found=value, expected="a whole number")
    elif kind == b"RG" and tag == b"PL" and value not in PLATFORMS:
        message = f"Header line {number} names the platform '{shown(value)}', which is not a listed one."
        findings.warn_once("header_platform", message, line=number, found=value, expected="a platform in capitals")


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
            header.sub_sort = tags.get(b"SS", b"").partition(b":")[2].decode("latin-1")
            header.version = shown(tags.get(b"VN", b""))
        case b"SQ" if name is not None:
            _keep_reference(header, name, tags, number, findings)
        case b"RG" if name is not None:
            header.read_groups.add(name)
        case b"PG" if name is not None:
            header.programs[name] = (tags.get(b"PP"), number)


def _keep_reference(
    header: SamHeader, name: bytes, tags: dict[bytes, bytes], number: int, findings: FindingLog
) -> None:
    digits = tags.get(b"LN", b"")
    length = int(digits) if digits.isdigit() and len(digits) <= 10 else 0
    if 0 < len(digits) <= 10 and digits.isdigit() and not 1 <= length <= MAX_LENGTH:
        message = f"Header line {number} gives the reference '{shown(name)}' the length {length}."
        findings.error("header_value", message, line=number, found=str(length), expected="1 to 2147483647")
    header.references[name] = length
    if b"M5" in tags:
        header.md5s[name] = tags[b"M5"].lower()
    if tags.get(b"TP") == b"circular":
        header.circular.add(name)
    for other in tags.get(b"AN", b"").split(b",") if b"AN" in tags else ():
        if other in header.alternatives:
            _name_taken(other, number, findings)
        header.alternatives[other] = number


def finish_header(header: SamHeader, findings: FindingLog) -> None:
    """Checks what only the whole header tells: that a program's PP names a program, that AN are names of their own."""
    for name, (previous, number) in header.programs.items():
        if previous is not None and previous not in header.programs:
            findings.error(
                "header_program_chain",
                f"Header line {number}: program '{shown(name)}' follows '{shown(previous)}', which is not declared.",
                line=number,
                found=previous,
                expected="the ID of another @PG line",
            )
    _find_loops(header, findings)
    for name, number in header.alternatives.items():
        if name in header.references:
            _name_taken(name, number, findings)


def _name_taken(name: bytes, number: int, findings: FindingLog) -> None:
    """Section 1.3: the SN of all @SQ lines and all names in their AN must be distinct."""
    message = f"Header line {number} gives the alternative name '{shown(name)}', which is taken."
    findings.error("header_duplicate", message, line=number, found=name, expected="a name that is not taken")


def _find_loops(header: SamHeader, findings: FindingLog) -> None:
    """Tells of the first chain of programs that leads back into itself."""
    done: set[bytes] = set()
    for name in header.programs:
        chain: dict[bytes, None] = {}
        at: bytes | None = name
        while at is not None and at in header.programs and at not in done:
            if at in chain:
                message = f"The chain of programs that goes through '{shown(at)}' leads back into itself."
                findings.warning("header_program_loop", message, line=header.programs[at][1], found=at)
                return
            chain[at] = None
            at = header.programs[at][0]
        done.update(chain)


def check_header_text(text: bytes, findings: FindingLog) -> SamHeader:
    """Checks the header text of a BAM or CRAM file; trailing NUL bytes are padding (section 4.2)."""
    header = SamHeader()
    end = len(text.rstrip(b"\0"))
    at, number = 0, 0
    while at < end:
        stop = text.find(b"\n", at, end)
        line = text[at : stop if stop >= 0 else end]
        number += 1
        if line.startswith(b"@"):
            read_header_line(header, line, number, findings)
        else:
            what = "does not begin with '@'" if line else "is blank"
            message = f"Header line {number} {what}."
            findings.error("header_line", message, line=number, found=line, expected="a header line")
        at += len(line) + 1
    finish_header(header, findings)
    return header
