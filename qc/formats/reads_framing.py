"""Finds the lines of usual reads and checks their letters, in compiled code.

A read is usual when it has four lines that end alike, a name of printable ASCII, IUPAC letters, a bare '+' or the name
repeated, and as many printable qualities as bases, at least one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qc.formats.fastq_blocks import IUPAC
from qc.formats.reads_compiler import compiled

if TYPE_CHECKING:
    from qc.formats.reads_tables import Array

LF, CR, TAB, SPACE, AT, PLUS, TILDE = 10, 13, 9, 32, 64, 43, 126
UPPER = 0xDF
ONES, HIGHS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
FROM_SPACE, ABOVE_SPACE = np.uint64(0x6060606060606060), np.uint64(0x5F5F5F5F5F5F5F5F)
NAME_ROOM = 1 << 16
IUPAC_LETTERS = np.zeros(256, np.uint8)
IUPAC_LETTERS[list(IUPAC)] = 1


@compiled
def newline_from(data: Array, at: int) -> int:
    """The place of the next newline; the end of the data when there is none."""
    end = len(data)
    while at + 64 <= end:
        start = np.uint64(at)
        found = np.uint8(0)
        for i in range(np.uint64(64)):
            found = np.uint8(found | np.uint8(data[start + i] == LF))
        if found:
            break
        at += 64
    while at < end and data[at] != LF:
        at += 1
    return at


@compiled
def all_iupac(data: Array, at: int, length: int) -> bool:
    """Says whether all letters are IUPAC codes; the usual five are looked at first, many at a time."""
    start = np.uint64(at)
    other = np.uint8(0)
    for i in range(np.uint64(length)):
        c = data[start + i] & UPPER
        other = np.uint8(other | np.uint8((c != 65) & (c != 67) & (c != 71) & (c != 84) & (c != 78)))
    if not other:
        return True
    known = np.uint8(1)
    for i in range(np.uint64(length)):
        known = np.uint8(known & IUPAC_LETTERS[data[start + i]])
    return bool(known)


@compiled
def all_printable(data: Array, at: int, length: int) -> bool:
    """Says whether all quality characters are '!' to '~'."""
    start = np.uint64(at)
    bad = np.uint8(0)
    for i in range(np.uint64(length)):
        bad = np.uint8(bad | np.uint8((data[start + i] <= SPACE) | (data[start + i] > TILDE)))
    return not bad


@compiled
def line_end(data: Array, at: int) -> int:
    """How many bytes the line end at this place has: 1 for LF, 2 for CR LF, 0 for none or not all of it."""
    if at < len(data) and data[at] == LF:
        return 1
    if at + 1 < len(data) and data[at] == CR and data[at + 1] == LF:
        return 2
    return 0


@compiled
def all_between(data: Array, at: int, carry: np.uint64) -> bool:
    """Says whether eight bytes are at most '~' and, with a byte of `carry` added to each, at least 128."""
    eight = np.uint64(0)
    for i in range(np.uint64(8)):
        eight |= np.uint64(data[np.uint64(at) + i]) << (i << np.uint64(3))
    return bool(((eight + carry) & ~(eight + ONES) & ~eight & HIGHS) == HIGHS)


@compiled
def take_name(data: Array, at: int, fragments: Array, written: int) -> tuple[int, int]:
    """Writes the fragment of the name at `at`, as `read_names` says it; returns the name's end and the new size.

    There must be `NAME_ROOM` bytes to write to; of a longer name only the beginning is taken.
    """
    end = min(len(data), at + NAME_ROOM - 1)
    fragments[written] = AT
    written += 1
    at += 1
    while at < end and (data[at] == SPACE or data[at] == TAB):
        at += 1
    while at + 8 <= end and all_between(data, at, ABOVE_SPACE):
        for i in range(np.uint64(8)):
            fragments[np.uint64(written) + i] = data[np.uint64(at) + i]
        written += 8
        at += 8
    while at < end and SPACE < data[at] <= TILDE:
        fragments[written] = data[at]
        written += 1
        at += 1
    if fragments[written - 1] == ord("2"):
        before = fragments[written - 2]
        if before == ord("R"):
            before = fragments[written - 3]
        if before == ord("/") or before == ord(".") or before == ord("_"):
            fragments[written - 1] = ord("1")
    fragments[written] = LF
    while at + 8 <= end and all_between(data, at, FROM_SPACE):
        at += 8
    while at < end and (SPACE <= data[at] <= TILDE or data[at] == TAB):
        at += 1
    return at, written + 1


@compiled
def plus_end(data: Array, at: int, name: int, name_end: int) -> int:
    """The end of the '+' line at `at`, which is bare or repeats the name; 0 when it does not."""
    if at >= len(data) or data[at] != PLUS:
        return 0
    at += 1
    if line_end(data, at):
        return at
    size = name_end - name
    if at + size > len(data):
        return 0
    for i in range(size):
        if data[at + i] != data[name + i]:
            return 0
    return at + size


@compiled
def frame(data: Array, at: int, name_end: int, usual: int) -> tuple[int, int, int, int, int]:
    """Bases, length, qualities, end and size of the line ends of the read whose name ends at `name_end`; 0 if unusual.

    `usual` is the length of the read before it, which saves looking for the newline when this one is as long.
    """
    none = (0, 0, 0, 0, 0)
    step = line_end(data, name_end)
    if step == 0 or name_end == at + 1:
        return none
    start = name_end + step
    length = usual
    if length == 0 or line_end(data, start + length) != step or not all_iupac(data, start, length):
        length = newline_from(data, start) - (step - 1) - start
        if length < 1 or line_end(data, start + length) != step or not all_iupac(data, start, length):
            return none
    plus = plus_end(data, start + length + step, at + 1, name_end)
    if plus == 0 or line_end(data, plus) != step:
        return none
    scores = plus + step
    if line_end(data, scores + length) != step or not all_printable(data, scores, length):
        return none
    return start, length, scores, scores + length + step, step
