"""Small files of every format, and the FastQC that the tests need."""

import gzip
import os
import random
import warnings
from pathlib import Path

import pysam
import pytest

from qc.engines.fastqc import FastQC

CONTIG, LENGTH = "chr1", 2000


@pytest.fixture(scope="session")
def fastqc_required() -> FastQC:
    """Return FastQC; without it CI fails, and a developer is told what went untested."""
    engine = FastQC()
    if not engine.available():
        message = "FastQC (Debian package `fastqc`, and a Java) is not on the path: its tests did not run."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        warnings.warn(message, stacklevel=1)
        pytest.skip(message)
    return engine


def sequences(count: int, length: int, *, seed: int = 7) -> list[str]:
    chance = random.Random(seed)
    return ["".join(chance.choices("ACGT", k=length)) for _ in range(count)]


def fastq_text(count: int = 50, length: int = 80) -> str:
    return "".join(f"@read{n}\n{read}\n+\n{'I' * length}\n" for n, read in enumerate(sequences(count, length)))


@pytest.fixture
def fastq(tmp_path: Path) -> Path:
    """Fifty reads of eighty bases, gzipped, under a name as the store gives it."""
    path = tmp_path / "0190c0de-object"
    path.write_bytes(gzip.compress(fastq_text().encode()))
    return path


@pytest.fixture
def bam(tmp_path: Path) -> Path:
    """Thirty reads of fifty bases, C and G alone, twenty of them mapped."""
    path = tmp_path / "alignments"
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": CONTIG, "LN": LENGTH}]}
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for n in range(30):
            read = pysam.AlignedSegment(out.header)
            read.query_name = f"read{n}"
            read.query_sequence = "CG" * 25
            read.query_qualities = pysam.qualitystring_to_array("I" * 50)
            if n < 20:
                read.reference_id, read.reference_start, read.cigarstring, read.mapping_quality = 0, n * 10, "50M", 60
            else:
                read.is_unmapped = True
            out.write(read)
    return path


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    """The sequence that the alignments refer to."""
    path = tmp_path / "reference.fa"
    path.write_text(f">{CONTIG}\n{'CG' * (LENGTH // 2)}\n")
    pysam.faidx(str(path))
    return path


@pytest.fixture
def cram(tmp_path: Path, bam: Path, reference: Path) -> Path:
    """The alignments as CRAM, whose bases only the reference gives back."""
    path = tmp_path / "alignments.cram"
    with (
        pysam.AlignmentFile(str(bam), "rb") as given,
        pysam.AlignmentFile(str(path), "wc", template=given, reference_filename=str(reference)) as out,
    ):
        for read in given:
            out.write(read)
    return path


@pytest.fixture
def vcf(tmp_path: Path) -> Path:
    """Three transitions, one transversion and one deletion in two samples."""
    path = tmp_path / "variants"
    rows = [("A", "G"), ("C", "T"), ("G", "A"), ("A", "C"), ("AT", "A")]
    lines = [
        "##fileformat=VCFv4.2",
        f"##contig=<ID={CONTIG},length={LENGTH}>",
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\tS2",
        *(f"{CONTIG}\t{10 * n + 1}\t.\t{ref}\t{alt}\t50\tPASS\t.\tGT\t0/1\t1/1" for n, (ref, alt) in enumerate(rows)),
    ]
    path.write_text("\n".join(lines) + "\n")
    return path
