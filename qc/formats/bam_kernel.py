"""Walks through a block of BAM records in compiled code and marks those that need a closer look.

What is checked here is what `bam_record` checks; it says what is wrong with a record that has a mark. Imported only for
files of some size, since the compiler takes a moment to load.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qc.formats.bam_kernel_tags import byte, check_tags, number, signed
from qc.formats.bam_marks import (
    ADJACENT,
    BIN,
    DOUBT,
    FLAG_BITS,
    NEXT_PAST_END,
    PAST_END,
    SHORT,
    UNPLACED,
    ZERO,
)
from qc.formats.reads_compiler import compiled

if TYPE_CHECKING:
    from qc.formats.bam_marks import Bytes, Limits, Marks, Numbers, Tables

FIXED_SIZE = 32
LARGEST = (1 << 25) - 4
BIN_LIMIT = 1 << 29
UNMAPPED, NOT_PRIMARY, NOT_IN_DEPTH = 0x4, 0x900, 0x704
KNOWN_FLAGS = 0xFFF
MATCH, INSERT, DELETE, SKIP, CLIP, HARD_CLIP, EQUAL, DIFFER = 0, 1, 2, 3, 4, 5, 7, 8


@compiled
def walk(
    data: Bytes, limits: Limits, tables: Tables, offsets: Numbers, marks: Marks, blocks: Numbers
) -> tuple[int, int, int]:
    """Goes through whole records until one does not end, cannot be right, or finds no room in the arrays.

    Fills `offsets` and `marks` by record and the two rows of `blocks` with starts and ends of aligned blocks as places
    (see `alignment_depth`). Returns the number of records, where they end, and the number of blocks.
    """
    at = count = found = 0
    while at + 4 + FIXED_SIZE <= len(data) and count < len(offsets) and found + 65535 <= blocks.shape[1]:
        size = signed(data, at)
        if size < FIXED_SIZE or size > LARGEST or at + 4 + size > len(data):
            break
        offsets[count] = at
        marks[count], found = record(data, at + 4, at + 4 + size, limits, tables, blocks, found)
        count += 1
        at += 4 + size
    return count, at, found


@compiled
def record(
    data: Bytes, at: int, end: int, limits: Limits, tables: Tables, blocks: Numbers, found: int
) -> tuple[int, int]:
    """The marks of one record, and how many blocks there are with its own."""
    reference, position = signed(data, at), signed(data, at + 4)
    name_size, operations = byte(data, at + 8), byte(data, at + 12) | byte(data, at + 13) << 8
    flag, bases = byte(data, at + 14) | byte(data, at + 15) << 8, signed(data, at + 16)
    cigar_at = at + FIXED_SIZE + name_size
    packed_at = cigar_at + 4 * operations
    qualities_at = packed_at + (bases + 1) // 2
    if bases < 0 or qualities_at + bases > end:
        return DOUBT | SHORT, found
    marks = 0 if name_is_good(data, at + FIXED_SIZE, cigar_at) else DOUBT
    good = -1 <= reference < len(limits.lengths) and position >= -1
    said, query, covered, stop = read_cigar(data, cigar_at, operations, blocks, found)
    marks |= said
    if operations and bases and query != bases and not said & DOUBT:
        marks |= DOUBT
    if said & DOUBT:
        covered = 0
    if good and not said & DOUBT and not flag & NOT_IN_DEPTH and reference >= 0 and position >= 0:
        for index in range(found, stop):
            blocks[0, index] += (reference << 32) + position
            blocks[1, index] += blocks[0, index]
        found = stop
    marks |= check_place(data, at, reference, position, flag, 0 if flag & UNMAPPED else covered, limits)
    marks |= count_bases(data, packed_at, qualities_at, bases, flag & NOT_PRIMARY == 0, tables)
    stands_in = (
        operations == 2
        and query == bases
        and byte(data, cigar_at) & 15 == CLIP
        and byte(data, cigar_at + 4) & 15 == SKIP
    )
    return marks | check_tags(data, qualities_at + bases, end, bases, stands_in, limits, tables), found


@compiled
def name_is_good(data: Bytes, at: int, end: int) -> bool:
    """Says whether the name of a record is printable, without '@', and ends with its only NUL."""
    if end - at < 2 or data[end - 1] != 0:
        return False
    bad = 0
    for index in range(at, end - 1):
        bad |= data[index] < 33 or data[index] > 126 or data[index] == 64
    return not bad


@compiled
def read_cigar(data: Bytes, at: int, operations: int, blocks: Numbers, found: int) -> tuple[int, int, int, int]:
    """Marks, bases of the read, bases of the reference, and the number of blocks, which hold offsets and lengths."""
    marks = query = covered = state = 0
    last = -1
    for index in range(operations):
        word = number(data, at + 4 * index)
        kind, length = word & 15, word >> 4
        state = next_state(state, kind)
        if kind > DIFFER or state < 0:
            return DOUBT, 0, 0, found
        marks |= (ZERO if length == 0 else 0) | (ADJACENT if kind == last else 0)
        last = kind
        if kind in (MATCH, EQUAL, DIFFER):
            if length:
                blocks[0, found] = covered
                blocks[1, found] = length
                found += 1
            query += length
            covered += length
        elif kind in (INSERT, CLIP):
            query += length
        elif kind in (DELETE, SKIP):
            covered += length
    return marks, query, covered, found


@compiled
def next_state(state: int, kind: int) -> int:
    """Where in H? S? … S? H? an operation leads; -1 where it may not stand.

    0: begin, 1: after the first H, 2: after the first S, 3: inside, 4: after the last S, 5: after the last H.
    """
    if kind == HARD_CLIP:
        return 1 if state == 0 else 5 if state < 5 else -1
    if kind == CLIP:
        return 2 if state < 2 else 4 if state < 4 else -1
    return 3 if state < 4 else -1


@compiled
def check_place(data: Bytes, at: int, reference: int, position: int, flag: int, covered: int, limits: Limits) -> int:
    """The marks for places of a record and its mate, its bin, and its FLAG."""
    lengths = limits.lengths
    next_reference, next_position = signed(data, at + 20), signed(data, at + 24)
    marks = FLAG_BITS if flag > KNOWN_FLAGS else 0
    if not -1 <= next_reference < len(lengths) or next_position < -1:
        marks |= DOUBT
    elif next_reference >= 0 and next_position >= lengths[next_reference]:
        marks |= NEXT_PAST_END
    if not -1 <= reference < len(lengths) or position < -1:
        return marks | DOUBT
    if not flag & UNMAPPED and (reference < 0 or position < 0):
        marks |= UNPLACED
    if position >= 0:
        last = position + max(covered, 1)
        if reference >= 0 and last > lengths[reference] and not limits.circular[reference]:
            marks |= PAST_END
        if last <= BIN_LIMIT and byte(data, at + 10) | byte(data, at + 11) << 8 != bin_of(position, last):
            marks |= BIN
    return marks


@compiled
def bin_of(start: int, end: int) -> int:
    """The same as `bam_record.bin_of`."""
    last = end - 1
    if start >> 14 == last >> 14:
        return 4681 + (start >> 14)
    if start >> 17 == last >> 17:
        return 585 + (start >> 17)
    if start >> 20 == last >> 20:
        return 73 + (start >> 20)
    if start >> 23 == last >> 23:
        return 9 + (start >> 23)
    return 1 + (start >> 26) if start >> 26 == last >> 26 else 0


@compiled
def count_bases(data: Bytes, packed_at: int, at: int, bases: int, primary: int, tables: Tables) -> int:
    """Counts packed letters and qualities of a primary record; marks qualities that are neither 0 to 93 nor none."""
    scores = data[at : at + bases]
    none = bases > 0 and scores[0] == 255
    bad = 0
    for score in scores:
        bad |= score != 255 if none else score > 93
    if primary and not none:
        count_bytes(scores, tables.qualities)
    if primary:
        count_bytes(data[packed_at : packed_at + bases // 2], tables.packed)
        if bases & 1:
            tables.packed[0, data[packed_at + bases // 2] & 0xF0] += 1
    return DOUBT if bad else 0


@compiled
def count_bytes(values: Bytes, counts: Numbers) -> None:
    """Counts bytes in four rows by turns, so that equal neighbours need not wait for each other."""
    whole = len(values) & ~3
    for index in range(0, whole, 4):
        counts[0, values[index]] += 1
        counts[1, values[index + 1]] += 1
        counts[2, values[index + 2]] += 1
        counts[3, values[index + 3]] += 1
    for index in range(whole, len(values)):
        counts[0, values[index]] += 1
