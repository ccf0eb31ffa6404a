"""Turns the optional fields of a BAM record into those of SAM text (SAM specification 1.6, section 4.2.4)."""

from __future__ import annotations

import re
import struct
from typing import NamedTuple

from qc.formats.base import shown

NUMBERS = {kind: struct.Struct(f"<{code}") for kind, code in zip(b"cCsSiI", "bBhHiI", strict=True)}
SIZES = {ord("A"): 1, ord("f"): 4, **{kind: number.size for kind, number in NUMBERS.items()}}
TAG_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9]")
TEXT = re.compile(rb"[ !-~]*")
HEX = re.compile(rb"(?:[0-9A-F]{2})*+")
CHARACTER, TEXTS, ARRAY = ord("A"), (ord("Z"), ord("H")), ord("B")


class BadTags(Exception):
    """The optional fields cannot be read; the message goes on after the name of the record."""

    def __init__(self, code: str, says: str, found: bytes | str, expected: str) -> None:
        super().__init__(says)
        self.code = code
        self.found = found
        self.expected = expected


class Tags(NamedTuple):
    """The optional fields as SAM text, joined by tabs, and the CIGAR of the tag CG when there is one.

    Numbers that no rule asks for are left out: those of type f are 0, and only ML has as many elements as it has.
    """

    text: bytes
    long_cigar: bytes


def read_tags(body: bytes, at: int) -> Tags:
    """Reads the optional fields that begin at this offset of a record. Raises BadTags."""
    fields: list[bytes] = []
    seen: set[bytes] = set()
    long_cigar = b""
    while at < len(body):
        tag, kind = body[at : at + 2], body[at + 2] if at + 2 < len(body) else 0
        if not TAG_NAME.fullmatch(tag):
            raise _unreadable(body, at)
        if tag in seen:
            raise BadTags("tag_twice", f"has the tag {shown(tag)} twice", tag, "each tag once")
        seen.add(tag)
        end = _end(body, at, kind)
        if end > len(body):
            says = f"has the tag {shown(tag)}, which runs past its end"
            raise BadTags("tag_size", says, f"{end - at} bytes", f"{len(body) - at} bytes")
        if tag == b"CG" and body[at + 2 : at + 4] == b"BI":
            long_cigar = body[at + 8 : end]
        fields.append(_text(tag, kind, body, at + 3, end))
        at = end
    return Tags(b"\t".join(fields), long_cigar)


def _end(body: bytes, at: int, kind: int) -> int:
    """Where the field at this offset ends, perhaps past the record."""
    if kind in SIZES:
        return at + 3 + SIZES[kind]
    if kind in TEXTS:
        nul = body.find(b"\0", at + 3)
        if nul >= 0:
            return nul + 1
    if kind == ARRAY and at + 8 <= len(body):
        size = SIZES.get(body[at + 3], 0)
        if size and body[at + 3] != CHARACTER:
            return at + 8 + size * int.from_bytes(body[at + 4 : at + 8], "little")
    raise _unreadable(body, at)


def _text(tag: bytes, kind: int, body: bytes, start: int, end: int) -> bytes:
    if kind in NUMBERS:
        return b"%b:i:%d" % (tag, *NUMBERS[kind].unpack_from(body, start))
    if kind == ARRAY:
        count = int.from_bytes(body[start + 1 : start + 5], "little") if tag == b"ML" else 0
        return b"%b:B:%c%b" % (tag, body[start], b",0" * count)
    if kind == ord("f"):
        return b"%b:f:0" % tag
    value = body[start:end] if kind == CHARACTER else body[start : end - 1]
    pattern = HEX if kind == ord("H") else TEXT
    if not pattern.fullmatch(value) or (kind == CHARACTER and value == b" "):
        says = f"has the tag {shown(tag)} with characters that its type does not allow"
        raise BadTags("tag_value", says, value, "printable or hexadecimal characters")
    return b"%b:%c:%b" % (tag, kind, value)


def _unreadable(body: bytes, at: int) -> BadTags:
    says = "holds an optional field that is not a tag, a type and a value of it"
    return BadTags("tag", says, body[at : at + 12], "tag, type, value")
