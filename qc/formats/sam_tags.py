"""The grammar of SAM's optional fields (SAM specification 1.6, section 1.5)."""

from __future__ import annotations

import math
import re

from qc.formats.base import shown

NUMBER = rb"[-+]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
KINDS = {
    b"A": re.compile(rb"[!-~]"),
    b"i": re.compile(rb"[-+]?[0-9]+"),
    b"f": re.compile(NUMBER),
    b"Z": re.compile(rb"[ !-~]*"),
    b"H": re.compile(rb"(?:[0-9A-F][0-9A-F])*+"),
    b"B": re.compile(rb"[cCsSiI](?:,[-+]?[0-9]+)*+|f(?:,(?:" + NUMBER + rb"))*+"),
}
ONE = b"[A-Za-z][A-Za-z0-9]:(?:" + b"|".join(kind + b":(?:" + p.pattern + b")" for kind, p in KINDS.items()) + b")"
TAGS = re.compile(ONE + b"(?:\t" + ONE + b")*+")
SHORT_NUMBER = rb"[-+]?[0-9]{1,9}"
USUAL = b"[A-Za-z][A-Za-z0-9]:(?:Z:[ !-~]*|i:%s|A:[!-~]|f:%s(?:\\.[0-9]{1,9})?|B:%s)" % (
    SHORT_NUMBER,
    SHORT_NUMBER,
    KINDS[b"B"].pattern,
)
USUAL_TAGS = re.compile(USUAL + b"(?:\t" + USUAL + b")*+")
HEAD = re.compile(rb"([A-Za-z][A-Za-z0-9]):([A-Za-z]):", re.DOTALL)
USUAL_ARRAY = re.compile(
    rb"C(?:,(?:1[0-9]{2}|2[0-4][0-9]|25[0-5]|[0-9]{1,2}))*+|c(?:,-?(?:1[01][0-9]|12[0-7]|[0-9]{1,2}))*+"
    rb"|S(?:,(?:[1-5][0-9]{4}|[0-9]{1,4}))*+|s(?:,-?(?:[12][0-9]{4}|[0-9]{1,4}))*+"
    rb"|I(?:,[0-9]{1,9})*+|i(?:,-?[0-9]{1,9})*+|f(?:,-?[0-9]{1,9}(?:\.[0-9]{1,9})?)*+"
)
ELEMENT = re.compile(rb"[^,]+")
INTEGER_RANGE = (-(2**31), 2**32 - 1)
LARGEST_FLOAT = 3.4028235677973366e38
RANGES = {
    b"c": (-128, 127),
    b"C": (0, 255),
    b"s": (-(2**15), 2**15 - 1),
    b"S": (0, 2**16 - 1),
    b"i": (-(2**31), 2**31 - 1),
    b"I": (0, 2**32 - 1),
}


def bad_tag(text: bytes, where: str) -> tuple[str, str, bytes]:
    """Code, message and field of the first optional field of a line that breaks the grammar."""
    for field in text.split(b"\t"):
        head = HEAD.match(field)
        if not head:
            return "tag", f"An optional field {where} is not TAG:TYPE:VALUE.", field
        tag, kind = head.groups()
        if kind not in KINDS:
            return "tag_type", f"The tag {shown(tag)} {where} has the unknown type {shown(kind)}.", field
        if not KINDS[kind].fullmatch(field, 5):
            return "tag_value", f"The tag {shown(tag)} {where} has a value that is not of its type.", field
    return "tag", f"The optional fields {where} are not TAG:TYPE:VALUE.", text


def out_of_range(field: bytes) -> str | None:
    """What would be allowed, when a field holds a number that no BAM type can hold; None when it fits."""
    kind = field[3:4]
    if kind == b"i":
        return None if len(field) <= 14 else _beyond(field[5:], *INTEGER_RANGE)
    if kind == b"f":
        return None if math.fabs(float(field[5:])) < LARGEST_FLOAT else "a number that fits in 32 bits"
    if kind == b"B" and not USUAL_ARRAY.fullmatch(field, 5):
        values = (found.group() for found in ELEMENT.finditer(field, 6))
        if field[5:6] == b"f":
            fits = all(math.fabs(float(value)) < LARGEST_FLOAT for value in values)
            return None if fits else "numbers that fit in 32 bits"
        low, high = RANGES[field[5:6]]
        return next((said for value in values if (said := _beyond(value, low, high))), None)
    return None


def _beyond(digits: bytes, low: int, high: int) -> str | None:
    """The range, when a decimal number is outside of it; leading zeros are allowed (section 1.5)."""
    short = digits.lstrip(b"+-0")
    fits = len(short) <= 10 and low <= int(digits[:1].strip(b"+0123456789") + (short or b"0")) <= high
    return None if fits else f"{low} to {high}"
