"""The grammar of SAM's optional fields (SAM specification 1.6, section 1.5)."""

from __future__ import annotations

import re

from qc.formats.base import shown

NUMBER = rb"[-+]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?:[iI][nN][fF](?:inity)?|[nN][aA][nN])"
KINDS = {
    b"A": re.compile(rb"[!-~]"),
    b"i": re.compile(rb"[-+]?[0-9]+"),
    b"f": re.compile(NUMBER),
    b"Z": re.compile(rb"[ !-~]*"),
    b"H": re.compile(rb"(?:[0-9A-Fa-f][0-9A-Fa-f])*"),
    b"B": re.compile(rb"[cCsSiI](?:,[-+]?[0-9]+)*|f(?:,(?:" + NUMBER + rb"))*"),
}
ONE = b"[A-Za-z][A-Za-z0-9]:(?:" + b"|".join(kind + b":(?:" + p.pattern + b")" for kind, p in KINDS.items()) + b")"
TAGS = re.compile(ONE + b"(?:\t" + ONE + b")*")
HEAD = re.compile(rb"([A-Za-z][A-Za-z0-9]):([A-Za-z]):", re.DOTALL)
INTEGER_RANGE = (-(2**31), 2**32 - 1)
RANGES = {
    b"c": (-128, 127),
    b"C": (0, 255),
    b"s": (-(2**15), 2**15 - 1),
    b"S": (0, 2**16 - 1),
    b"i": (-(2**31), 2**31 - 1),
    b"I": (0, 2**32 - 1),
}


def bad_tag(text: bytes, number: int) -> tuple[str, str, bytes]:
    """Code, message and field of the first optional field of a line that breaks the grammar."""
    for field in text.split(b"\t"):
        head = HEAD.match(field)
        if not head:
            return "tag", f"An optional field at line {number} is not TAG:TYPE:VALUE.", field
        kind = head.group(2)
        if kind not in KINDS:
            return (
                "tag_type",
                f"The tag {shown(head.group(1))} at line {number} has the unknown type {shown(kind)}.",
                field,
            )
        if not KINDS[kind].fullmatch(field, 5):
            return (
                "tag_value",
                f"The tag {shown(head.group(1))} at line {number} has a value that is not of its type.",
                field,
            )
    return "tag", f"The optional fields at line {number} are not TAG:TYPE:VALUE.", text


def out_of_range(text: bytes) -> tuple[bytes, str] | None:
    """The first integer field whose value no BAM type can hold, and what would be allowed; None when all fit."""
    for field in text.split(b"\t"):
        kind = field[3:4]
        if kind == b"i":
            low, high = INTEGER_RANGE
            if len(field) > 14 and not low <= int(field[5:]) <= high:
                return field, f"{low} to {high}"
        elif kind == b"B" and field[5:6] != b"f" and len(field) > 7:
            low, high = RANGES[field[5:6]]
            if not all(low <= int(value) <= high for value in field[7:].split(b",")):
                return field, f"{low} to {high}"
    return None


def twice(text: bytes) -> bytes | None:
    """The first tag that a record has more than once (section 1.5: each tag only once), or None."""
    seen: set[bytes] = set()
    for field in text.split(b"\t"):
        tag = field[:2]
        if tag in seen:
            return tag
        seen.add(tag)
    return None
