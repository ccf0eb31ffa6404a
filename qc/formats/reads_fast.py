"""Walks through blocks of reads in compiled code, checking and counting usual ones."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import numpy as np

from qc.formats.fastq_blocks import MAX_RECORD
from qc.formats.reads_compiler import compiled
from qc.formats.reads_counting import (
    BYTES,
    SLOTS,
    STRETCH,
    WORDS,
    count_adapters,
    count_letters,
    count_long,
    count_qualities,
    count_read,
    count_sequence,
    flush_letters,
    limits,
)
from qc.formats.reads_duplicates import TRACKED, Tracked
from qc.formats.reads_framing import AT, NAME_ROOM, frame, take_name
from qc.formats.reads_plain import Usual
from qc.formats.reads_tables import FIRST_SCORE, LEAST_64, SHARED

if TYPE_CHECKING:
    from qc.formats.reads_plain import Reads
    from qc.formats.reads_tables import Array, Tables

    Arrays = tuple[Array, ...]

BATCH = 250
AT_ONCE = 1 << 16
NAMES_ROOM = 1 << 22


@compiled
def count_many(data: Array, places: Array, width: int, batch: Array, tables: Arrays) -> None:
    """Counts reads, at most `BATCH` of them: `places[read]` is where its bases and its qualities begin, and its length.

    The letters of short reads are gathered in `batch`, a byte for each position, which is empty before and after.
    """
    qualities, letters, adapters, adapted, gc, gc_long, means, fours, marks, key, packed, times, slots, bits, state = (
        tables
    )
    longest = 0
    for read in range(len(places)):
        at, scores, length = places[read]
        if width == 1:
            count_letters(data, at, length, batch)
            count_qualities(data, scores, length, qualities)
            longest = max(longest, length)
        else:
            count_long(data, at, scores, length, width, letters, qualities)
        if length:
            count_read(data, at, scores, length, gc, gc_long, means)
        count_adapters(data, at, length, fours, marks, width, adapters, adapted)
        count_sequence(data, at, length, key, packed, times, slots, bits, state)
    flush_letters(batch, longest, letters)


@compiled
def see_many(data: Array, places: Array, qualities: Array) -> None:
    """Notes between which limits the qualities of reads lie, until one tells that their encoding is Phred+33."""
    if qualities[0, : LEAST_64 - FIRST_SCORE].any():
        return
    for read in range(len(places)):
        scores, length = places[read, 1], places[read, 2]
        if length:
            low, high = limits(data, scores, length)
            qualities[0, low - FIRST_SCORE] += 1
            qualities[0, high - FIRST_SCORE] += 1


@compiled
def walk(
    data: Array,
    ends: int,
    width: int,
    fragments: Array,
    places: Array,
    batch: Array,
    tables: Arrays,
    measure: bool,  # noqa: FBT001 - compiled functions know no keywords alone
) -> tuple[int, int, int, int, int]:
    """Takes usual reads from the front of `data` until one is not usual, or not whole, or needs room.

    They are counted, or, without `measure`, only seen. `ends` says which line ends are usual: 1 LF, 2 CR LF, 0 those
    of the first read, 3 both. Returns how many reads and bytes were taken, the size of the fragments, the line ends,
    and the length of a read that needs wider rows or 0.
    """
    at, count, counted, written, usual, room = 0, 0, 0, 0, 0, 0
    while at < len(data) and data[at] == AT and count < len(places) and written + NAME_ROOM <= len(fragments):
        name_end, named = take_name(data, at, fragments, written)
        start, length, scores, end, step = frame(data, at, name_end, usual)
        if step == 0 or ends not in (0, 3, step) or end - at > MAX_RECORD:
            break
        if length // width >= SHARED:
            room = length
            break
        places[count, 0], places[count, 1], places[count, 2] = start, scores, length
        ends = ends or step
        at, count, written, usual = end, count + 1, named, length
        if measure and count - counted == BATCH:
            count_many(data, places[counted:count], width, batch, tables)
            counted = count
    if measure:
        count_many(data, places[counted:count], width, batch, tables)
    else:
        see_many(data, places[:count], tables[0])
    return count, at, written, ends, room


class FastReader:
    """Takes usual reads with compiled code; see `PlainReader`, which does the same for small files."""

    def __init__(self, tables: Tables, *, measure: bool) -> None:
        self._tables = tables
        self._measure = measure
        self._batch = np.zeros((5, SHARED), np.uint8)
        self._fours = np.zeros(STRETCH, np.uint8)
        self._marks = np.zeros(STRETCH, np.uint8)
        self._key = np.zeros(WORDS, np.uint64)
        self._packed = np.zeros((TRACKED, WORDS), np.uint64)
        self._times = np.zeros(TRACKED, np.int64)
        self._slots = np.zeros(SLOTS, np.int64)
        self._bits = np.zeros(BYTES, np.uint8)
        self._state = np.array([0, 0, 0, secrets.randbits(62)], np.int64)
        self._fragments = np.zeros(NAMES_ROOM, np.uint8)
        self._places = np.zeros((AT_ONCE, 3), np.int64)

    def tracked(self) -> Tracked:
        """See `Reader`."""
        _, number, until, _ = map(int, self._state)
        return Tracked(self._times[:number], self._sequence, until)

    def usual(self, block: bytes, at: int, ends: int) -> Usual | None:
        """Takes and counts usual reads from `at` on; None when the first is not usual."""
        data = np.frombuffer(block, np.uint8)[at:]
        while True:
            count, size, written, ends, room = walk(
                *(data, ends, self._tables.width, self._fragments, self._places, self._batch),
                *(self._arrays(), self._measure),
            )
            if count or not room:
                break
            self._tables.make_room(room)
        if not count:
            return None
        lengths = self._places[:count, 2].copy()
        self._tables.make_room(int(lengths.max()))
        return Usual(size, lengths, ends, self._fragments[:written].tobytes())

    def add(self, reads: Reads) -> None:
        """Counts reads that were checked one by one."""
        if not len(reads.lengths):
            return
        self._tables.make_room(int(reads.lengths.max()))
        data = np.frombuffer(reads.bases + reads.qualities, np.uint8)
        starts = np.cumsum(reads.lengths) - reads.lengths
        places = np.stack([starts, starts + len(reads.bases), reads.lengths], axis=1)
        if not self._measure:
            see_many(data, places, self._tables.qualities)
            return
        for at in range(0, len(places), BATCH):
            count_many(data, places[at : at + BATCH], self._tables.width, self._batch, self._arrays())

    def _sequence(self, place: int) -> bytes:
        raw: bytes = self._packed[place].astype("<u8").tobytes()
        return raw[: raw[-1]]

    def _arrays(self) -> Arrays:
        tables = self._tables
        return (
            *(tables.qualities, tables.letters, tables.adapters, tables.adapted, tables.gc, tables.gc_long),
            *(tables.means, self._fours, self._marks, self._key, self._packed, self._times, self._slots, self._bits),
            self._state,
        )
