"""Checks BCF: its frame and typed values by themselves, then its records as the VCF lines that htslib makes of them.

htslib gets, through a pipe, only records that our own walk has found sound (BCF specification, VCF 4.5 section 6).
"""

from __future__ import annotations

import os
import struct
from functools import partial
from typing import TYPE_CHECKING

import pysam

from qc.formats.base import FindingLog, Outcome, TooManyErrors
from qc.formats.bcf_dictionary import BcfDictionary
from qc.formats.bcf_record import FIXED, BcfRecordCheck
from qc.formats.bcf_values import BadValue
from qc.formats.feed import EndOfData, Feed
from qc.formats.packing import Unpacked
from qc.formats.piped import Piped
from qc.formats.rawbytes import RawBytes
from qc.formats.variant_walk import BlockWalk
from qc.formats.vcf_text import NoColumns, VcfWalk
from qc.results import Compression, Format

if TYPE_CHECKING:
    from qc.formats.base import Job

MAX_TEXT = 1 << 25
MAX_RECORD = 1 << 26
BLOCK = 1 << 18
CHECKED = [
    "BGZF blocks and end-of-file block",
    "frame and typed values of every record",
    "header",
    "columns, INFO, FORMAT and samples of every record",
]


class BrokenFrame(Exception):
    """A length or a value in the file cannot be right; the finding is logged."""


class BcfCheck:
    """BCF: VCF in binary form inside BGZF."""

    format = Format.BCF
    extensions = (".bcf",)
    packing = Compression.BGZF

    def matches(self, head: bytes) -> bool:
        """BCF begins with the magic BCF and the major version 2."""
        return head.startswith(b"BCF\2")

    def check(self, job: Job) -> Outcome:
        """Walks the file once; each record that is sound goes on to be decoded, and its text is checked beside."""
        findings = job.findings
        if job.compression is not Compression.BGZF:
            message = f"BCF must be packed in BGZF, but this file is {job.compression.value}."
            findings.error("not_bgzf", message, found=job.compression.value, expected="bgzf")
        frames, texts = FindingLog(), FindingLog()
        pieces = Unpacked(RawBytes(job.source), job.compression, frames)
        walk = VcfWalk(texts)
        frame = BcfFrame(Feed(pieces), walk, frames)
        try:
            frame.read_header()
            frame.read_records(texts)
        except EndOfData:
            if pieces.whole:
                message = f"The data ends inside the header or inside record {frame.record}."
                frames.error("record_truncated", message, offset=frame.offset)
        except (BrokenFrame, NoColumns, TooManyErrors):
            pass
        findings.extend(texts)
        findings.extend(frames)
        counts = walk.counts()
        counts["variants"] = max(frame.record, walk.records)
        return Outcome(counts=counts, metrics=walk.metrics(), checked=list(CHECKED))


class BcfFrame:
    """Reads header text and records of BCF, trusting no length in them."""

    def __init__(self, feed: Feed, walk: VcfWalk, findings: FindingLog) -> None:
        self.record = 0
        self.offset = 0
        self._feed = feed
        self._walk = walk
        self._findings = findings
        self._header = b""
        self._sound = 0

    def read_header(self) -> None:
        """Reads up to the first record. Raises BrokenFrame, NoColumns, EndOfData, TooManyErrors."""
        start = self._feed.take(9)
        if start[4] not in (1, 2):
            message = f"The version is BCF 2.{start[4]}."
            self._findings.error("bcf_version", message, offset=4, found=f"2.{start[4]}", expected="2.1 or 2.2")
            raise BrokenFrame
        length = int.from_bytes(start[5:], "little")
        if length > MAX_TEXT:
            message = f"The header field l_text at byte 5 is {length}."
            self._findings.error("header_length", message, offset=5, found=str(length), expected=f"at most {MAX_TEXT}")
            raise BrokenFrame
        text = self._feed.take(length)
        self._header = start + text
        for line in text.rstrip(b"\0").removesuffix(b"\n").split(b"\n"):
            self._walk.take(line)
        self._walk.finish()

    def read_records(self, texts: FindingLog) -> None:
        """Checks every record and has it decoded, unless the header is at fault. Raises as `read_header` does."""
        check = BcfRecordCheck(self._walk.header, BcfDictionary(self._walk.header, self._findings))
        if self._findings.errors or texts.errors or not self._walk.header.columns:
            self._read(check, None)
            return
        with Piped(partial(decode, walk=self._walk)) as piped:
            piped.send(self._header)
            try:
                self._read(check, piped)
            finally:
                self._settle(piped, texts)

    def _read(self, check: BcfRecordCheck, piped: Piped[None] | None) -> None:
        waiting = bytearray()
        try:
            while self._next(check, waiting):
                if piped and len(waiting) >= BLOCK:
                    piped.send(bytes(waiting))
                    waiting.clear()
                elif not piped:
                    waiting.clear()
        finally:
            if piped:
                piped.send(bytes(waiting))

    def _next(self, check: BcfRecordCheck, waiting: bytearray) -> bool:
        """Checks the next record and adds it to those that wait; False at the end of the data."""
        feed = self._feed
        self.offset = feed.offset
        if not feed.more():
            return False
        self.record += 1
        lengths = feed.take(8)
        shared, individual = struct.unpack("<II", lengths)
        if shared < FIXED.size or shared + individual > MAX_RECORD:
            found, expected = f"{shared} + {individual}", f"{FIXED.size} to {MAX_RECORD} bytes"
            self._fail("record_size", f"says that it has {shared} and {individual} bytes", found, expected)
        body = feed.take(shared + individual)
        try:
            check.check(body[:shared], body[shared:])
        except BadValue as bad:
            self._fail(bad.code, str(bad), None, None)
        waiting += lengths + body
        self._sound += 1
        return True

    def _fail(self, code: str, fault: str, found: str | None, expected: str | None) -> None:
        place = {"record": self.record, "offset": self.offset}
        self._findings.error(code, f"Record {self.record} {fault}.", found=found, expected=expected, **place)
        raise BrokenFrame

    def _settle(self, piped: Piped[None], texts: FindingLog) -> None:
        """Waits for the decoder; what it could not decode is a fault of the file."""
        try:
            piped.finish()
        except (TooManyErrors, NoColumns):
            return
        except (OSError, ValueError, UnicodeError, RuntimeError) as error:
            number = self._walk.records + 1
            texts.error("bcf_decode", f"Record {number} cannot be decoded: {error}.", record=number)
            return
        if self._walk.records != self._sound:
            message = f"Of {self._sound} records {self._walk.records} can be decoded."
            texts.error("bcf_decode", message, found=str(self._walk.records), expected=str(self._sound))


def decode(fd: int, *, walk: VcfWalk) -> None:
    """Turns every record that comes from `fd` into its VCF line and checks that. Raises what pysam raises."""
    pysam.set_verbosity(0)
    lines = BlockWalk(walk)
    waiting: list[str] = []
    size = 0
    with os.fdopen(os.dup(fd), "rb") as file, pysam.VariantFile(file, "r") as variants:
        for record in variants:
            waiting.append(str(record))
            size += len(waiting[-1])
            if size >= BLOCK:
                lines.take("".join(waiting).encode("utf-8", "surrogateescape"))
                waiting, size = [], 0
        lines.take("".join(waiting).encode("utf-8", "surrogateescape"))
