"""Reads CIGAR strings (SAM specification 1.6, section 1.4.6)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

GRAMMAR = re.compile(rb"\*|([0-9]+[MIDNSHP=X])+")
OPERATION = re.compile(rb"([0-9]+)([MIDNSHP=X])")
CLIPS = re.compile(rb"([0-9]+H)?([0-9]+S)?([0-9]+[MIDNP=X])*([0-9]+S)?([0-9]+H)?")
LONGEST = (1 << 28) - 1
CACHED = 256
DETAILED = 1 << 20


class Cigar(NamedTuple):
    """What a CIGAR means.

    `problem` says what is wrong with it. `query` bases of the read and `reference` bases of the reference are covered;
    `query` is None when there is no CIGAR. `blocks` are offset and length, on the reference, of what is aligned base to
    base (M, = and X); they are left out of CIGARs of more than 1 MiB. `zero` and `adjacent` say that an operation has
    the length 0, or has the one before it repeated.
    """

    problem: str | None = None
    query: int | None = None
    reference: int = 0
    blocks: tuple[tuple[int, int], ...] = ()
    zero: bool = False
    adjacent: bool = False


NO_CIGAR = Cigar()


def read_cigar(text: bytes) -> Cigar:
    """Takes a CIGAR apart; those of usual length are remembered."""
    return _cached(text) if len(text) <= CACHED else _read(text)


@lru_cache(maxsize=8192)
def _cached(text: bytes) -> Cigar:
    return _read(text)


def _read(text: bytes) -> Cigar:
    if text == b"*":
        return NO_CIGAR
    if not GRAMMAR.fullmatch(text):
        return Cigar("is not a run of lengths and operations")
    if not CLIPS.fullmatch(text):
        return Cigar("clips inside the alignment")
    query = reference = 0
    zero = adjacent = False
    last = b""
    blocks: list[tuple[int, int]] = []
    for found in OPERATION.finditer(text):
        digits, kind = found.groups()
        length = int(digits) if len(digits) <= 10 else LONGEST + 1
        if length > LONGEST:
            return Cigar(f"has an operation longer than {LONGEST}")
        zero |= length == 0
        adjacent |= kind == last
        last = kind
        if kind in b"M=X":
            if len(text) <= DETAILED and length:
                blocks.append((reference, length))
            query += length
            reference += length
        elif kind in b"IS":
            query += length
        elif kind in b"DN":
            reference += length
    return Cigar(None, query, reference, tuple(blocks), zero, adjacent)
