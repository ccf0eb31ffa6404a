"""Checks that two FASTQ files are the two ends of the same fragments, read by read.

Names agree when they stand for the same fragment, see `read_names`. Which end a read is stands behind the fragment
(`/1`) or, since Casava 1.8, behind the blank (`1:N:0:ATCACG`).
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from qc.formats.base import FindingLog, TooManyErrors, shown
from qc.formats.fastq_blocks import RecordTooLong, columns_of, feed_stepwise
from qc.formats.fastq_records import Lost, blank_lines, read_record
from qc.formats.packing import Unpacked
from qc.formats.rawbytes import RawBytes
from qc.formats.read_names import fragments
from qc.formats.reading import HashedFile
from qc.results import Compression

if TYPE_CHECKING:
    from pathlib import Path

    from qc.opening import ByteStream

CASAVA = re.compile(rb"([12]):[YN]:")


class Read(NamedTuple):
    """The name line (without '@') and the bases of one read."""

    name: bytes
    bases: bytes


class ReadStream:
    """The reads of one FASTQ file, a block at a time; `problem` tells why it could not be read to its end."""

    def __init__(self, source: HashedFile) -> None:
        self.problem: str | None = None
        self.waiting: deque[Read] = deque()
        self.count = 0
        self._line = 1
        self._findings = FindingLog()
        packing = Compression.GZIP if source.peek(2) == b"\x1f\x8b" else Compression.NONE
        self._pieces = Unpacked(RawBytes(source), packing, self._findings)
        self._steps = feed_stepwise(self._pieces, self._take)

    def fill(self) -> bool:
        """Makes sure that a read waits; returns False at the end of the file."""
        while not self.waiting:
            try:
                next(self._steps)
            except StopIteration:
                break
            except Lost as lost:
                self.problem = lost.message
                break
            except RecordTooLong:
                self.problem = "A record is too long."
                break
        if self._findings.kept and not self._pieces.whole:
            self.problem = self._findings.kept[0].message
        return bool(self.waiting)

    def take(self, count: int) -> list[Read]:
        """The next reads."""
        return [self.waiting.popleft() for _ in range(count)]

    def _take(self, block: bytes, final: bool) -> int:  # noqa: FBT001
        before = len(self.waiting)
        used = self._take_block(block, final=final)
        self.count += len(self.waiting) - before
        return used

    def _take_block(self, block: bytes, *, final: bool) -> int:
        columns = columns_of(block)
        if columns:
            self.waiting.extend(map(Read, [name[1:] for name in columns.names], columns.sequences))
            self._line += 4 * len(columns.names)
            return columns.size
        at = 0
        while at < len(block):
            if at + blank_lines(block, at) == len(block):
                return len(block) if final else at
            record = read_record(block, at, self._line, final=final)
            if record is None:
                break
            self.waiting.append(Read(record.name[1:], record.sequence))
            self._line += record.lines
            at += record.size
        return at


def compare_mates(forward: Path | ByteStream, reverse: Path) -> FindingLog:
    """Reads both files side by side and returns what keeps them from being a pair. Raises Unreadable."""
    findings = FindingLog()
    with HashedFile(forward) as first, HashedFile(reverse) as second:
        streams = ReadStream(first), ReadStream(second)
        pairing = Pairing(findings)
        try:
            more = [stream.fill() for stream in streams]
            while all(more):
                count = min(len(stream.waiting) for stream in streams)
                pairing.compare(streams[0].take(count), streams[1].take(count))
                more = [stream.fill() for stream in streams]
            pairing.finish(streams, _drain_counts(streams))
        except TooManyErrors:
            pass
    return findings


def _drain_counts(streams: tuple[ReadStream, ReadStream]) -> tuple[int, int]:
    for stream in streams:
        while stream.fill():
            stream.waiting.clear()
    return streams[0].count, streams[1].count


class Pairing:
    """Compares reads in step and remembers whether all were the same and which ends their names mark."""

    def __init__(self, findings: FindingLog) -> None:
        self._findings = findings
        self._record = 0
        self._same_bases = True

    def compare(self, forward: list[Read], reverse: list[Read]) -> None:
        """Compares as many reads of each file."""
        alike = _fragments(forward) == _fragments(reverse)
        for one, two in zip(forward, reverse, strict=True):
            self._record += 1
            if self._record == 1:
                self._compare_first(one.name, two.name)
            if self._same_bases and one.bases != two.bases:
                self._same_bases = False
            if one.name != two.name:
                self._compare_names(one, two, alike=alike)

    def finish(self, streams: tuple[ReadStream, ReadStream], counts: tuple[int, int]) -> None:
        """Says what only the ends of the files tell: that one could not be read, the counts, that both are the same."""
        readable = True
        for which, stream in zip(("forward", "reverse"), streams, strict=True):
            if stream.problem:
                readable = False
                message = f"The {which} file of the pair cannot be read to its end: {stream.problem}"
                self._findings.error("mate_unreadable", message)
        if readable and counts[0] != counts[1]:
            self._findings.error(
                "mate_count",
                f"The forward file has {counts[0]} reads but the reverse file has {counts[1]}.",
                record=min(counts) + 1,
                found=f"{counts[1]} reads",
                expected=f"{counts[0]} reads",
            )
        elif readable and self._record and self._same_bases:
            message = "Both files of the pair hold the same bases in every read: it is the same file twice."
            self._findings.error("mate_same_reads", message)

    def _compare_first(self, one: bytes, two: bytes) -> None:
        first, second = _end(one), _end(two)
        if first is not None and first == second:
            message = f"The names of both files say that they hold end {shown(first)} of the fragments."
            self._findings.error("mate_same_end", message, record=1, found=two, expected="end 1 and end 2")

    def _compare_names(self, one: Read, two: Read, *, alike: bool) -> None:
        if not alike and _fragments([one]) != _fragments([two]):
            stem_one, stem_two = (b"".join(read.name.split(None, 1)[:1]) for read in (one, two))
            self._findings.error(
                "mate_name",
                f"Read {self._record} is '{shown(stem_one)}' in the forward file, '{shown(stem_two)}' in the reverse.",
                record=self._record,
                found=stem_two,
                expected=stem_one,
            )
        elif (_end(one.name), _end(two.name)) == (b"2", b"1"):
            message = f"Read {self._record} is marked 2 in the forward file and 1 in the reverse: they are swapped."
            self._findings.warn_once("mate_swapped", message, record=self._record, found=one.name)


def _fragments(reads: list[Read]) -> bytes:
    return fragments([b"@" + read.name for read in reads])


def _end(name: bytes) -> bytes | None:
    """Which end a name says it is: what Casava writes after the blank, or the mark at the end of the first word."""
    stem, _, rest = name.partition(b" ")
    if casava := CASAVA.match(rest):
        return casava.group(1)
    return stem[-1:] if stem[-2:-1] == b"/" and stem[-1:] in (b"1", b"2") else None
