"""The tools on real files, where a collection of them stands beside the repository."""

from pathlib import Path

import pysam
import pytest

from qc.engines.bcftools import Bcftools
from qc.engines.samtools import Samtools
from qc.engines.sequali import Sequali

REAL = Path(__file__).parents[2] / ".." / "shared" / "corpus" / "real"


@pytest.mark.parametrize("path", sorted(REAL.glob("*/*.bam")), ids=lambda path: path.name)
def test_samtools_counts_what_htslib_reads(path: Path, tmp_path: Path) -> None:
    with pysam.AlignmentFile(str(path), check_sq=False) as opened:
        bases = [read.query_sequence or "" for read in opened if not read.is_secondary and not read.is_supplementary]
    called = sum(sequence.count(base) for sequence in bases for base in "ACGT")
    gc = sum(sequence.count(base) for sequence in bases for base in "GC")
    summary = Samtools().run(path, tmp_path, filename=path.name).summary
    assert summary["total_sequences"] == len(bases)
    assert summary["gc_content"] == pytest.approx(100 * gc / called, abs=0.01)


@pytest.mark.parametrize("path", sorted(REAL.glob("*/*.vcf.gz")), ids=lambda path: path.name)
def test_bcftools_counts_what_htslib_reads(path: Path, tmp_path: Path) -> None:
    with pysam.VariantFile(str(path)) as opened:
        records, samples = sum(1 for _ in opened), len(opened.header.samples)
    summary = Bcftools().run(path, tmp_path, filename=path.name).summary
    assert (summary["records"], summary["samples"]) == (records, samples)


@pytest.mark.parametrize("path", sorted(REAL.glob("*/*1.fastq.gz"))[:3], ids=lambda path: path.name)
def test_sequali_counts_what_htslib_reads(path: Path, tmp_path: Path) -> None:
    with pysam.FastxFile(str(path)) as opened:
        sequences = [read.sequence or "" for read in opened]
    summary = Sequali().run(path, tmp_path, filename=path.name).summary
    assert (summary["total_sequences"], summary["total_bases"]) == (len(sequences), sum(map(len, sequences)))
