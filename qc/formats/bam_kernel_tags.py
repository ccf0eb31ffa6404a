"""Walks through the optional fields of a BAM record in compiled code (SAM specification 1.6, section 4.2.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qc.formats.bam_marks import (
    ANY_TYPE,
    AS_LONG,
    BAD_NAME,
    CIGAR,
    DOUBT,
    GROUP,
    HASH_FACTOR,
    HASH_START,
    LONG_CIGAR,
    LOOK,
    MISMATCHES,
    NO_GROUP,
    NO_PROGRAM,
    PROGRAM,
)
from qc.formats.reads_compiler import compiled

if TYPE_CHECKING:
    from qc.formats.bam_marks import Bytes, Hashes, Limits, Tables

CG = ord("C") << 8 | ord("G")
LOWER_C, UPPER_C, LOWER_S, UPPER_S, LOWER_I, UPPER_I = 99, 67, 115, 83, 105, 73
A, B, F, Z = 65, 66, 102, 90
STAR, CARET, ZERO_DIGIT, NINE = 42, 94, 48, 57


@compiled
def byte(data: Bytes, at: int) -> int:
    """A byte as a signed number of full width: mixed with unsigned ones, numbers would turn into floats."""
    return np.int64(data[at])  # type: ignore[return-value]


@compiled
def number(data: Bytes, at: int) -> int:
    """The unsigned little-endian 32-bit number at this place."""
    return byte(data, at) | byte(data, at + 1) << 8 | byte(data, at + 2) << 16 | byte(data, at + 3) << 24


@compiled
def signed(data: Bytes, at: int) -> int:
    """The signed little-endian 32-bit number at this place."""
    value = number(data, at)
    return value - (1 << 32) if value >= 1 << 31 else value


@compiled
def check_tags(
    data: Bytes,
    at: int,
    end: int,
    bases: int,
    stands_in: int,
    limits: Limits,
    tables: Tables,
) -> int:
    """The marks for the fields between `at` and `end`; `bases` is the length of SEQ."""
    marks = 0
    tables.records[0] += 1
    while at < end:
        if at + 4 > end:
            return DOUBT
        code, kind = byte(data, at) << 8 | byte(data, at + 1), byte(data, at + 2)
        wanted, rule = tables.types[code], tables.rules[code]
        if wanted == BAD_NAME or tables.seen[code] == tables.records[0]:
            return DOUBT
        tables.seen[code] = tables.records[0]
        stop = end_of(data, at, kind, end)
        if stop < 0 or stop > end:
            return DOUBT
        if rule == LOOK or (wanted != ANY_TYPE and wanted != class_of(kind)):
            marks |= DOUBT
        elif kind == Z:
            marks |= check_text(data, at + 3, stop - 1, rule, bases, limits)
        elif kind == A and not 33 <= data[at + 3] <= 126:
            marks |= DOUBT
        if code == CG and stands_in:
            marks |= DOUBT | LONG_CIGAR
        at = stop
    return marks


@compiled
def end_of(data: Bytes, at: int, kind: int, end: int) -> int:
    """Where the field that begins here ends; -1 when that cannot be told, or the field needs a closer look."""
    if kind == Z:
        stop = at + 3
        while stop < end and data[stop]:
            stop += 1
        return stop + 1 if stop < end else -1
    if kind != B:
        size = size_of(kind)
        return at + 3 + size if size else -1
    if at + 8 > end or data[at + 3] == A:
        return -1
    size = size_of(byte(data, at + 3))
    return at + 8 + size * number(data, at + 4) if size else -1


@compiled
def size_of(kind: int) -> int:
    """How many bytes a value of this type has; 0 for types that have no fixed size."""
    if kind in (LOWER_C, UPPER_C, A):
        return 1
    if kind in (LOWER_S, UPPER_S):
        return 2
    return 4 if kind in (LOWER_I, UPPER_I, F) else 0


@compiled
def class_of(kind: int) -> int:
    """The type that a value has in SAM text: all integers are i."""
    return LOWER_I if kind in (LOWER_C, UPPER_C, LOWER_S, UPPER_S, UPPER_I) else kind


@compiled
def check_text(data: Bytes, at: int, end: int, rule: int, bases: int, limits: Limits) -> int:
    """The marks for a text, which must be printable, and for the rule of its tag."""
    for index in range(at, end):
        if data[index] < 32 or data[index] > 126:
            return DOUBT
    good = True
    if rule == MISMATCHES:
        good = are_mismatches(data, at, end)
    elif rule == CIGAR:
        good = is_cigar(data, at, end)
    elif rule == AS_LONG:
        good = bases in (0, end - at)
    elif rule == GROUP and not is_known(data, at, end, limits.groups):
        return DOUBT if len(limits.groups) else NO_GROUP
    elif rule == PROGRAM and not is_known(data, at, end, limits.programs):
        return NO_PROGRAM
    return 0 if good else DOUBT


@compiled
def are_mismatches(data: Bytes, at: int, end: int) -> bool:
    """Says whether a text has the usual form of MD: numbers, and between them letters or ^ and letters."""
    if at == end or not ZERO_DIGIT <= data[end - 1] <= NINE or not ZERO_DIGIT <= data[at] <= NINE:
        return at == end
    deleted, last = False, ZERO_DIGIT
    for index in range(at, end):
        letter = data[index]
        digit = ZERO_DIGIT <= letter <= NINE
        if digit:
            if last == CARET:
                return False
            deleted = False
        elif letter == CARET:
            if not ZERO_DIGIT <= last <= NINE:
                return False
            deleted = True
        elif not 65 <= letter & 0xDF <= 90 or (not deleted and not ZERO_DIGIT <= last <= NINE):
            return False
        last = letter
    return True


@compiled
def is_cigar(data: Bytes, at: int, end: int) -> bool:
    """Says whether a text is a usual CIGAR: numbers of up to eight digits and operations, clips at its ends."""
    if end - at == 1 and data[at] == STAR:
        return True
    digits = state = 0
    for index in range(at, end):
        letter = data[index]
        if ZERO_DIGIT <= letter <= NINE:
            digits += 1
            continue
        if not 0 < digits <= 8:
            return False
        digits = 0
        if letter == 72:
            state = 1 if state == 0 else 5 if state < 5 else -1
        elif letter == 83:
            state = -1 if state < 0 or state > 3 else 2 if state < 2 else 4
        elif letter in (77, 73, 68, 78, 80, 61, 88):
            state = 3 if 0 <= state < 4 else -1
        else:
            return False
        if state < 0:
            return False
    return digits == 0 and end > at


@compiled
def is_known(data: Bytes, at: int, end: int, hashes: Hashes) -> bool:
    """Says whether the FNV-1a of a text is among sorted ones."""
    value = np.uint64(HASH_START)
    for index in range(at, end):
        value = (value ^ np.uint64(data[index])) * np.uint64(HASH_FACTOR)
    place = np.searchsorted(hashes, value)
    return bool(place < len(hashes) and hashes[place] == value)
