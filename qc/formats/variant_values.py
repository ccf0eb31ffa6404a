"""Compiled checks of single values of VCF: each takes the place where a value begins and gives the one after it.

They accept only what is certainly good and give `BAD` for everything else, which the plain walk then looks at.
"""

from __future__ import annotations

import numpy as np

from qc.formats.reads_compiler import compiled
from qc.formats.variant_tables import ANY, CHARACTER, COUNT, FLOAT, INTEGER, PROBABILITY, TEXT, Bytes

BAD = -1
TAB, NEWLINE, COMMA, COLON, SEMICOLON, DOT, MINUS, PLUS, ZERO, ONE, NINE = 9, 10, 44, 58, 59, 46, 45, 43, 48, 49, 57
SPACE, TILDE, EQUALS, UPPER_E, LOWER_E = 32, 126, 61, 69, 101
MOST_DIGITS = 9
BASES = np.zeros(256, np.uint8)
for _order, _letter in enumerate(b"ACGTN", 1):
    BASES[_letter] = BASES[_letter + 32] = _order


@compiled
def digits(data: Bytes, at: int) -> int:
    """The place after a run of digits."""
    while ZERO <= data[at] <= NINE:
        at += 1
    return at


@compiled
def integers(data: Bytes, at: int, kind: int) -> tuple[int, int]:
    """A list of integers of at most nine digits or `.`; the place after it and how many there are.

    One loop for all of them, since most of what a file holds is such lists.
    """
    found = 0
    while True:
        if data[at] == DOT:
            at += 1
        else:
            if kind == INTEGER and data[at] == MINUS:
                at += 1
            start = at
            while ZERO <= data[at] <= NINE:
                at += 1
            if not 0 < at - start <= MOST_DIGITS:
                return BAD, found
        found += 1
        if data[at] != COMMA:
            return at, found
        at += 1


@compiled
def number(data: Bytes, at: int) -> int:
    """A decimal number with or without an exponent, or `.`."""
    if data[at] == MINUS:
        at += 1
    end = digits(data, at)
    whole = end - at
    if data[end] == DOT:
        at = end + 1
        end = digits(data, at)
        if not whole and end == at:
            return at if data[at - 2] != MINUS else BAD
    elif not whole:
        return BAD
    if data[end] in (UPPER_E, LOWER_E):
        at = end + 1
        if data[at] in (MINUS, PLUS):
            at += 1
        end = digits(data, at)
        if end == at:
            return BAD
    return end


@compiled
def probability(data: Bytes, at: int) -> int:
    """A number from 0 to 1: `0…`, `1`, `1.0…`, or one digit with a negative exponent; or `.`."""
    end = number(data, at)
    if end == BAD or data[at] == MINUS:
        return BAD
    first = data[at]
    if end == at + 1 and (first in (DOT, ZERO, ONE)):
        return end
    stop = at + 1
    if data[stop] == DOT:
        stop = digits(data, stop + 1)
    if first == ZERO and data[at + 1] == DOT and stop == end:
        return end
    negative = data[stop] in (UPPER_E, LOWER_E) and data[stop + 1] == MINUS and ZERO < data[stop + 2] <= NINE
    if negative and ZERO <= first <= NINE:
        return end
    if negative and first == ZERO:
        return end
    if first == ONE and stop == end:
        for place in range(at + 2, end):
            if data[place] != ZERO:
                return BAD
        return end
    return BAD


@compiled
def text(data: Bytes, at: int, stop: int) -> int:
    """Printable ASCII without blanks, commas and the byte `stop`; at least one."""
    start = at
    while SPACE < data[at] <= TILDE and data[at] != COMMA and data[at] != stop:
        at += 1
    return at if at > start else BAD


@compiled
def one_value(data: Bytes, at: int, kind: int, stop: int) -> int:
    """One value of a kind other than integers; `stop` is the byte that ends a list of them."""
    if kind == FLOAT:
        return number(data, at)
    if kind == PROBABILITY:
        return probability(data, at)
    if kind == TEXT:
        return text(data, at, stop)
    if kind == CHARACTER and SPACE < data[at] <= TILDE and data[at] not in (COMMA, SEMICOLON, EQUALS, stop):
        return at + 1
    return BAD


@compiled
def others(data: Bytes, at: int, kind: int, stop: int) -> tuple[int, int]:
    """A list of values other than integers; the place after it and how many there are."""
    found = 0
    while True:
        at = one_value(data, at, kind, stop)
        if at == BAD:
            return BAD, found
        found += 1
        if data[at] != COMMA:
            return at, found
        at += 1


@compiled
def values(data: Bytes, at: int, kind: int, stop: int, wanted: int, other: int) -> int:
    """A list of `wanted` (or `other`) values, of any number for `ANY`; a single `.` is always good."""
    start = at
    at, found = integers(data, at, kind) if kind in (INTEGER, COUNT) else others(data, at, kind, stop)
    if at == BAD:
        return BAD
    is_missing = at == start + 1 and data[start] == DOT
    return at if wanted in (ANY, found) or other == found or is_missing else BAD
