"""`seqark validate`: exit codes, the text and the JSON, mates and references."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from simulate import Dataset, simulate_dataset
from simulation.breakage import Breakage, break_file

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Seqark


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return simulate_dataset(tmp_path_factory.mktemp("data"), genome_length=4000, pairs=50, samples=1, cram=True)


def test_valid_files_exit_zero_and_are_told_with_their_digests(seqark: Seqark, data: Dataset) -> None:
    checked = seqark("validate", *data.submitted)
    assert checked.code == 0
    assert [line.partition(":")[0] for line in checked.out.splitlines()] == [str(path) for path in data.submitted]
    assert all(hashlib.md5(path.read_bytes()).hexdigest() in checked.out for path in data.submitted)


def test_one_invalid_file_among_valid_ones_exits_one_and_is_told_with_its_line(
    seqark: Seqark, data: Dataset, tmp_path: Path
) -> None:
    sample = data.samples[0]
    broken = break_file(Breakage.QUALITY_SHORT, sample.forward, tmp_path / "x_R1.fastq.gz", record=7)
    checked = seqark("validate", sample.vcf, broken.path, sample.reverse)
    assert checked.code == 1
    assert f"{broken.path}: INVALID" in checked.out
    assert f"line {broken.line}" in checked.out
    assert checked.out.count(": valid") == 2


def test_a_file_that_cannot_be_read_exits_two_though_another_is_invalid(
    seqark: Seqark, data: Dataset, tmp_path: Path
) -> None:
    broken = break_file(Breakage.QUALITY_SHORT, data.samples[0].forward, tmp_path / "x_R1.fastq.gz", record=7)
    checked = seqark("validate", tmp_path / "absent.bam", tmp_path, broken.path)
    assert checked.code == 2
    assert checked.err.count("cannot be read") == 2
    assert "INVALID" in checked.out


def test_json_is_one_object_a_file_with_everything_found(seqark: Seqark, data: Dataset, tmp_path: Path) -> None:
    broken = break_file(Breakage.QUALITY_SHORT, data.samples[0].forward, tmp_path / "x_R1.fastq.gz", record=7)
    checked = seqark("validate", "--json", data.samples[0].bam, broken.path, tmp_path / "absent.vcf")
    assert checked.code == 2
    good, bad, absent = (json.loads(line) for line in checked.out.splitlines())
    assert (good["readable"], good["verdict"]["valid"], good["verdict"]["format"]) == (True, True, "BAM")
    assert [finding["line"] for finding in bad["verdict"]["findings"]] == [broken.line]
    assert (absent["readable"], absent["verdict"]) == (False, None)
    assert absent["error"]


def test_mates_are_compared_with_each_other(seqark: Seqark, data: Dataset, tmp_path: Path) -> None:
    sample = data.samples[0]
    assert seqark("validate", sample.forward, "--mate", sample.reverse).code == 0
    other = simulate_dataset(tmp_path / "other", seed=9, genome_length=4000, pairs=40, samples=1)
    checked = seqark("validate", sample.forward, "--mate", other.samples[0].reverse)
    assert checked.code == 1
    assert "error" in checked.out


def test_a_mate_that_is_absent_exits_two_and_a_mate_for_two_files_is_a_wrong_call(
    seqark: Seqark, data: Dataset, tmp_path: Path
) -> None:
    forward = data.samples[0].forward
    assert seqark("validate", forward, "--mate", tmp_path / "absent.fastq").code == 2
    called = seqark("validate", forward, forward, "--mate", forward)
    assert called.code == 2
    assert "exactly one PATH" in called.err


def test_a_cram_file_is_decoded_with_its_reference(seqark: Seqark, data: Dataset, tmp_path: Path) -> None:
    cram = data.samples[0].cram
    assert seqark("validate", cram, "--reference", data.reference).code == 0
    assert seqark("validate", cram, "--reference", tmp_path / "absent.fasta").code == 2
