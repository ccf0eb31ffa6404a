"""Makes small sequencing files in memory, good ones and ones broken in one place."""

from __future__ import annotations

import gzip
import struct
import zlib
from typing import TYPE_CHECKING

from qc.formats.bgzf import BGZF_EOF
from qc.validate import validate

if TYPE_CHECKING:
    from pathlib import Path

    from qc.results import Verdict

READ = b"@read%d\nACGTN\n+\nIIII#\n"
SAM_HEADER = b"@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chr1\tLN:1000\n@SQ\tSN:chr2\tLN:500\n"
VCF_HEADER = b"""##fileformat=VCFv4.2
##FILTER=<ID=PASS,Description="All filters passed">
##FILTER=<ID=q10,Description="Quality below 10">
##contig=<ID=1,length=1000>
##contig=<ID=2,length=1000>
##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">
##INFO=<ID=AF,Number=A,Type=Float,Description="Frequency">
##INFO=<ID=DP4,Number=4,Type=Integer,Description="Strands">
##INFO=<ID=DB,Number=0,Type=Flag,Description="In dbSNP">
##INFO=<ID=GENE,Number=1,Type=String,Description="Gene">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Depths">
##FORMAT=<ID=PL,Number=G,Type=Integer,Description="Likelihoods">
#CHROM	POS	ID	REF	ALT	QUAL	FILTER	INFO	FORMAT	A	B
"""
VCF_RECORD = b"1\t100\trs1\tA\tG\t50\tPASS\tDP=10;AF=0.5\tGT:AD:PL\t0/1:5,5:10,0,10\t1|1:0,9:9,3,0\n"


def verdict_of(folder: Path, name: str, data: bytes) -> Verdict:
    """The verdict on these bytes under this name."""
    path = folder / name
    path.write_bytes(data)
    return validate(path)


def codes(verdict: Verdict) -> list[str]:
    """The codes of the kept findings, in order."""
    return [finding.code for finding in verdict.findings]


def fastq(count: int) -> bytes:
    """A plain FASTQ file of this many reads of five bases."""
    return b"".join(READ % number for number in range(1, count + 1))


def bgzf_block(data: bytes) -> bytes:
    """One BGZF block that holds `data`."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush()
    head = bytes.fromhex("1f8b08040000000000ff060042430200") + struct.pack("<H", len(packed) + 25)
    return head + packed + struct.pack("<II", zlib.crc32(data), len(data))


def bgzf(data: bytes, *, size: int = 60_000) -> bytes:
    """`data` in BGZF blocks of `size` bytes, with the end-of-file block."""
    return b"".join(bgzf_block(data[at : at + size]) for at in range(0, len(data), size)) + BGZF_EOF


def gzipped(data: bytes) -> bytes:
    """`data` in one gzip member."""
    return gzip.compress(data, 1, mtime=0)


def bam_header(
    text: bytes = SAM_HEADER, references: tuple[tuple[bytes, int], ...] = ((b"chr1", 1000), (b"chr2", 500))
) -> bytes:
    """The uncompressed header of a BAM file."""
    out = b"BAM\1" + struct.pack("<i", len(text)) + text + struct.pack("<i", len(references))
    for name, length in references:
        out += struct.pack("<i", len(name) + 1) + name + b"\0" + struct.pack("<i", length)
    return out


def bam_record(
    *,
    name: bytes = b"r1",
    flag: int = 0,
    ref: int = 0,
    pos: int = 10,
    cigar: tuple[tuple[int, str], ...] = ((4, "M"),),
    bases: int = 4,
    quality: bytes = b"\x1e\x1e\x1e\x1e",
    next_ref: int = -1,
    tags: bytes = b"NMC\0XXZhello\0",
) -> bytes:
    """One uncompressed BAM record with its block_size."""
    words = b"".join(struct.pack("<I", length << 4 | "MIDNSHP=X".index(kind)) for length, kind in cigar)
    body = struct.pack(
        "<iiBBHHHiiii", ref, pos, len(name) + 1, 60, 4680 + (pos >= 0), len(cigar), flag, bases, next_ref, -1, 0
    )
    body += name + b"\0" + words + b"\x11" * ((bases + 1) // 2) + quality + tags
    return struct.pack("<i", len(body)) + body


def sam(*records: bytes, header: bytes = SAM_HEADER) -> bytes:
    """A SAM file of these alignment lines."""
    return header + b"".join(record + b"\n" for record in records)


def vcf(*records: bytes, header: bytes = VCF_HEADER) -> bytes:
    """A VCF file of these records; each ends with its newline."""
    return header + b"".join(records)
