"""Looks at many BAM records at once and marks those that need a closer look (SAM specification 1.6, section 4.2)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Numbers = np.ndarray[Any, np.dtype[np.int64]]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Marks = np.ndarray[Any, np.dtype[np.bool_]]

FIXED = np.dtype(
    [
        ("block_size", "<i4"),
        ("ref", "<i4"),
        ("pos", "<i4"),
        ("name_size", "u1"),
        ("mapq", "u1"),
        ("bin", "<u2"),
        ("operations", "<u2"),
        ("flag", "<u2"),
        ("bases", "<i4"),
        ("next_ref", "<i4"),
        ("next_pos", "<i4"),
        ("tlen", "<i4"),
    ]
)
HEAD = FIXED.itemsize
MAX_TAGS = 64
CONSUMES = np.array([1, 1, 0, 0, 1, 0, 0, 1, 1] + [0] * 7, np.int64)
SIZES = np.full(256, -1, np.int64)
for _letters, _size in (("AcC", 1), ("sS", 2), ("iIf", 4)):
    for _letter in _letters:
        SIZES[ord(_letter)] = _size
LETTERS = np.zeros(256, bool)
LETTERS[[*range(65, 91), *range(97, 123)]] = True
LETTERS_AND_DIGITS = LETTERS.copy()
LETTERS_AND_DIGITS[48:58] = True


class Records(NamedTuple):
    """The records of a block: its bytes (one NUL more at the end), the offset of each record, their fixed fields."""

    data: Bytes
    at: Numbers
    fixed: np.ndarray[Any, np.dtype[Any]]


def records_of(block: bytes, offsets: list[int]) -> Records:
    """Gathers the fixed fields (36 bytes with block_size) of the records at these offsets."""
    data = np.frombuffer(block + b"\0", np.uint8)
    at = np.array(offsets, np.int64)
    heads = data[at[:, None] + np.arange(HEAD)]
    return Records(data, at, heads.reshape(-1).view(FIXED))


def doubtful(records: Records, lengths: Numbers) -> Marks:
    """Marks the records in which anything is out of the ordinary. `lengths` are those of the references."""
    fixed = records.fixed
    size = fixed["block_size"].astype(np.int64)
    bases = fixed["bases"].astype(np.int64)
    name_end = records.at + HEAD + fixed["name_size"]
    cigar_end = name_end + 4 * fixed["operations"].astype(np.int64)
    quality_at = cigar_end + (bases + 1) // 2
    tags_at = quality_at + bases
    end = records.at + 4 + size
    bad: Marks = (fixed["name_size"] < 2) | (bases < 0) | (tags_at > end)
    bad |= _bad_places(fixed, lengths)
    sound = np.flatnonzero(~bad)
    if len(sound):
        chosen = Records(records.data, records.at[sound], fixed[sound])
        bad[sound] |= _bad_names(chosen, name_end[sound])
        bad[sound] |= _bad_cigars(chosen, name_end[sound])
        bad[sound] |= _bad_qualities(records.data, quality_at[sound], bases[sound])
        bad[sound] |= _bad_tags(records.data, tags_at[sound], end[sound])
    return bad


def _bad_places(fixed: np.ndarray[Any, np.dtype[Any]], lengths: Numbers) -> Marks:
    count = len(lengths)
    bad: Marks = np.zeros(len(fixed), bool)
    for ref, pos in (("ref", "pos"), ("next_ref", "next_pos")):
        bad |= (fixed[ref] < -1) | (fixed[ref] >= count) | (fixed[pos] < -1)
        limit = np.append(lengths, 2**31)[np.clip(fixed[ref], -1, count)]
        bad |= (fixed[ref] >= 0) & (fixed[pos] >= limit)
    return bad


def _ragged(starts: Numbers, sizes: Numbers) -> Numbers:
    """The indices of all elements of runs that begin at `starts` and are `sizes` long."""
    ends = np.cumsum(sizes)
    return np.repeat(starts - (ends - sizes), sizes) + np.arange(ends[-1] if len(ends) else 0)


def _bad_names(records: Records, name_end: Numbers) -> Marks:
    sizes = records.fixed["name_size"].astype(np.int64) - 1
    letters = records.data[_ragged(records.at + HEAD, sizes)]
    wrong = (letters < 33) | (letters > 126) | (letters == ord("@"))
    bad: Marks = records.data[name_end - 1] != 0
    if wrong.any():
        bad |= np.add.reduceat(wrong, np.cumsum(sizes) - sizes) > 0
    return bad


def _bad_cigars(records: Records, cigar_at: Numbers) -> Marks:
    counts = records.fixed["operations"].astype(np.int64)
    bad: Marks = np.zeros(len(counts), bool)
    some = np.flatnonzero(counts)
    if not len(some):
        return bad
    words = _ragged(np.zeros(len(some), np.int64), counts[some]) * 4 + np.repeat(cigar_at[some], counts[some])
    operations = records.data[words[:, None] + np.arange(4)].reshape(-1).view("<u4").astype(np.int64)
    kinds = operations & 15
    starts = np.cumsum(counts[some]) - counts[some]
    query = np.add.reduceat((operations >> 4) * CONSUMES[kinds], starts)
    bases = records.fixed["bases"][some]
    bad[some] = (np.maximum.reduceat(kinds, starts) > 8) | ((bases > 0) & (query != bases))
    clipped = np.add.reduceat((kinds == 4) | (kinds == 5), starts)
    first = (kinds[starts] == 4) | (kinds[starts] == 5)
    last_at = starts + counts[some] - 1
    last = ((kinds[last_at] == 4) | (kinds[last_at] == 5)) & (counts[some] > 1)
    bad[some] |= clipped != first.astype(np.int64) + last
    return bad


def _bad_qualities(data: Bytes, at: Numbers, bases: Numbers) -> Marks:
    """Qualities are 0 to 93, or all of them 255 when there are none."""
    bad: Marks = np.zeros(len(at), bool)
    some = np.flatnonzero(bases > 0)
    if len(some):
        bounds = np.column_stack([at[some], at[some] + bases[some]]).reshape(-1)
        high = np.maximum.reduceat(data, bounds)[::2]
        low = np.minimum.reduceat(data, bounds)[::2]
        bad[some] = (high > 93) & (low != 255)
    return bad


def _bad_tags(data: Bytes, at: Numbers, end: Numbers) -> Marks:
    """Walks the tags of all records in step; a record with very many tags is left to the closer look."""
    bad: Marks = np.zeros(len(at), bool)
    nuls = np.append(np.flatnonzero(data == 0), len(data))
    left = np.flatnonzero(at < end)
    at = at.copy()
    for _ in range(MAX_TAGS):
        if not len(left):
            return bad
        here, stop = at[left], end[left]
        fits = here + 4 <= stop
        bad[left[~fits]] = True
        left, here, stop = left[fits], here[fits], stop[fits]
        after, wrong = _step(data, here, stop, nuls)
        wrong |= after > stop
        bad[left[wrong]] = True
        at[left] = after
        left = left[~wrong & (after < stop)]
    bad[left] = True
    return bad


def _not_printable(data: Bytes, start: Numbers, end: Numbers, stop: Numbers) -> Marks:
    """Marks texts that run past their record or hold anything but the characters from blank to '~'."""
    bad: Marks = end >= stop
    some = np.flatnonzero(~bad & (end > start))
    if len(some):
        sizes = end[some] - start[some]
        wrong = data[_ragged(start[some], sizes)] - np.uint8(32) > 94
        if wrong.any():
            bad[some] = np.add.reduceat(wrong, np.cumsum(sizes) - sizes) > 0
    return bad


def _step(data: Bytes, here: Numbers, stop: Numbers, nuls: Numbers) -> tuple[Numbers, Marks]:
    """Where the tag that begins at `here` ends in each record, and which need a closer look (hexadecimal ones too)."""
    kind = data[here + 2]
    wrong: Marks = ~LETTERS[data[here]] | ~LETTERS_AND_DIGITS[data[here + 1]]
    after = here + 3 + SIZES[kind]
    text = np.flatnonzero((kind == ord("Z")) | (kind == ord("H")))
    after[text] = nuls[np.searchsorted(nuls, here[text] + 3)] + 1
    wrong[text] |= (kind[text] == ord("H")) | _not_printable(data, here[text] + 3, after[text] - 1, stop[text])
    arrays = np.flatnonzero((kind == ord("B")) & (here + 8 <= stop))
    count = data[here[arrays][:, None] + np.arange(4, 8)].reshape(-1).view("<u4").astype(np.int64)
    sub = data[here[arrays] + 3]
    after[arrays] = here[arrays] + 8 + count * SIZES[sub]
    known = (SIZES[kind] > 0) | (kind == ord("Z")) | (kind == ord("H"))
    known[arrays] = (SIZES[sub] > 0) & (sub != ord("A"))
    return after, wrong | ~known
