"""Counts alignments and what they are like, for the scalars and distributions of a verdict."""

from __future__ import annotations

from array import array
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from qc.formats.alignment_depth import PLACE_BITS, Depth
from qc.formats.alignment_summary import counts_of, metrics_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qc.formats.alignment_depth import Numbers

PAIRED, PROPER, UNMAPPED, MATE_UNMAPPED, FIRST, SECONDARY, FAILED, DUPLICATE, SUPPLEMENTARY = (
    *(0x1, 0x2, 0x4, 0x8, 0x40),
    *(0x100, 0x200, 0x400, 0x800),
)
NOT_PRIMARY = SECONDARY | SUPPLEMENTARY
NOT_IN_DEPTH = UNMAPPED | SECONDARY | FAILED | DUPLICATE
MOST_HELD = 1 << 20
RECORD = 100
UPPER_CASE, LOWER_CASE = slice(ord("A"), ord("Z") + 1), slice(ord("a"), ord("z") + 1)
LARGEST_INSERT = 2000
EXACT_LENGTHS = 1000
UNKNOWN_QUALITY = 255
LETTERS = 256


class Alignment(NamedTuple):
    """What is counted of one record: 0-based place (-1: none), aligned blocks on the reference, SEQ and QUAL.

    SEQ is text ("" when there is none), QUAL are Phred scores without an offset ("" when there are none).
    """

    flag: int
    reference: int = -1
    position: int = -1
    mapping_quality: int = UNKNOWN_QUALITY
    template: int = 0
    length: int = 0
    blocks: tuple[tuple[int, int], ...] = ()
    sequence: bytes = b""
    qualities: bytes = b""


class Columns(NamedTuple):
    """The same of many records, as arrays."""

    flags: Numbers
    references: Numbers
    mapping_qualities: Numbers
    templates: Numbers
    lengths: Numbers


class AlignmentTally:
    """Sums over the records of a SAM, BAM or CRAM file, in bounded memory.

    Lengths, letters and base qualities are those of primary records. The depth counts bases that are aligned (M, =, X)
    in records that are mapped, not secondary, not duplicates and not of failed quality, as `samtools depth` does.
    """

    def __init__(self, reference_lengths: Sequence[int] = (), *, by_coordinate: bool = False) -> None:
        self.records = 0
        self.flags: Counter[int] = Counter()
        self.bases = 0
        self.reference_lengths = np.array(reference_lengths, np.int64)
        self.lengths: Counter[int] = Counter()
        self.sequenced = 0
        self.letters = np.zeros(LETTERS, np.int64)
        self.qualities = np.zeros(LETTERS, np.int64)
        self.mapping_qualities = np.zeros(LETTERS, np.int64)
        self.inserts = np.zeros(LARGEST_INSERT + 2, np.int64)
        self.aligned = np.zeros(len(self.reference_lengths), np.int64)
        self.placed = np.zeros(len(self.reference_lengths), np.int64)
        self.depth = Depth(len(self.reference_lengths)) if by_coordinate else None
        self._held = 0
        self._upto = -1
        self._columns = array("q")
        self._blocks = array("q")
        self._letters: list[bytes] = []
        self._scores: list[bytes] = []

    def add(self, flag: int, length: int) -> None:
        """Adds one record of which only FLAG and the length of SEQ are known."""
        self.take(Alignment(flag, length=length))

    def take(self, alignment: Alignment) -> None:
        """Adds one record."""
        self.records += 1
        flag, reference = alignment.flag, alignment.reference
        self._columns.extend(
            (flag, reference, alignment.mapping_quality, alignment.template, alignment.length),
        )
        if not flag & NOT_PRIMARY:
            self._letters.append(alignment.sequence)
            self._scores.append(alignment.qualities)
        if reference >= 0:
            self._upto = (reference << PLACE_BITS) + max(alignment.position, 0)
            for block in blocks_of(alignment):
                self._blocks.extend(block)
        self._held += len(alignment.sequence) + len(alignment.blocks) + RECORD
        if self._held > MOST_HELD:
            self.settle()

    def take_columns(self, columns: Columns) -> None:
        """Adds many records but for their letters, qualities and blocks, which go into the arrays of the tally."""
        self.records += len(columns.flags)
        self._add_columns(columns)

    def take_blocks(self, starts: Numbers, ends: Numbers, upto: int) -> None:
        """Adds aligned blocks by their places, see `Depth.take`; `upto` is where the last record begins.

        What reaches past the end of its reference does not count.
        """
        references = starts >> PLACE_BITS
        ends = np.minimum(ends, (references << PLACE_BITS) + self.reference_lengths[references])
        inside = starts < ends
        starts, ends = starts[inside], ends[inside]
        self.aligned += np.bincount(references[inside], ends - starts, len(self.aligned)).astype(np.int64)
        if self.depth:
            self.depth.take(starts, ends, upto)

    def unsorted(self) -> None:
        """Gives up the depth, as records turned out not to be in the order of coordinates."""
        self.depth = None

    def counts(self, references: int, sort_order: str) -> dict[str, Any]:
        """The scalars of a verdict; `sort_order` is what the header says."""
        self.settle()
        return counts_of(self, references, sort_order)

    def metrics(self, names: Sequence[bytes]) -> dict[str, Any]:
        """The distributions of a verdict; `names` are those of the references."""
        self.settle()
        return metrics_of(self, names)

    def settle(self) -> None:
        """Counts the records that wait for it; before others are added at once."""
        if not self._columns:
            return
        self._add_columns(Columns(*np.array(self._columns, np.int64).reshape(-1, len(Columns._fields)).T))
        letters = byte_counts(b"".join(self._letters))
        self.letters += letters
        self.letters[UPPER_CASE] += letters[LOWER_CASE]
        self.qualities += byte_counts(b"".join(self._scores))
        if self._upto >= 0:
            blocks = np.array(self._blocks, np.int64).reshape(-1, 2)
            self.take_blocks(blocks[:, 0], blocks[:, 1], self._upto)
        self._forget()

    def _forget(self) -> None:
        """Begins a new batch of records."""
        self._held = 0
        self._upto = -1
        for waiting in (self._columns, self._blocks, self._letters, self._scores):
            del waiting[:]

    def _add_columns(self, columns: Columns) -> None:
        flags = columns.flags
        for flag, count in zip(*np.unique(flags, return_counts=True), strict=True):
            self.flags[int(flag)] += int(count)
        self.bases += int(columns.lengths.sum())
        primary = flags & NOT_PRIMARY == 0
        lengths = columns.lengths[primary]
        self.sequenced += int(lengths.sum())
        for length, count in zip(*np.unique(binned(lengths), return_counts=True), strict=True):
            self.lengths[int(length)] += int(count)
        mapped = primary & (flags & UNMAPPED == 0)
        self.mapping_qualities += np.bincount(columns.mapping_qualities[mapped], minlength=LETTERS)
        inner = flags & (PAIRED | PROPER | UNMAPPED | MATE_UNMAPPED | FIRST | NOT_PRIMARY) == PAIRED | PROPER | FIRST
        sizes = np.minimum(np.abs(columns.templates[inner & (columns.templates != 0)]), LARGEST_INSERT + 1)
        self.inserts += np.bincount(sizes, minlength=LARGEST_INSERT + 2)
        placed = columns.references[(columns.references >= 0) & (columns.references < len(self.placed))]
        self.placed += np.bincount(placed, minlength=len(self.placed))


def byte_counts(data: bytes) -> Numbers:
    """How often each byte is there; counted by pairs, which takes half the time."""
    pairs = np.bincount(np.frombuffer(data, np.uint16, len(data) // 2), minlength=LETTERS**2).reshape(LETTERS, -1)
    counts: Numbers = pairs.sum(axis=0) + pairs.sum(axis=1)
    if len(data) & 1:
        counts[data[-1]] += 1
    return counts


def blocks_of(alignment: Alignment) -> list[tuple[int, int]]:
    """Starts and ends, as places, of the blocks of a record that counts for the depth."""
    if alignment.reference < 0 or alignment.position < 0 or alignment.flag & NOT_IN_DEPTH:
        return []
    start = (alignment.reference << PLACE_BITS) + alignment.position
    return [(start + offset, start + offset + length) for offset, length in alignment.blocks]


def binned(lengths: Numbers) -> Numbers:
    """Lengths of reads with three significant digits at most, so that there are few of them."""
    step = 10 ** np.maximum(np.floor(np.log10(np.maximum(lengths, 1))).astype(np.int64) - 2, 0)
    binned_lengths: Numbers = np.where(lengths <= EXACT_LENGTHS, lengths, lengths // step * step)
    return binned_lengths
