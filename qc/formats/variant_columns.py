"""Compiled checks of the fixed columns and INFO of VCF records; what is not certainly good gives `BAD`."""

from __future__ import annotations

import numpy as np

from qc.formats.reads_compiler import compiled
from qc.formats.variant_tables import (
    ANY,
    COUNT,
    END_KEY,
    FLAG,
    HASH_MASK,
    HASH_START,
    HASH_STEP,
    PER_ALLELE,
    PER_ALT,
    PER_GENOTYPE,
    PER_PLOIDY,
    Bytes,
    Numbers,
    Tables,
)
from qc.formats.variant_tally import INDEL, OTHER, TRANSITION, TRANSVERSION
from qc.formats.variant_values import (
    BAD,
    BASES,
    COMMA,
    DOT,
    EQUALS,
    NEWLINE,
    NINE,
    SEMICOLON,
    SPACE,
    TAB,
    TILDE,
    ZERO,
    digits,
    values,
)

MAX_ALTERNATES = 16
START, SIZE, KIND = 0, 1, 2
OPENED, STAR, UNKNOWN_BASE = 60, 42, 5
ANY_ALLELE = np.frombuffer(b"<*>", np.uint8)
NON_REF = np.frombuffer(b"<NON_REF>", np.uint8)


@compiled
def equal(data: Bytes, at: int, other: Bytes, start: int, size: int) -> bool:
    """Says whether `size` bytes are the same; neither may run past a newline that only one of them has."""
    step = 0
    while step < size and data[at + step] == other[start + step]:
        step += 1
    return step == size


@compiled
def column(data: Bytes, at: int, other: Bytes, start: int, size: int) -> int:
    """A column that is exactly these bytes."""
    if equal(data, at, other, start, size) and data[at + size] == TAB:
        return at + size + 1
    return BAD


@compiled
def identifier(data: Bytes, at: int) -> int:
    """A single identifier, or `.`."""
    start = at
    while SPACE < data[at] <= TILDE and data[at] != SEMICOLON:
        at += 1
    return at + 1 if at > start and data[at] == TAB else BAD


@compiled
def whole(data: Bytes, start: int, end: int) -> int:
    """The value of some digits."""
    value = 0
    for at in range(start, end):
        value = value * 10 + (data[at] - ZERO)
    return value


@compiled
def alleles(data: Bytes, at: int, found: Numbers) -> int:
    """REF and ALT; `found[i]` gets the place, the size and the kind of allele `i`. `found[0, KIND]` is their number."""
    start = at
    while BASES[data[at]]:
        at += 1
    if at == start or data[at] != TAB:
        return BAD
    found[0, START], found[0, SIZE] = start, at - start
    at += 1
    found[0, KIND] = 0
    if data[at] == DOT and data[at + 1] == TAB:
        return at + 2
    for index in range(1, MAX_ALTERNATES + 1):
        start = at
        at = one_allele(data, at)
        if at == BAD or (data[at] != COMMA and data[at] != TAB):
            return BAD
        found[index, START], found[index, SIZE] = start, at - start
        found[0, KIND] = index
        if not is_new(data, found, index):
            return BAD
        found[index, KIND] = kind_of(data, found, index)
        at += 1
        if data[at - 1] == TAB:
            return at
    return BAD


@compiled
def one_allele(data: Bytes, at: int) -> int:
    """The place after an allele of bases, `*`, `<*>` or `<NON_REF>`."""
    if data[at] == STAR:
        return at + 1
    if data[at] == OPENED:
        if equal(data, at, ANY_ALLELE, 0, 3):
            return at + 3
        return at + 9 if equal(data, at, NON_REF, 0, 9) else BAD
    start = at
    while BASES[data[at]]:
        at += 1
    return at if at > start else BAD


@compiled
def is_new(data: Bytes, found: Numbers, index: int) -> bool:
    """Says whether an allele differs from those before it, whatever their case."""
    start, size = found[index, START], found[index, SIZE]
    for before in range(index):
        if found[before, SIZE] != size:
            continue
        other = found[before, START]
        same = True
        for step in range(size):
            if (data[start + step] | 32) != (data[other + step] | 32):
                same = False
                break
        if same:
            return False
    return True


@compiled
def kind_of(data: Bytes, found: Numbers, index: int) -> int:
    """The kind of an alternate allele, as `allele_kind` has it."""
    first = BASES[data[found[index, START]]]
    if not first:
        return OTHER
    if found[0, SIZE] != found[index, SIZE]:
        return INDEL
    ref = BASES[data[found[0, START]]]
    if found[index, SIZE] > 1 or UNKNOWN_BASE in (first, ref):
        return OTHER
    return TRANSITION if (first ^ ref) == 2 or first + ref == 6 else TRANSVERSION


@compiled
def quality(data: Bytes, at: int) -> int:
    """QUAL: digits, with or without a fraction, or `.`."""
    if data[at] == DOT:
        return at + 2 if data[at + 1] == TAB else BAD
    end = digits(data, at)
    if not 0 < end - at <= 9:
        return BAD
    if data[end] == DOT:
        end = digits(data, end + 1)
    return end + 1 if data[end] == TAB else BAD


@compiled
def filters(data: Bytes, at: int, tables: Tables) -> int:
    """FILTER: one of the values that were found good before."""
    for index in range(len(tables.filter_spans)):
        end = column(data, at, tables.filters, tables.filter_spans[index, 0], tables.filter_spans[index, 1])
        if end != BAD:
            return end
    return BAD


@compiled
def counted(number: int, alternates: int) -> int:
    """How many values a number asks for that does not depend on the ploidy."""
    if number == PER_ALT and alternates:
        return alternates
    if number == PER_ALLELE and alternates:
        return alternates + 1
    if number in (PER_ALT, PER_ALLELE, PER_GENOTYPE, PER_PLOIDY):
        return ANY
    return number


@compiled
def key_index(data: Bytes, start: int, end: int, code: int, tables: Tables) -> int:
    """The index of a declared INFO key with the hash `code`; BAD for one that is not declared."""
    mask = len(tables.slots) - 1
    slot = code & mask
    while tables.slots[slot] >= 0:
        index = tables.slots[slot]
        place, size = tables.key_spans[index, 0], tables.key_spans[index, 1]
        if size == end - start and equal(data, start, tables.keys, place, size):
            return int(index)
        slot = (slot + 1) & mask
    return BAD


@compiled
def info(data: Bytes, at: int, alternates: int, position: int, tables: Tables, seen: Numbers, stamp: int) -> int:
    """INFO; `seen[key]` is the stamp of the record that had the key last. Ends at the tab or newline after it."""
    if data[at] == DOT and data[at + 1] in (TAB, NEWLINE):
        return at + 1
    while True:
        start, code = at, HASH_START
        while SPACE < data[at] <= TILDE and data[at] != EQUALS and data[at] != SEMICOLON:
            code = ((code ^ int(data[at])) * HASH_STEP) & HASH_MASK
            at += 1
        index = key_index(data, start, at, code, tables)
        if index == BAD or seen[index] == stamp:
            return BAD
        seen[index] = stamp
        kind, number = tables.rules[index, 0], tables.rules[index, 1]
        if kind != FLAG:
            at = keyed_value(data, at, kind, counted(number, alternates), position)
            if at == BAD:
                return BAD
        if data[at] != SEMICOLON:
            return at if data[at] in (TAB, NEWLINE) else BAD
        at += 1


@compiled
def keyed_value(data: Bytes, at: int, kind: int, wanted: int, position: int) -> int:
    """`=` and the values of an INFO key; END is not before POS."""
    if data[at] != EQUALS:
        return BAD
    if kind == END_KEY:
        end = values(data, at + 1, COUNT, SEMICOLON, 1, 1)
        is_before = end != BAD and ZERO <= data[at + 1] <= NINE and whole(data, at + 1, end) < position
        return BAD if is_before else end
    return values(data, at + 1, kind, SEMICOLON, wanted, wanted)
