"""Checks BCF: its frame by itself, then its records as the VCF lines that htslib makes of them.

The frame (BCF specification, VCF 4.5 section 6) is walked first, so that htslib only sees lengths that are there.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pysam

from qc.formats.base import Outcome
from qc.formats.feed import EndOfData, Feed
from qc.formats.packing import Unpacked
from qc.formats.rawbytes import RawBytes
from qc.formats.vcf_text import NoColumns, VcfWalk
from qc.results import Compression, Format

if TYPE_CHECKING:
    from qc.formats.base import FindingLog, Job

MAX_TEXT = 1 << 27
MAX_RECORD = 1 << 26
FIXED = struct.Struct("<iiifII")
CHECKED = [
    "BGZF blocks and end-of-file block",
    "frame of every record",
    "header",
    "columns, INFO, FORMAT and samples of every record",
]


class BrokenFrame(Exception):
    """A length in the file cannot be right; the finding is logged."""


class BcfCheck:
    """BCF: VCF in binary form inside BGZF."""

    format = Format.BCF
    extensions = (".bcf",)
    packing = Compression.BGZF

    def matches(self, head: bytes) -> bool:
        """BCF begins with the magic BCF and the major version 2."""
        return head.startswith(b"BCF\2")

    def check(self, job: Job) -> Outcome:
        """Walks the frame; when that is sound, decodes every record."""
        findings = job.findings
        if job.compression is not Compression.BGZF:
            message = f"BCF must be packed in BGZF, but this file is {job.compression.value}."
            findings.error("not_bgzf", message, found=job.compression.value, expected="bgzf")
        pieces = Unpacked(RawBytes(job.source), job.compression, findings)
        walk = VcfWalk(findings)
        frame = BcfFrame(Feed(pieces), walk, findings)
        records = 0
        try:
            records = frame.read()
        except EndOfData:
            if pieces.whole:
                message = f"The data ends inside the header or inside record {frame.record}."
                findings.error("record_truncated", message, offset=frame.offset)
        except (BrokenFrame, NoColumns):
            pass
        if not findings.errors:
            decode(job, walk, records)
        counts = walk.counts()
        counts["variants"] = max(frame.record, walk.records)
        return Outcome(counts=counts, metrics={}, checked=list(CHECKED))


class BcfFrame:
    """Reads header text and record lengths of BCF, trusting none of them."""

    def __init__(self, feed: Feed, walk: VcfWalk, findings: FindingLog) -> None:
        self.record = 0
        self.offset = 0
        self._feed = feed
        self._walk = walk
        self._findings = findings

    def read(self) -> int:
        """Reads to the end of the data and returns the number of records. Raises BrokenFrame, NoColumns, EndOfData."""
        feed, walk = self._feed, self._walk
        version = feed.take(5)[4]
        if version not in (1, 2):
            message = f"The version is BCF 2.{version}."
            self._findings.error("bcf_version", message, offset=4, found=f"2.{version}", expected="2.1 or 2.2")
            raise BrokenFrame
        length = int.from_bytes(feed.take(4), "little")
        if length > MAX_TEXT:
            message = f"The header field l_text at byte 5 is {length}."
            self._findings.error("header_length", message, offset=5, found=str(length), expected=f"at most {MAX_TEXT}")
            raise BrokenFrame
        text = feed.take(length).rstrip(b"\0").removesuffix(b"\n")
        for number, line in enumerate(text.split(b"\n"), 1):
            walk.take(line, number)
        walk.finish()
        self._read_records()
        return self.record

    def _read_records(self) -> None:
        feed, samples = self._feed, len(self._walk.header.samples)
        while True:
            self.offset = feed.offset
            if not feed.more():
                return
            self.record += 1
            shared, individual = struct.unpack("<II", feed.take(8))
            if shared < FIXED.size or shared + individual > MAX_RECORD:
                message = f"Record {self.record} says that it has {shared} and {individual} bytes."
                self._fail("record_size", message, f"{shared} + {individual}", f"24 to {MAX_RECORD} bytes")
            chrom, pos, _, _, _, counts = FIXED.unpack_from(body := feed.take(shared + individual))
            if chrom < 0 or pos < -1:
                message = f"Record {self.record} has CHROM {chrom} and POS {pos}."
                self._fail("record_place", message, f"{chrom}, {pos}", "numbers from 0")
            if counts & 0xFFFFFF != samples:
                message = f"Record {self.record} has {counts & 0xFFFFFF} samples but the header names {samples}."
                self._fail("sample_count", message, str(counts & 0xFFFFFF), str(samples))
            del body

    def _fail(self, code: str, message: str, found: str, expected: str) -> None:
        place = {"record": self.record, "offset": self.offset}
        self._findings.error(code, message, found=found, expected=expected, **place)
        raise BrokenFrame


def decode(job: Job, walk: VcfWalk, records: int) -> None:
    """Turns every record into its VCF line and checks that; the frame has been found sound before."""
    pysam.set_verbosity(0)
    first = walk.header.lines + 2
    try:
        with pysam.VariantFile(str(job.path), "rb", drop_samples=False) as variants:
            for index, record in enumerate(variants):
                walk.take_record(str(record).rstrip("\n").encode("utf-8", "surrogateescape"), first + index)
    except (OSError, ValueError, UnicodeError, RuntimeError) as error:
        message = f"Record {walk.records + 1} cannot be decoded: {error}."
        job.findings.error("bcf_decode", message, record=walk.records + 1)
        return
    if walk.records != records:
        message = f"The file holds {records} records but only {walk.records} can be decoded."
        job.findings.error("bcf_decode", message, found=str(walk.records), expected=str(records))
