"""`seqark validate`: exit codes, the text and the JSON, mates and references."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from simulate import Dataset, simulate_dataset
from simulation.breakage import Breakage, break_file

from app.jobs import cpu

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Seqark

CRASHING = """
import os
from qc import child

perform = child.perform
child.perform = lambda request, sent: os.abort() if request.work.filename.startswith("x") else perform(request, sent)
child.main()
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return simulate_dataset(tmp_path_factory.mktemp("data"), genome_length=4000, pairs=50, samples=1, cram=True)


def test_valid_files_exit_zero_and_are_told_with_their_digests(seqark: Seqark, data: Dataset) -> None:
    checked = seqark("validate", *data.submitted)
    assert checked.code == 0
    heads = [line.partition(":")[0] for line in checked.out.splitlines() if not line.startswith("  ")]
    assert heads == [str(path) for path in data.submitted]
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


def test_what_was_counted_and_the_quality_are_told_in_a_line_each(seqark: Seqark, data: Dataset) -> None:
    sample = data.samples[0]
    checked = seqark("validate", sample.forward, sample.bam, sample.vcf)
    lines = {line.strip().partition(" ")[0]: line for line in checked.out.splitlines() if line.startswith("  ")}
    assert "GC " in checked.out
    assert "Ti/Tv " in checked.out
    assert lines["QC:"].split()[2].rstrip(",") in {"pass", "warn", "fail"}


def test_without_qc_files_are_judged_and_counted_and_nothing_is_measured(seqark: Seqark, data: Dataset) -> None:
    sample = data.samples[0]
    paths = sample.forward, sample.bam, sample.vcf
    full, bare = (seqark("validate", "--json", *options, *paths) for options in ((), ("--no-qc",)))
    assert bare.code == 0
    for with_qc, without in zip(full.out.splitlines(), bare.out.splitlines(), strict=True):
        measured, checked = json.loads(with_qc)["verdict"], json.loads(without)["verdict"]
        assert (checked["metrics"], checked["grades"]) == ({}, [])
        assert measured["metrics"]
        assert all(checked[name] == measured[name] for name in ("valid", "findings", "md5", "sha256", "format"))
        assert checked["counts"].items() <= measured["counts"].items()
    told = seqark("validate", "--no-qc", sample.forward).out
    assert "50 records" in told
    assert "QC:" not in told


def test_what_is_no_file_is_told_at_once_and_the_others_are_checked(
    seqark: Seqark, data: Dataset, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe.fastq")
    (tmp_path / "link.bam").symlink_to(data.samples[0].bam)
    checked = seqark("validate", tmp_path / "pipe.fastq", "/dev/zero", tmp_path, tmp_path / "link.bam")
    assert checked.code == 2
    assert "a named pipe, not a file" in checked.err
    assert "a device, not a file" in checked.err
    assert checked.out.count(": valid (BAM") == 1


def test_a_check_that_crashes_is_a_finding_and_the_other_files_are_checked(
    seqark: Seqark, data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cpu, "COMMAND", (sys.executable, "-c", CRASHING))
    sample = data.samples[0]
    bad = tmp_path / "x.cram"
    bad.write_bytes(sample.bam.read_bytes())
    checked = seqark("validate", "--json", bad, sample.vcf)
    assert checked.code == 1
    crashed, good = (json.loads(line)["verdict"] for line in checked.out.splitlines())
    assert [finding["code"] for finding in crashed["findings"]] == ["check_crashed"]
    assert "crashed (SIGABRT)" in crashed["findings"][0]["message"]
    assert good["valid"]
    assert seqark("validate", bad).out.startswith(f"{bad}: INVALID (UNKNOWN)\n  error check_crashed: ")


def test_wrapped_records_are_valid_where_they_are_asked_for(seqark: Seqark, tmp_path: Path) -> None:
    wrapped = tmp_path / "a.fastq"
    wrapped.write_text("@a\nACGT\nACGT\n+\nIIII\nIIII\n")
    assert seqark("validate", wrapped).code == 1
    assert seqark("validate", "--multiline", wrapped).code == 0


def test_standard_input_is_a_file_like_any_other(data: Dataset) -> None:
    sample = data.samples[0]

    def piped(path: Path, *options: str, by: str = "cat {} | ") -> subprocess.CompletedProcess[str]:
        command = f"{by.format(path)} {sys.executable} -m app validate - {' '.join(options)}"
        return subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)

    good = piped(sample.forward, "--name", "reads_R1.fastq.gz", "--mate", str(sample.reverse))
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.startswith("-: valid (FASTQ, 50 records, md5 ")
    assert piped(sample.bam, "--name", "reads.fastq.gz").stdout.count("error format_mismatch") == 1
    unnamed = piped(sample.bam, "--json", by="< {}")
    assert json.loads(unnamed.stdout)["verdict"]["md5"] == hashlib.md5(sample.bam.read_bytes()).hexdigest()
    closed = piped(sample.bam, by="exec <&-; ")
    assert (closed.returncode, closed.stdout) == (2, "")
    assert "Standard input cannot be read" in closed.stderr


@pytest.mark.parametrize("arguments", [("-", "-"), ("--name", "a.bam", "b.bam")])
def test_standard_input_is_read_once_and_only_it_has_another_name(seqark: Seqark, arguments: tuple[str, ...]) -> None:
    called = seqark("validate", *arguments)
    assert called.code == 2
    assert "tandard input" in called.err


def test_the_index_beside_a_file_is_compared_and_refuses_it_only_where_it_was_named(
    seqark: Seqark, data: Dataset, tmp_path: Path
) -> None:
    bam = tmp_path / "a.bam"
    bam.write_bytes(data.samples[0].bam.read_bytes())
    index = tmp_path / "a.bai"
    index.write_bytes(b"no index")
    beside = seqark("validate", bam)
    assert beside.code == 0
    assert "warning index_damaged" in beside.out
    assert seqark("validate", bam, "--index", index).code == 1
    assert seqark("validate", bam, index).code == 1
    called = seqark("validate", bam, bam, "--index", index)
    assert called.code == 2
    assert "exactly one PATH" in called.err
