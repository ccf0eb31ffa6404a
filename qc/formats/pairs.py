"""Checks that two FASTQ files are the two ends of the same fragments, read by read.

Names agree when they stand for the same fragment, see `read_names`. Which end a read is stands behind the fragment
(`/1`) or, since Casava 1.8, behind the blank (`1:N:0:ATCACG`).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self, cast

from qc.errors import Unreadable
from qc.formats.base import FindingLog, TooManyErrors, shown
from qc.formats.fastq_blocks import RecordTooLong, columns_of, feed_stepwise
from qc.formats.fastq_records import Lost, blank_lines, read_record
from qc.formats.gzipped import GZIP_MAGIC
from qc.formats.packing import Unpacked
from qc.formats.rawbytes import PIECE, RawBytes
from qc.formats.read_names import fragments
from qc.opening import open_regular
from qc.results import Compression

if TYPE_CHECKING:
    from qc.opening import ByteStream

CASAVA = re.compile(rb"([12]):[YN]:")
SECOND = (b"/2\n", b"/2 ", b"/2\t", b" 2:", b"\t2:")  # what a name that says it is the second end holds
WHICH = ("forward", "reverse")
WINDOW = 1 << 20
SINGLY = 64


class Reads(NamedTuple):
    """The name lines ('@' and a name) and the bases of some reads."""

    names: list[bytes]
    bases: list[bytes]


class Opened:
    """The bytes of a file or a stream; no digests are taken here. Raises Unreadable."""

    def __init__(self, source: Path | ByteStream) -> None:
        self._name = str(source) if isinstance(source, Path) else "The stream"
        self._opened = open_regular(source) if isinstance(source, Path) else None
        self._source: ByteStream = self._opened or cast("ByteStream", source)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._opened:
            self._opened.close()

    def read(self) -> bytes:
        """The next bytes, at most 1 MiB; empty at the end."""
        try:
            return self._source.read(PIECE) or b""
        except OSError as error:
            raise Unreadable(f"{self._name} cannot be read: {error.strerror or error}.") from error


class ReadStream:
    """The reads of one FASTQ file, a block at a time; `problem` tells why it could not be read to its end."""

    def __init__(self, source: Opened) -> None:
        self.problem: str | None = None
        self.waiting = Reads([], [])
        self.count = 0
        self._line = 1
        self._findings = FindingLog()
        raw = RawBytes(source)
        packing = Compression.GZIP if raw.peek(2) == GZIP_MAGIC else Compression.NONE
        self._pieces = Unpacked(raw, packing, self._findings)
        self._steps = feed_stepwise(self._pieces, self._take)

    def fill(self) -> bool:
        """Makes sure that a read waits; returns False at the end of the file."""
        while not self.waiting.names:
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
        return bool(self.waiting.names)

    def take(self, count: int) -> Reads:
        """The next reads; `count` must not be more than are waiting."""
        names, bases = self.waiting
        self.waiting = Reads(names[count:], bases[count:])
        return Reads(names[:count], bases[:count])

    def skip(self) -> None:
        """Reads on to the end of the file, only counting."""
        while self.fill():
            self.waiting = Reads([], [])

    def _take(self, block: bytes, final: bool) -> int:  # noqa: FBT001
        at = 0
        while at < len(block) and (used := self._take_usual(block, at) or self._take_singly(block, at, final=final)):
            at += used
        return at

    def _take_usual(self, block: bytes, at: int) -> int:
        """Takes the reads of a window when all of them have the usual form."""
        columns = columns_of(block[at : at + WINDOW])
        if columns is None:
            return 0
        self._add(columns.names, columns.sequences, 4 * len(columns.names))
        return columns.size

    def _take_singly(self, block: bytes, start: int, *, final: bool) -> int:
        at = start
        for _ in range(SINGLY):
            if at + blank_lines(block, at) == len(block):
                return len(block) - start if final else at - start
            record = read_record(block, at, self._line, final=final)
            if record is None:
                break
            self._add([record.name], [record.sequence], record.lines)
            at += record.size
        return at - start

    def _add(self, names: list[bytes], bases: list[bytes], lines: int) -> None:
        self.waiting.names.extend(names)
        self.waiting.bases.extend(bases)
        self.count += len(names)
        self._line += lines


def compare_mates(forward: Path | ByteStream, reverse: Path) -> FindingLog:
    """Reads both files side by side and returns what keeps them from being a pair. Raises Unreadable."""
    findings = FindingLog()
    with Opened(forward) as first, Opened(reverse) as second:
        streams = ReadStream(first), ReadStream(second)
        pairing = Pairing(findings)
        try:
            while streams[0].fill() and streams[1].fill():
                count = min(len(stream.waiting.names) for stream in streams)
                pairing.compare(streams[0].take(count), streams[1].take(count))
            for stream in streams:
                stream.skip()
            pairing.finish(streams)
        except TooManyErrors:
            pass
    return findings


class Pairing:
    """Compares reads in step and remembers whether all were the same and which ends their names mark."""

    def __init__(self, findings: FindingLog) -> None:
        self._findings = findings
        self._record = 0
        self._same_bases = True
        self._last: tuple[bytes, bytes] | None = None
        self._interleaved = False

    def compare(self, forward: Reads, reverse: Reads) -> None:
        """Compares as many reads of each file, at least one: all at once, and singly only where they are not alike."""
        if self._record == 0:
            self._compare_first(forward.names[0], reverse.names[0])
        self._same_bases = self._same_bases and forward.bases == reverse.bases
        if fragments(forward.names) != fragments(reverse.names):
            for number, pair in enumerate(zip(forward.names, reverse.names, strict=True), self._record + 1):
                self._compare_fragments(number, *pair)
                self._last = pair
        text = b"\n".join([*forward.names, b""])
        if forward.names != reverse.names and any(mark in text for mark in SECOND):
            for number, pair in enumerate(zip(forward.names, reverse.names, strict=True), self._record + 1):
                self._compare_ends(number, *pair)
        self._last = forward.names[-1], reverse.names[-1]
        self._record += len(forward.names)

    def finish(self, streams: tuple[ReadStream, ReadStream]) -> None:
        """Says what only the ends of the files tell: that one could not be read, the counts, that both are the same."""
        readable = True
        for which, stream in zip(WHICH, streams, strict=True):
            if stream.problem:
                readable = False
                message = f"The {which} file of the pair cannot be read to its end: {stream.problem}"
                self._findings.error("mate_unreadable", message)
        counts = [stream.count for stream in streams]
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
            self._findings.error("mate_same_end", message, record=1, found=two[1:], expected="end 1 and end 2")

    def _compare_fragments(self, number: int, one: bytes, two: bytes) -> None:
        if fragments([one]) == fragments([two]):
            return
        self._tell_interleaved(number, (one, two))
        stem_one, stem_two = (b"".join(name[1:].split(None, 1)[:1]) for name in (one, two))
        self._findings.error(
            "mate_name",
            f"Read {number} is '{shown(stem_one)}' in the forward file, '{shown(stem_two)}' in the reverse.",
            record=number,
            found=stem_two,
            expected=stem_one,
        )

    def _tell_interleaved(self, number: int, pair: tuple[bytes, bytes]) -> None:
        """Says once that a file holds both ends, which is seen where two reads in a row are of one fragment."""
        if self._interleaved or self._last is None:
            return
        for which, before, name in zip(WHICH, self._last, pair, strict=True):
            if fragments([before]) == fragments([name]):
                self._interleaved = True
                message = f"The {which} file holds both ends of the fragments, one after the other."
                self._findings.error("mate_interleaved", message, record=number, found=name[1:], expected="one end")
                return

    def _compare_ends(self, number: int, one: bytes, two: bytes) -> None:
        if (_end(one), _end(two)) == (b"2", b"1"):
            message = f"Read {number} is marked 2 in the forward file and 1 in the reverse: they are swapped."
            self._findings.warn_once("mate_swapped", message, record=number, found=one[1:])


def _end(name: bytes) -> bytes | None:
    """Which end a name says it is: what Casava writes after the blank, or the mark at the end of the first word."""
    stem, *rest = name.split(None, 1)
    if rest and (casava := CASAVA.match(rest[0])):
        return casava.group(1)
    return stem[-1:] if stem[-2:-1] == b"/" and stem[-1:] in (b"1", b"2") else None
