"""Promises of the broken copies: each has exactly the fault that its name says, at the place that is told."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import pytest
from simulate import Breakage, Dataset, break_file, simulate_dataset

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return simulate_dataset(tmp_path_factory.mktemp("project"), genome_length=4_000, pairs=300, samples=1)


def lines_of(path: Path) -> list[str]:
    return gzip.decompress(path.read_bytes()).decode().splitlines()


def source_of(kind: Breakage, project: Dataset) -> Path:
    sample = project.samples[0]
    if kind.startswith("vcf_"):
        return sample.vcf
    return sample.bam if kind in {Breakage.EOF_MISSING, Breakage.BAM_MAGIC_BAD} else sample.forward


@pytest.mark.parametrize("kind", Breakage)
def test_every_breakage_changes_the_file_and_does_so_the_same_way_twice(
    kind: Breakage, project: Dataset, tmp_path: Path
) -> None:
    source = source_of(kind, project)
    before = source.read_bytes()
    first = break_file(kind, source, tmp_path / "a", record=2)
    second = break_file(kind, source, tmp_path / "b", record=2)
    assert first.path.read_bytes() == second.path.read_bytes() != before
    assert source.read_bytes() == before


@pytest.mark.parametrize(("kind", "offset"), [(Breakage.QUALITY_SHORT, -1), (Breakage.QUALITY_LONG, 1)], ids=str)
def test_only_the_quality_line_that_is_told_has_another_length(
    kind: Breakage, offset: int, project: Dataset, tmp_path: Path
) -> None:
    broken = break_file(kind, project.samples[0].forward, tmp_path / "x.fastq.gz", record=5)
    lines = lines_of(broken.path)
    wrong = [at + 1 for at in range(3, len(lines), 4) if len(lines[at]) != len(lines[at - 2])]
    assert (broken.record, wrong) == (5, [broken.line])
    assert len(lines[broken.line - 1]) == 150 + offset


def test_a_flipped_byte_spoils_the_check_of_the_compressed_data_alone(project: Dataset, tmp_path: Path) -> None:
    for source in (project.samples[0].forward, project.samples[0].bam):
        broken = break_file("byte_flipped", source, tmp_path / source.name)
        before, after = source.read_bytes(), broken.path.read_bytes()
        assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
        with pytest.raises((gzip.BadGzipFile, zlib.error, EOFError)):
            gzip.decompress(after)


def test_a_truncated_gzip_ends_before_its_end_marker(project: Dataset, tmp_path: Path) -> None:
    broken = break_file("gzip_truncated", project.samples[0].forward, tmp_path / "x.fastq.gz")
    with pytest.raises(EOFError):
        gzip.decompress(broken.path.read_bytes())


def test_a_missing_eof_block_loses_no_record(project: Dataset, tmp_path: Path) -> None:
    source = project.samples[0].bam
    broken = break_file("eof_missing", source, tmp_path / "x.bam")
    assert gzip.decompress(broken.path.read_bytes()) == gzip.decompress(source.read_bytes())
    assert source.read_bytes().endswith(bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000"))
    assert len(broken.path.read_bytes()) == len(source.read_bytes()) - 28


def test_mates_are_out_of_step_from_the_record_that_is_told(project: Dataset, tmp_path: Path) -> None:
    def names(lines: list[str]) -> list[str]:
        return [line.split()[0] for line in lines[::4]]

    sample = project.samples[0]
    broken = break_file("mate_missing", sample.reverse, tmp_path / "x_R2.fastq.gz", record=9)
    forward, reverse = names(lines_of(sample.forward)), names(lines_of(broken.path))
    assert len(reverse) == len(forward) - 1
    assert next(at for at, pair in enumerate(zip(forward, reverse, strict=False), 1) if len(set(pair)) == 2) == 9


def test_an_unsorted_vcf_goes_back_at_the_line_that_is_told(project: Dataset, tmp_path: Path) -> None:
    broken = break_file("vcf_unsorted", project.samples[0].vcf, tmp_path / "x.vcf.gz", record=3)
    lines = lines_of(broken.path)
    this, before = lines[broken.line - 1].split("\t"), lines[broken.line - 2].split("\t")
    assert this[0] == before[0]
    assert int(this[1]) < int(before[1])


def test_a_record_that_is_not_there_cannot_be_broken(project: Dataset, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no record 5000"):
        break_file("quality_short", project.samples[0].forward, tmp_path / "x", record=5000)
    assert not (tmp_path / "x").exists()
