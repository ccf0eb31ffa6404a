"""What the compiled walk through BAM records is given, and how it says what it saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from qc.formats.sam_tag_rules import FIXED_TYPES, USUAL_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qc.formats.bam_header import BamHeader

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Numbers = np.ndarray[Any, np.dtype[np.int64]]
Hashes = np.ndarray[Any, np.dtype[np.uint64]]
Marks = np.ndarray[Any, np.dtype[np.int64]]

# A record with DOUBT needs a look in any case; the others are warnings that are told once.
DOUBT, SHORT, LONG_CIGAR = 1, 2, 4
BIN, PAST_END, NEXT_PAST_END, UNPLACED, FLAG_BITS, ZERO, ADJACENT, NO_PROGRAM, NO_GROUP = (
    1 << bit for bit in range(3, 12)
)
CODES = {
    "bin": BIN,
    "pos_past_end": PAST_END,
    "pnext_past_end": NEXT_PAST_END,
    "mapped_without_place": UNPLACED,
    "flag_bits": FLAG_BITS,
    "cigar_zero": ZERO,
    "cigar_adjacent": ADJACENT,
    "tag_program": NO_PROGRAM,
    "read_group_undeclared": NO_GROUP,
}
ANY_TYPE, BAD_NAME = 0, 255
NO_RULE, MISMATCHES, CIGAR, GROUP, PROGRAM, AS_LONG, LOOK = range(7)
RULES = {b"MD": MISMATCHES, b"MC": CIGAR, b"RG": GROUP, b"PG": PROGRAM, b"OQ": AS_LONG, b"BQ": AS_LONG}
LOOKED_AT = (b"SA", b"MN", b"MM")
PAIRS = 1 << 16
LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
DIGITS = b"0123456789"
HASH_FACTOR, HASH_START = 0x100000001B3, 0xCBF29CE484222325


class Limits(NamedTuple):
    """What a header lays down for records; names of read groups and programs as sorted hashes."""

    lengths: Numbers
    circular: np.ndarray[Any, np.dtype[np.bool_]]
    groups: Hashes
    programs: Hashes


class Tables(NamedTuple):
    """What the walk looks up and counts: types and rules by tag (256 times its first letter plus its second).

    `seen` holds for each tag the number of the last record that had it, `records` the number of the present one.
    `qualities` and `packed` count Phred scores and bytes of two packed bases, in four rows to be added up.
    """

    types: Bytes
    rules: Bytes
    seen: Numbers
    records: Numbers
    qualities: Numbers
    packed: Numbers


def limits_of(header: BamHeader) -> Limits:
    """What the header lays down."""
    circular = np.zeros(len(header.lengths), np.bool_)
    for index, name in enumerate(header.text.references):
        if index < len(circular):
            circular[index] = name in header.text.circular
    lengths = np.array(header.lengths, np.int64)
    return Limits(lengths, circular, _hashes(header.text.read_groups), _hashes(header.text.programs))


def new_tables() -> Tables:
    """Tables in which nothing is counted yet."""
    types, rules = np.full(PAIRS, BAD_NAME, np.uint8), np.zeros(PAIRS, np.uint8)
    for first in LETTERS:
        for second in LETTERS + DIGITS:
            types[first << 8 | second] = ANY_TYPE
    for tag, kind in {**FIXED_TYPES, **USUAL_TYPES}.items():
        types[tag[0] << 8 | tag[1]] = kind[0]
    for tag, rule in {**RULES, **dict.fromkeys(LOOKED_AT, LOOK)}.items():
        rules[tag[0] << 8 | tag[1]] = rule
    return Tables(
        types,
        rules,
        np.zeros(PAIRS, np.int64),
        np.zeros(1, np.int64),
        np.zeros((4, 256), np.int64),
        np.zeros((4, 256), np.int64),
    )


def _hashes(names: Iterable[bytes]) -> Hashes:
    """FNV-1a of names, sorted."""
    found = []
    for name in names:
        value = HASH_START
        for letter in name:
            value = (value ^ letter) * HASH_FACTOR & 0xFFFFFFFFFFFFFFFF
        found.append(value)
    return np.array(sorted(found), np.uint64)
