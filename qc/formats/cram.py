"""Checks CRAM: containers, blocks and checksums by itself, then every record through htslib where that is possible.

htslib is never asked for a record that needs a sequence which is not at hand: it would follow paths and addresses that
the file names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qc.formats.alignment_tally import AlignmentTally
from qc.formats.base import Outcome
from qc.formats.cram_blocks import (
    COMPRESSION_HEADER,
    MAX_HEADER_TEXT,
    SLICE_HEADER,
    BadContainer,
    Container,
    read_blocks,
    read_container,
    requires_reference,
    slice_reference,
    unpacked,
)
from qc.formats.cram_decode import decode_records
from qc.formats.feed import EndOfData, Feed
from qc.formats.packing import Unpacked
from qc.formats.rawbytes import RawBytes
from qc.formats.sam_header import SamHeader, check_header_text
from qc.results import Compression, Format

if TYPE_CHECKING:
    from qc.formats.base import FindingLog, Job

VERSIONS = ((2, 0), (2, 1), (3, 0), (3, 1))
DEFINITION_SIZE = 26
HEAD_ROOM = 64


class CramCheck:
    """CRAM, which is compressed inside and not packed outside."""

    format = Format.CRAM
    extensions = (".cram",)
    packing = Compression.NONE

    def matches(self, head: bytes) -> bool:
        """CRAM begins with its name and a version."""
        return head.startswith(b"CRAM") and len(head) > 5 and head[4] < 16

    def check(self, job: Job) -> Outcome:
        """Walks the containers; when they are sound, decodes the records or says why that cannot be done."""
        findings = job.findings
        walk = CramWalk(Feed(Unpacked(RawBytes(job.source), job.compression, findings)), findings)
        try:
            walk.read()
        except EndOfData:
            message = f"The file ends inside the container at byte {walk.at}; it is cut short."
            findings.error("cram_truncated", message, offset=walk.at, expected="the end-of-file container")
        except BadContainer as bad:
            findings.error(bad.code, f"The container at byte {walk.at} is damaged: {bad}.", offset=walk.at)
        checked = ["containers, blocks and their checksums", "end-of-file container", "header"]
        counts: dict[str, Any] = {
            "records": walk.records,
            "references": 0,
            "sort_order": "unknown",
            "bases": walk.bases,
        }
        if walk.header:
            counts |= {"references": len(walk.header.references), "sort_order": walk.header.sort_order}
            tally = AlignmentTally()
            if not findings.errors and decode_records(job, walk.header, walk.needed, walk.records, tally):
                counts = tally.counts(len(walk.header.references), walk.header.sort_order)
                checked.append("records")
        return Outcome(counts=counts, metrics={}, checked=checked)


class CramWalk:
    """Goes through the containers. `needed` are the indices of references that slices need from outside, -2 for any."""

    def __init__(self, feed: Feed, findings: FindingLog) -> None:
        self.at = 0
        self.records = 0
        self.bases = 0
        self.header: SamHeader | None = None
        self.needed: set[int] = set()
        self._feed = feed
        self._findings = findings
        self._major = 3
        self._requires = True

    def read(self) -> None:
        """Reads to the end of the file. Raises EndOfData, BadContainer."""
        definition = self._feed.take(DEFINITION_SIZE)
        version = (definition[4], definition[5])
        if version not in VERSIONS:
            message = f"The version is CRAM {version[0]}.{version[1]}."
            self._findings.error("cram_version", message, offset=4, expected="2.0, 2.1, 3.0 or 3.1")
            return
        self._major = version[0]
        ended = False
        while self._feed.more():
            self.at = self._feed.offset
            if ended:
                message = f"Bytes follow the end-of-file container at byte {self.at}."
                self._findings.error("cram_trailing_garbage", message, offset=self.at, expected="the end of the file")
                return
            ended = self._container()
        if not ended and version != (2, 0):
            message = "The file ends without the CRAM end-of-file container; it is probably cut short."
            self._findings.error(
                "cram_eof_missing", message, offset=self._feed.offset, expected="the end-of-file container"
            )

    def _container(self) -> bool:
        """Reads one container; returns whether it was that of the end of the file."""
        container = read_container(self._feed.peek(HEAD_ROOM), self._major)
        if container.header_size > HEAD_ROOM:
            raise BadContainer("cram_container", "its header is too long")
        self._feed.take(container.header_size)
        body = self._feed.take(container.length)
        if container.is_end:
            for _ in read_blocks(body, container.blocks, self._major):
                pass
            return True
        if self.header is None:
            self._read_header(container, body)
        else:
            self.records += container.records
            self.bases += container.bases
            self._read_data(container, body)
        return False

    def _read_header(self, container: Container, body: bytes) -> None:
        blocks = list(read_blocks(body, container.blocks, self._major))
        data = unpacked(blocks[0], MAX_HEADER_TEXT) if blocks and blocks[0].kind == 0 else None
        if data is None or len(data) < 4:
            raise BadContainer("cram_header", "it is the first one and does not hold the SAM header")
        length = int.from_bytes(data[:4], "little", signed=True)
        if not 0 <= length <= len(data) - 4:
            raise BadContainer("cram_header", f"it says that the SAM header has {length} bytes")
        self.header = check_header_text(data[4 : 4 + length], self._findings)

    def _read_data(self, container: Container, body: bytes) -> None:
        for block in read_blocks(body, container.blocks, self._major):
            if block.kind == COMPRESSION_HEADER:
                data = unpacked(block, MAX_HEADER_TEXT)
                self._requires = data is None or requires_reference(data)
            elif block.kind == SLICE_HEADER:
                data = unpacked(block, MAX_HEADER_TEXT)
                needed = -2 if data is None else slice_reference(data, self._major)
                if needed is not None and self._requires:
                    self.needed.add(needed)
