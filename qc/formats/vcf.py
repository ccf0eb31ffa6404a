"""Checks VCF text to the end of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qc.formats.base import Outcome
from qc.formats.lines import LineBlocks, LineTooLong
from qc.formats.packing import Unpacked
from qc.formats.rawbytes import RawBytes
from qc.formats.variant_walk import BlockWalk
from qc.formats.vcf_definitions import FIRST_STRICT
from qc.formats.vcf_text import NoColumns, VcfWalk
from qc.results import Compression, Format

if TYPE_CHECKING:
    from qc.formats.base import FindingLog, Job

MAX_LINE = 1 << 26
CHECKED = [
    "meta lines and column line",
    "fixed columns and INFO of every record",
    "FORMAT and every sample",
    "order of the records",
]


class VcfCheck:
    """VCF text, plain, in gzip or in BGZF."""

    format = Format.VCF
    extensions = (".vcf",)
    packing = Compression.NONE

    def matches(self, head: bytes) -> bool:
        """VCF begins with its fileformat line; the column line alone is VCF that lacks it."""
        return head.startswith((b"##fileformat=VCF", b"#CHROM\tPOS\tID\tREF"))

    def check(self, job: Job) -> Outcome:
        """Reads every line of the file."""
        pieces = Unpacked(RawBytes(job.source), job.compression, job.findings)
        blocks = LineBlocks(pieces, MAX_LINE)
        walk = VcfWalk(job.findings)
        lines = BlockWalk(walk)
        try:
            for block in blocks:
                is_cut = not blocks.ended and not pieces.whole
                lines.take(block[: block.rfind(b"\n") + 1] if is_cut else block)
            if pieces.whole:
                walk.finish()
                if not blocks.ended:
                    _tell_of_missing_newline(job.findings, walk, blocks.number)
        except LineTooLong as long:
            job.findings.error("line_too_long", str(long), line=long.line, expected=f"at most {long.limit} bytes")
        except NoColumns:
            pass
        if job.compression is Compression.GZIP:
            job.findings.warning(
                "not_bgzf", "The file is plain gzip; VCF tools need BGZF to index it.", expected="bgzf"
            )
        return Outcome(counts=walk.counts(), metrics=walk.metrics(), checked=list(CHECKED))


def _tell_of_missing_newline(findings: FindingLog, walk: VcfWalk, line: int) -> None:
    """VCF 4.3 ends every line; in older files, which did not say so, it is only told."""
    tell = findings.error if walk.header.minor >= FIRST_STRICT else findings.warning
    tell("no_newline_at_end", f"Line {line}, the last one, has no newline at its end; it may be cut.", line=line)
