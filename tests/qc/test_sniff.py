"""What is promised about telling formats by content and by name."""

from __future__ import annotations

import pytest

from qc.results import Compression, Format
from qc.sniff import compression_promised_by, format_promised_by, sniff
from tests.qc.builders import VCF_RECORD, bam_header, bgzf, fastq, gzipped, sam, vcf

LINE = b"r1\t0\tchr1\t10\t60\t4M\t*\t0\t0\tACGT\tIIII\n"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (fastq(3), (Format.FASTQ, Compression.NONE)),
        (b"@r\nACGT", (Format.FASTQ, Compression.NONE)),
        (gzipped(fastq(3)), (Format.FASTQ, Compression.GZIP)),
        (bgzf(fastq(3)), (Format.FASTQ, Compression.BGZF)),
        (bgzf(fastq(90_000))[:5000], (Format.FASTQ, Compression.BGZF)),
        (gzipped(b"") + gzipped(fastq(3)), (Format.FASTQ, Compression.GZIP)),
        (sam(LINE), (Format.SAM, Compression.NONE)),
        (LINE, (Format.SAM, Compression.NONE)),
        (bgzf(bam_header()), (Format.BAM, Compression.BGZF)),
        (gzipped(bam_header()), (Format.BAM, Compression.GZIP)),
        (b"CRAM\3\0name", (Format.CRAM, Compression.NONE)),
        (vcf(VCF_RECORD), (Format.VCF, Compression.NONE)),
        (bgzf(vcf(VCF_RECORD)), (Format.VCF, Compression.BGZF)),
        (bgzf(b"BCF\2\2\0\0"), (Format.BCF, Compression.BGZF)),
        (b">seq\nACGT\n", (Format.UNKNOWN, Compression.NONE)),
        (b"@prefix rdf: <http://example.org/>\n<a> <b> <c> .\nmore\n", (Format.UNKNOWN, Compression.NONE)),
        (gzipped(b"text"), (Format.UNKNOWN, Compression.GZIP)),
        (b"", (Format.UNKNOWN, Compression.NONE)),
        (b"\x1f\x8b", (Format.UNKNOWN, Compression.GZIP)),
    ],
)
def test_content_tells_format_and_compression(head: bytes, expected: tuple[Format, Compression]) -> None:
    assert sniff(head) == expected


@pytest.mark.parametrize(
    ("name", "promised", "packed"),
    [
        ("a.fastq", Format.FASTQ, Compression.NONE),
        ("A.FQ.GZ", Format.FASTQ, Compression.GZIP),
        ("a.b.sam", Format.SAM, Compression.NONE),
        ("a.Bam", Format.BAM, Compression.BGZF),
        ("a.cram", Format.CRAM, Compression.NONE),
        ("a.vcf", Format.VCF, Compression.NONE),
        ("a.vcf.gz", Format.VCF, Compression.GZIP),
        ("a.bcf", Format.BCF, Compression.BGZF),
        ("a.bam.bai", None, None),
        ("notes.txt.gz", None, Compression.GZIP),
        ("fastq", None, None),
    ],
)
def test_a_name_promises_by_its_ending(name: str, promised: Format | None, packed: Compression | None) -> None:
    assert format_promised_by(name) == promised
    assert compression_promised_by(name) == packed
