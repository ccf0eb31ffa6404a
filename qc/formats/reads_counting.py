"""Counts usual reads into the tables, in compiled code; gives what `reads_plain` gives.

A read is told by where its bases or qualities begin in the data, and its length. Inner loops count in unsigned numbers
because then no index can be negative, and the compiler makes instructions on many bytes of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qc.formats.reads_compiler import compiled
from qc.formats.reads_duplicates import COMPARED, TRACKED
from qc.formats.reads_framing import UPPER
from qc.formats.reads_tables import ADAPTER_SIZE, ADAPTERS, ALONE, FIRST_SCORE, GC_SIZES, LIGATED

if TYPE_CHECKING:
    from qc.formats.reads_tables import Array

UPPER_T_OR_U = 0xDE
WORDS = 7
UPPERS = np.uint64(0xDFDFDFDFDFDFDFDF)
SPREAD = np.uint64(0x9E3779B97F4A7C15)
SLOTS = 1 << 18
BYTES = 1 << 18
STRETCH = 1024
PROBES = np.stack([np.frombuffer(adapter, np.uint8) for adapter in ADAPTERS.values()])
FOURS = ((PROBES.reshape(-1, 3, 4) >> 1 & 3) << np.array([0, 2, 4, 6])).sum(axis=2).astype(np.uint8)


@compiled
def limits(data: Array, at: int, length: int) -> tuple[int, int]:
    """The lowest and the highest of some bytes, at least one."""
    start = np.uint64(at)
    low, high = data[start], data[start]
    for i in range(np.uint64(length)):
        low = min(low, data[start + i])
        high = max(high, data[start + i])
    return low, high


@compiled
def count_letters(data: Array, at: int, length: int, batch: Array) -> None:
    """Adds one to the count of each position's letter; `batch[letter, position]` must have room for one more."""
    start = np.uint64(at)
    for number, letter in ((0, 65), (1, 67), (2, 71), (4, 78)):
        for i in range(np.uint64(length)):
            batch[number, i] += (data[start + i] & UPPER) == letter
    for i in range(np.uint64(length)):
        batch[3, i] += (data[start + i] & UPPER_T_OR_U) == ord("T")


@compiled
def flush_letters(batch: Array, longest: int, letters: Array) -> None:
    """Moves the counts of a batch of short reads into the table."""
    for i in range(longest):
        row = i + 1 + ALONE * (i + 1 >= ALONE)
        for number in range(5):
            letters[row, number] += batch[number, i]
            batch[number, i] = 0


@compiled
def count_qualities(data: Array, at: int, length: int, qualities: Array) -> None:
    """Adds the qualities of a read whose positions do not share rows."""
    start = np.uint64(at)
    alone = min(length, ALONE - 1)
    for i in range(np.uint64(alone)):
        qualities[i + np.uint64(1), np.uint64(data[start + i]) - np.uint64(FIRST_SCORE)] += 1
    for i in range(np.uint64(alone), np.uint64(length)):
        qualities[i + np.uint64(1 + ALONE), np.uint64(data[start + i]) - np.uint64(FIRST_SCORE)] += 1


@compiled
def count_long(data: Array, at: int, scores: int, length: int, width: int, letters: Array, qualities: Array) -> None:
    """Adds bases and qualities of a read whose positions may share rows."""
    done = 0
    while done < length:
        position = done + 1
        row, end = position, position
        if position >= ALONE:
            row = ALONE + position // width
            end = min((position // width + 1) * width - 1, length)
        start = np.uint64(at + done)
        for number, letter in ((0, 65), (1, 67), (2, 71), (3, 84), (4, 78), (3, 85)):
            found = np.uint32(0)
            for i in range(np.uint64(end - done)):
                found = np.uint32(found + np.uint32((data[start + i] & UPPER) == letter))
            letters[row, number] += found
        start = np.uint64(scores + done)
        for i in range(np.uint64(end - done)):
            qualities[row, np.uint64(data[start + i]) - np.uint64(FIRST_SCORE)] += 1
        done = end


@compiled
def count_read(data: Array, at: int, scores: int, length: int, gc: Array, gc_long: Array, means: Array) -> None:
    """Adds the GC content and the mean quality of a read that has bases."""
    start = np.uint64(scores)
    total = np.uint32(0)
    for i in range(np.uint64(length)):
        total = np.uint32(total + data[start + i])
    means[total // length] += 1
    size = length
    if length > 1000:
        size = length // 1000 * 1000
    elif length > 100:
        size = length // 100 * 100
    start = np.uint64(at)
    strong = np.uint32(0)
    for i in range(np.uint64(size)):
        c = data[start + i] & UPPER
        strong = np.uint32(strong + np.uint32((c == 71) | (c == 67)))
    found = np.int64(strong)
    if size >= GC_SIZES:
        gc_long[(200 * found + size) // (2 * size)] += 1
    else:
        gc[99 + size // 100 if size > 100 else size - 1, found] += 1


@compiled
def mark_adapters(data: Array, at: int, length: int, fours: Array, marks: Array) -> bool:
    """Marks the places at which an adapter may begin and says whether there are any.

    Four letters make one byte, two bits each, and three such bytes an adapter; `fours` and `marks` are scratch.
    """
    start = np.uint64(at)
    for i in range(np.uint64(length - 3)):
        fours[i] = (
            ((data[start + i] >> 1) & 3)
            | (((data[start + i + np.uint64(1)] >> 1) & 3) << 2)
            | (((data[start + i + np.uint64(2)] >> 1) & 3) << 4)
            | (((data[start + i + np.uint64(3)] >> 1) & 3) << 6)
        )
    any_marked = np.uint8(0)
    for i in range(np.uint64(length - ADAPTER_SIZE + 1)):
        mark = np.uint8(0)
        for number in range(len(FOURS)):
            mark |= np.uint8(
                (fours[i] == FOURS[number, 0])
                & (fours[i + np.uint64(4)] == FOURS[number, 1])
                & (fours[i + np.uint64(8)] == FOURS[number, 2])
            )
        marks[i] = mark
        any_marked = np.uint8(any_marked | mark)
    return bool(any_marked)


@compiled
def count_adapters(
    data: Array, at: int, length: int, fours: Array, marks: Array, width: int, adapters: Array, adapted: Array
) -> None:
    """Adds the first hit of each adapter in a read; `fours` and `marks` are scratch of `STRETCH` bytes."""
    found = 0
    for done in range(0, length - ADAPTER_SIZE + 1, STRETCH - ADAPTER_SIZE + 1):
        size = min(STRETCH, length - done)
        if not mark_adapters(data, at + done, size, fours, marks):
            continue
        for i in range(size - ADAPTER_SIZE + 1):
            if not marks[i]:
                continue
            for number in range(len(PROBES)):
                k = 0
                while k < ADAPTER_SIZE and (data[at + done + i + k] & UPPER) == PROBES[number, k]:
                    k += 1
                if k == ADAPTER_SIZE and not found >> number & 1:
                    found |= 1 << number
                    position = done + i + 1
                    adapters[number, position if position < ALONE else ALONE + position // width] += 1
    adapted[0] += found & ((1 << LIGATED) - 1) != 0


@compiled
def pack_front(data: Array, at: int, length: int, key: Array, mixed: np.uint64) -> np.uint64:
    """Writes the front of a read, in upper case, and its size into the words of `key`; returns a hash of them."""
    size = min(length, COMPARED)
    for word in range(WORDS):
        start = np.uint64(at + 8 * word)
        letters = np.uint64(0)
        if 8 * word + 8 <= size:  # in this form the compiler loads all eight at once
            for i in range(np.uint64(8)):
                letters |= np.uint64(data[start + i]) << (i << np.uint64(3))
        else:
            for i in range(np.uint64(max(0, size - 8 * word))):
                letters |= np.uint64(data[start + i]) << (i << np.uint64(3))
        key[word] = letters & UPPERS
        if word == WORDS - 1:
            key[word] |= np.uint64(size) << np.uint64(56)
        mixed = (mixed ^ key[word]) * SPREAD
        mixed ^= mixed >> np.uint64(29)
    return mixed


@compiled
def count_sequence(
    data: Array, at: int, length: int, key: Array, packed: Array, times: Array, slots: Array, bits: Array, state: Array
) -> None:
    """Looks the front of a read up among the sequences that are tracked; `key` is scratch.

    `state` is the reads, the sequences, the read until which all were met, and a secret that spreads the slots, so that
    no file can be made to let all its reads fall into one. A slot holds a mark of its sequence beside the number. The
    `bits` are few enough for the cache of the processor and say of most reads that they are not tracked.
    """
    mixed = pack_front(data, at, length, key, np.uint64(state[3]))
    slot = np.int64(mixed >> np.uint64(40)) & (SLOTS - 1)
    mark = np.int64(mixed & np.uint64(0x7FFFFFFF)) << 32
    byte, bit = np.int64(mixed >> np.uint64(20)) & (BYTES - 1), np.uint8(1 << np.int64(mixed & np.uint64(7)))
    state[0] += 1
    growing = state[1] < TRACKED
    if not growing and not bits[byte] & bit:
        return
    while slots[slot]:
        number = (slots[slot] & 0xFFFFFFFF) - 1
        same = slots[slot] - number - 1 == mark
        if same:
            for word in range(WORDS):
                same &= packed[number, word] == key[word]
        if same:
            times[number] += 1
            break
        slot = (slot + 1) & (SLOTS - 1)
    else:
        if growing:
            packed[state[1]] = key
            times[state[1]] = 1
            state[1] += 1
            slots[slot] = mark | state[1]
            bits[byte] |= bit
    if growing:
        state[2] = state[0]
