"""Promises of validation on simulated files: the good are accepted, each broken copy is refused at its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulate import Breakage, Dataset, break_file, simulate_dataset

from qc.validate import check_mates, validate

if TYPE_CHECKING:
    from pathlib import Path

OF_FASTQ = [
    Breakage.QUALITY_SHORT,
    Breakage.QUALITY_LONG,
    Breakage.BASE_BAD,
    Breakage.HEADER_MARK_MISSING,
    Breakage.PLUS_MISSING,
]
OF_VCF = [Breakage.VCF_ROW_SHORT, Breakage.VCF_REF_BAD, Breakage.VCF_UNSORTED]
OF_CONTAINER = [Breakage.GZIP_TRUNCATED, Breakage.BYTE_FLIPPED, Breakage.TRAILING_GARBAGE, Breakage.EMPTY]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return simulate_dataset(tmp_path_factory.mktemp("project"), genome_length=5_000, pairs=600, samples=1, cram=True)


def test_every_simulated_file_is_valid_without_a_warning(project: Dataset) -> None:
    sample = project.samples[0]
    assert sample.cram is not None
    for path in (*sample.submitted, sample.cram):
        verdict = validate(path, reference=project.reference)
        assert verdict.valid, verdict.findings
        assert verdict.findings == []
    assert check_mates(sample.forward, sample.reverse) == []


@pytest.mark.parametrize("kind", OF_FASTQ)
def test_a_broken_fastq_is_refused_at_the_line_that_was_broken(
    kind: Breakage, project: Dataset, tmp_path: Path
) -> None:
    broken = break_file(kind, project.samples[0].forward, tmp_path / "x_R1.fastq.gz", record=123)
    verdict = validate(broken.path)
    assert not verdict.valid
    first = verdict.first_error
    assert first is not None
    assert (first.line, first.record) == (broken.line, 123), first


@pytest.mark.parametrize("kind", OF_VCF)
def test_a_broken_vcf_is_not_clean_at_the_line_that_was_broken(
    kind: Breakage, project: Dataset, tmp_path: Path
) -> None:
    broken = break_file(kind, project.samples[0].vcf, tmp_path / "x.vcf.gz", record=3)
    findings = validate(broken.path).findings
    assert broken.line in {found.line for found in findings}, findings


@pytest.mark.parametrize("kind", OF_CONTAINER)
@pytest.mark.parametrize("name", ["forward", "bam", "vcf"])
def test_a_damaged_container_is_refused(kind: Breakage, name: str, project: Dataset, tmp_path: Path) -> None:
    source: Path = getattr(project.samples[0], name)
    broken = break_file(kind, source, tmp_path / source.name)
    verdict = validate(broken.path)
    assert not verdict.valid


@pytest.mark.parametrize("kind", [Breakage.EOF_MISSING, Breakage.BAM_MAGIC_BAD])
def test_a_damaged_bam_is_refused(kind: Breakage, project: Dataset, tmp_path: Path) -> None:
    broken = break_file(kind, project.samples[0].bam, tmp_path / "x.bam")
    assert not validate(broken.path).valid


def test_a_vcf_without_its_first_line_is_refused(project: Dataset, tmp_path: Path) -> None:
    broken = break_file(Breakage.VCF_HEADER_MISSING, project.samples[0].vcf, tmp_path / "x.vcf.gz", record=1)
    assert not validate(broken.path).valid


def test_a_fastq_that_ends_within_a_record_is_refused(project: Dataset, tmp_path: Path) -> None:
    broken = break_file(Breakage.RECORD_CUT, project.samples[0].forward, tmp_path / "x_R1.fastq.gz", record=99)
    first = validate(broken.path).first_error
    assert first is not None
    assert first.record == 99


@pytest.mark.parametrize("kind", [Breakage.MATE_MISSING, Breakage.MATE_RENAMED])
def test_mates_out_of_step_are_found_at_the_record_where_they_part(
    kind: Breakage, project: Dataset, tmp_path: Path
) -> None:
    sample = project.samples[0]
    broken = break_file(kind, sample.reverse, tmp_path / "x_R2.fastq.gz", record=77)
    assert validate(broken.path).valid
    findings = check_mates(sample.forward, broken.path)
    assert findings
    assert findings[0].record == 77
