"""Checks CRAM: containers, blocks, headers and checksums by itself, every record through htslib in the same pass."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from qc.formats.base import Outcome
from qc.formats.cram_blocks import BadContainer, Container, read_blocks, read_container
from qc.formats.cram_decode import CramDecoder
from qc.formats.cram_header import END, read_header_text
from qc.formats.cram_slices import read_slices
from qc.formats.feed import EndOfData, Feed
from qc.formats.packing import Unpacked
from qc.formats.rawbytes import RawBytes
from qc.formats.reference_lookup import References
from qc.formats.sam_header import SamHeader, check_header_text
from qc.results import Compression, Format

if TYPE_CHECKING:
    from qc.formats.base import Job

VERSIONS = ((2, 0), (2, 1), (3, 0), (3, 1))
DEFINITION_SIZE = 26
HEAD_ROOM = 1 << 16
USUAL_RECORDS = 1 << 20
MOST_RECORDS_A_BYTE = 1000


class CramCheck:
    """CRAM, which is compressed inside and not packed outside."""

    format = Format.CRAM
    extensions = (".cram",)
    packing = Compression.NONE

    def matches(self, head: bytes) -> bool:
        """CRAM begins with its name and a version."""
        return head.startswith(b"CRAM") and len(head) > 5 and head[4] < 16

    def check(self, job: Job) -> Outcome:
        """Walks the containers and decodes their records on the way, or says why that cannot be done."""
        findings = job.findings
        with CramWalk(job, Feed(Unpacked(RawBytes(job.source), job.compression, findings))) as walk:
            try:
                walk.read()
            except EndOfData:
                message = f"The file ends inside the container at byte {walk.at}; it is cut short."
                findings.error("cram_truncated", message, offset=walk.at, expected="the end-of-file container")
            except BadContainer as bad:
                findings.error(bad.code, f"The container at byte {walk.at} is damaged: {bad}.", offset=walk.at)
            return walk.outcome()


class CramWalk:
    """Goes through the containers and passes sound ones on to the decoder; `at` is the place of the present one."""

    def __init__(self, job: Job, feed: Feed) -> None:
        self.at = 0
        self._job = job
        self._feed = feed
        self._findings = job.findings
        self._opened = ExitStack()
        self._definition = b""
        self._version = (3, 0)
        self._header: SamHeader | None = None
        self._decoder: CramDecoder | None = None
        self._records = 0
        self._bases = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def read(self) -> None:
        """Reads to the end of the file. Raises EndOfData, BadContainer."""
        self._definition = self._feed.take(DEFINITION_SIZE)
        self._version = (self._definition[4], self._definition[5])
        if self._version not in VERSIONS:
            message = f"The file is CRAM {self._version[0]}.{self._version[1]}, which is not among the versions in use."
            self._findings.error("cram_version", message, offset=4, expected="2.0, 2.1, 3.0 or 3.1")
            return
        ended = False
        while self._feed.more():
            self.at = self._feed.offset
            if ended:
                message = f"Bytes follow the end-of-file container at byte {self.at}."
                self._findings.error("cram_trailing_garbage", message, offset=self.at, expected="the end of the file")
                return
            ended = self._container()
        if not ended and self._version != (2, 0):
            message = "The file ends without the CRAM end-of-file container; it is probably cut short."
            place = {"offset": self._feed.offset, "expected": "the end-of-file container"}
            self._findings.error("cram_eof_missing", message, **place)
        if self._header is None:
            message = "The file ends before the container that holds the SAM header."
            self._findings.error("cram_header", message, offset=self._feed.offset, expected="the SAM header")

    def outcome(self) -> Outcome:
        """Waits for the decoder; the counts are those of the records, or of the containers where not all decode."""
        checked = ["containers, blocks and their checksums", "end-of-file container", "header"]
        names = list(self._header.references) if self._header else []
        order = self._header.sort_order if self._header else "unknown"
        metrics: dict[str, Any] = {}
        counts: dict[str, Any] = {
            "records": self._records,
            "references": len(names),
            "sort_order": order,
            "bases": self._bases,
        }
        if self._decoder:
            self._decoder.finish(self._findings)
            if self._decoder.whole:
                self._compare(self._decoder.tally.records)
                counts = self._decoder.tally.counts(len(names), order)
                metrics = self._decoder.tally.metrics(names)
                checked += ["every field and tag of every record", "sort order"]
        return Outcome(counts=counts, metrics=metrics, checked=checked)

    def _compare(self, decoded: int) -> None:
        if decoded != self._records:
            message = f"The containers say that they hold {self._records} records but {decoded} can be decoded."
            self._findings.error("cram_count", message, found=str(decoded), expected=str(self._records))

    def _container(self) -> bool:
        """Reads one container; returns whether it was that of the end of the file."""
        head = self._feed.peek(HEAD_ROOM)
        container = read_container(head, self._version[0])
        body_at = container.header_size
        self._feed.take(body_at)
        body = self._feed.take(container.length)
        blocks, end = read_blocks(body, container, self._version)
        if body[end:].strip(b"\0"):
            raise BadContainer("cram_container", f"bytes that belong to no block follow the last of {len(blocks)}")
        if container.is_end:
            if body != END[self._version[0]][-len(body) :]:
                raise BadContainer("cram_container", "it ends the file and holds other bytes than section 9 gives")
            return True
        if self._header is None:
            self._open(read_header_text(blocks))
            return False
        found = read_slices(blocks, container, self._version[0], len(self._header.references))
        self._count(container)
        if self._decoder:
            self._decoder.take((head[:body_at], body), self.at, found.needed(), self._findings)
        return False

    def _count(self, container: Container) -> None:
        size, records = self._feed.offset, self._records + container.records
        if records > max(USUAL_RECORDS, MOST_RECORDS_A_BYTE * size):
            raise BadContainer("cram_size", f"with it, {size} bytes say that they hold {records} records")
        self._records = records
        self._bases += container.bases

    def _open(self, text: bytes) -> None:
        """Takes the header in and, where it is good, makes the decoder ready."""
        self._header = check_header_text(text, self._findings)
        if self._findings.errors:
            return
        folder = Path(self._opened.enter_context(tempfile.TemporaryDirectory(prefix="sequences-")))
        links = folder / "links"
        links.mkdir()
        references = References(self._header, self._job.reference, self._job.references, folder)
        self._decoder = self._opened.enter_context(CramDecoder(self._definition, text, self._header, references, links))
