"""Reads CIGAR strings (SAM specification 1.6, section 1.4.6)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

Words = np.ndarray[Any, np.dtype[np.uint32]]

OPERATION = re.compile(rb"([0-9]++)([MIDNSHP=X])")
LONGEST = (1 << 28) - 1
CACHED = 256
DETAILED, LONGEST_TEXT = 1 << 16, 1 << 24
GRAMMAR = re.compile(rb"(?:[0-9]++[MIDNSHP=X])++")
PIECE = re.compile(rb"(?:[0-9]{1,12}[MIDNSHP=X]){1,65536}+")
NUMBERED = bytes.maketrans(b"MIDNSHP=X", bytes(range(9)))
BLANKED = bytes.maketrans(b"MIDNSHP=X", b" " * 9)
MOST_BLOCKS = 65535
KINDS = b"MIDNSHP=X"
IN_QUERY = np.array([kind in b"MIS=X" for kind in KINDS])
IN_REFERENCE = np.array([kind in b"MDN=X" for kind in KINDS])
IN_BLOCKS = np.array([kind in b"M=X" for kind in KINDS])
CLIP, HARD_CLIP, SKIP = KINDS.index(b"S"), KINDS.index(b"H"), KINDS.index(b"N")


class Cigar(NamedTuple):
    """What a CIGAR means.

    `problem` says what is wrong with it. `query` bases of the read and `reference` bases of the reference are covered;
    `query` is None when there is no CIGAR. `blocks` are offset and length, on the reference, of what is aligned base to
    base (M, = and X), or none where there are more than 65,535. `zero` and `adjacent` say that an operation has
    the length 0, or has the one before it repeated.
    """

    problem: str | None = None
    query: int | None = None
    reference: int = 0
    blocks: tuple[tuple[int, int], ...] = ()
    zero: bool = False
    adjacent: bool = False


NO_CIGAR = Cigar()
TOO_MANY = Cigar(f"has more than {LONGEST_TEXT} characters")
MALFORMED = Cigar("is not a run of lengths and operations")
CLIPS_INSIDE = Cigar("clips inside the alignment")
TOO_LONG = Cigar(f"has an operation longer than {LONGEST}")


def read_cigar(text: bytes) -> Cigar:
    """Takes a CIGAR apart; those of usual length are remembered."""
    return _cached(text) if len(text) <= CACHED else _read(text)


@lru_cache(maxsize=8192)
def _cached(text: bytes) -> Cigar:
    return _read(text)


def _read(text: bytes) -> Cigar:
    if text == b"*":
        return NO_CIGAR
    if len(text) > DETAILED:
        return _read_long(text)
    query = reference = at = state = 0
    zero = adjacent = False
    last = b""
    blocks: list[tuple[int, int]] = []
    while found := OPERATION.match(text, at):
        at = found.end()
        digits, kind = found.groups()
        length = int(digits) if len(digits) <= 10 else LONGEST + 1
        state = _next_state(state, kind)
        if state < 0 or length > LONGEST:
            return CLIPS_INSIDE if state < 0 else TOO_LONG
        zero |= length == 0
        adjacent |= kind == last
        last = kind
        if kind in b"M=X":
            if length and len(blocks) <= MOST_BLOCKS:
                blocks.append((reference, length))
            query += length
            reference += length
        elif kind in b"IS":
            query += length
        elif kind in b"DN":
            reference += length
    if at < len(text) or not text:
        return MALFORMED
    return Cigar(None, query, reference, tuple(blocks) if len(blocks) <= MOST_BLOCKS else (), zero, adjacent)


def _read_long(text: bytes) -> Cigar:
    """Takes a CIGAR of very many operations apart by way of its form in BAM, piece by piece."""
    if len(text) > LONGEST_TEXT:
        return TOO_MANY
    if not GRAMMAR.fullmatch(text):
        return MALFORMED
    words = []
    at = 0
    while at < len(text):
        found = PIECE.match(text, at)
        if not found:
            return TOO_LONG
        piece, at = found.group(), found.end()
        kinds = np.frombuffer(piece.translate(None, b"0123456789").translate(NUMBERED), np.uint8)
        lengths = np.array(list(map(int, piece.translate(BLANKED).split())), np.uint64)
        if lengths.max() > LONGEST:
            return TOO_LONG
        words.append((lengths << np.uint64(4) | kinds).astype(np.uint32))
    return _read_binary(np.concatenate(words).tobytes())


def _next_state(state: int, kind: bytes) -> int:
    """Where in H? S? … S? H? an operation leads; -1 where it may not stand (section 1.4.6, on H and S).

    0: begin, 1: after the first H, 2: after the first S, 3: inside, 4: after the last S, 5: after the last H.
    """
    if kind == b"H":
        return 1 if state == 0 else 5 if state < 5 else -1
    if kind == b"S":
        return 2 if state < 2 else 4 if state < 4 else -1
    return 3 if state < 4 else -1


def read_binary_cigar(data: bytes) -> Cigar:
    """Takes a CIGAR in the form of BAM apart (section 4.2.2); those of usual length are remembered."""
    return _binary_cached(data) if len(data) <= CACHED else _read_binary(data)


@lru_cache(maxsize=8192)
def _binary_cached(data: bytes) -> Cigar:
    return _read_binary(data)


def _read_binary(data: bytes) -> Cigar:
    words: Words = np.frombuffer(data, np.uint32)
    kinds, lengths = words & np.uint32(15), words >> np.uint32(4)
    if not len(words):
        return NO_CIGAR
    if kinds.max() >= len(KINDS):
        return Cigar("holds an unknown operation")
    if _clips_inside(kinds):
        return CLIPS_INSIDE
    advance = np.cumsum(np.where(IN_REFERENCE[kinds], lengths, 0), dtype=np.int64)
    aligned = np.flatnonzero(IN_BLOCKS[kinds] & (lengths > 0))
    blocks: tuple[tuple[int, int], ...] = ()
    if len(aligned) <= MOST_BLOCKS:
        sizes = lengths[aligned].astype(np.int64)
        blocks = tuple(zip((advance[aligned] - sizes).tolist(), sizes.tolist(), strict=True))
    query = int(lengths[IN_QUERY[kinds]].sum(dtype=np.int64))
    zero, adjacent = bool((lengths == 0).any()), bool((kinds[1:] == kinds[:-1]).any())
    return Cigar(None, query, int(advance[-1]), blocks, zero, adjacent)


def _clips_inside(kinds: Words) -> bool:
    begin, end = 0, len(kinds)
    for clip in (HARD_CLIP, CLIP):
        begin += begin < end and kinds[begin] == clip
        end -= begin < end and kinds[end - 1] == clip
    return bool(np.isin(kinds[begin:end], (CLIP, HARD_CLIP)).any())
