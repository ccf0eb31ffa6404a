"""Promises of the large simulated files: they are valid, have what was asked for, and come out the same every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pysam
import pytest
from simulation.bulk_alignments import write_alignments
from simulation.bulk_reads import write_reads
from simulation.bulk_variants import write_variants

from qc.validate import validate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAKERS = {"x.fastq.gz": write_reads, "x.bam": write_alignments, "x.vcf.gz": write_variants}
COUNT = 600


@pytest.mark.parametrize("name", MAKERS)
def test_a_large_file_is_valid_without_a_finding_and_has_what_was_asked_for(name: str, tmp_path: Path) -> None:
    MAKERS[name](tmp_path / name, COUNT)
    verdict = validate(tmp_path / name)
    assert (verdict.valid, verdict.findings) == (True, [])
    assert verdict.counts.get("records", verdict.counts.get("variants")) == COUNT


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
def test_the_same_arguments_write_the_same_bytes(maker: Callable[..., None], tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        maker(tmp_path / name, 100, seed=seed)
    first, again, other = ((tmp_path / name).read_bytes() for name in "abc")
    assert first == again != other


def test_large_alignments_have_the_bins_and_mates_that_htslib_expects(tmp_path: Path) -> None:
    path = tmp_path / "x.bam"
    write_alignments(path, COUNT)
    pysam.index(str(path))
    with pysam.AlignmentFile(str(path)) as bam:
        records = list(bam)
        found = sum(1 for contig in bam.references for _ in bam.fetch(contig))
    assert found == sum(not record.is_unmapped for record in records)
    for record in records:
        bin_of_file = record.bin
        record.reference_start = record.reference_start  # pysam works the bin out anew
        assert record.bin == bin_of_file
    by_name: dict[str, list[pysam.AlignedSegment]] = {}
    for record in records:
        by_name.setdefault(record.query_name, []).append(record)
    for first, second in by_name.values():
        assert first.next_reference_start == second.reference_start
        assert first.template_length == -second.template_length
