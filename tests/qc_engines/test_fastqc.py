"""What FastQC, the real one, says of reads, and what becomes of one that fails."""

import gzip
import os
import zipfile
from pathlib import Path

import pytest

from qc.engines.fastqc import FastQC, parse_data, status_of
from qc.errors import EngineFailed
from qc.results import QcStatus
from tests.qc_engines.conftest import fastq_text


def _fake(folder: Path, script: str) -> str:
    path = folder / "fake-fastqc"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_reads_are_counted_and_the_report_carries_the_files_own_name(
    fastqc_required: FastQC, fastq: Path, tmp_path: Path
) -> None:
    report = fastqc_required.run(fastq, tmp_path / "work", filename="sample_R1.fastq.gz")
    assert report.tool == "FastQC"
    assert report.status in {QcStatus.PASSED, QcStatus.WARNED}
    assert report.summary["total_sequences"] == 50
    assert 45 <= report.summary["gc_content"] <= 55
    assert isinstance(report.summary["gc_content"], float)
    assert report.summary["sequence_length"] == "80"
    assert report.summary["flagged_poor_quality"] == 0
    assert report.summary["modules"]["Basic Statistics"] == "pass"
    assert "sample_R1.fastq.gz" in Path(report.pages[0]).read_text()
    with zipfile.ZipFile(report.data[0]) as archive:
        assert "Filename\tsample_R1.fastq.gz" in archive.read("sample_R1_fastqc/fastqc_data.txt").decode()


@pytest.mark.parametrize("filename", ["liar.fastq.gz", "stdin.fastq", "-Dodd name (1)é.fq", "no_ending"])
def test_plain_reads_are_counted_whatever_their_name_says(
    fastqc_required: FastQC, tmp_path: Path, filename: str
) -> None:
    path = tmp_path / "object"
    path.write_text(fastq_text(count=5))
    assert fastqc_required.run(path, tmp_path / "work", filename=filename).summary["total_sequences"] == 5


def test_all_members_of_a_gzip_file_are_counted(fastqc_required: FastQC, tmp_path: Path) -> None:
    path = tmp_path / "object"
    path.write_bytes(gzip.compress(fastq_text(count=5).encode()) * 3)
    assert fastqc_required.run(path, tmp_path / "work", filename="a.fastq").summary["total_sequences"] == 15


def test_a_file_that_fastqc_cannot_read_fails_with_its_reason(fastqc_required: FastQC, tmp_path: Path) -> None:
    path = tmp_path / "object"
    path.write_text("@a\nACGT\n+\nIIII\nnot a header\n")
    with pytest.raises(EngineFailed, match=r"FastQC wrote no report .*ID line"):
        fastqc_required.run(path, tmp_path / "work", filename="a.fastq")


def test_a_heap_that_is_too_small_fails_and_does_not_hang(fastqc_required: FastQC, tmp_path: Path) -> None:
    path = tmp_path / "object"
    path.write_text(fastq_text(count=2, length=400_000))
    with pytest.raises(EngineFailed, match="memory"):
        FastQC(heap=16, seconds=120).run(path, tmp_path / "work", filename="a.fastq")


def test_a_fastqc_that_hangs_is_stopped_with_what_it_started(fastq: Path, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    hanging = _fake(tmp_path, f"sleep 600 & echo $! > {note}; wait")
    with pytest.raises(EngineFailed, match=r"FastQC took longer than 5 s and was stopped\."):
        FastQC(executable=hanging, seconds=5).run(fastq, tmp_path / "work", filename="a.fastq.gz")
    state = Path(f"/proc/{note.read_text().strip()}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_fastqc_that_crashes_is_told_apart(fastq: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match=r"FastQC crashed \(SIGSEGV\)"):
        FastQC(executable=_fake(tmp_path, "kill -SEGV $$")).run(fastq, tmp_path / "work", filename="a.fastq.gz")


def test_a_fastqc_that_writes_nothing_failed(fastq: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match=r"FastQC wrote no report \(exit code 0\): no room left\."):
        FastQC(executable=_fake(tmp_path, "echo no room left")).run(fastq, tmp_path / "w", filename="a.fastq.gz")


def test_fastqc_is_not_available_without_its_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    assert not FastQC().available()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"Basic Statistics": "pass", "Adapter Content": "pass"}, QcStatus.PASSED),
        ({"Basic Statistics": "pass", "Adapter Content": "warn"}, QcStatus.WARNED),
        ({"Basic Statistics": "pass", "Adapter Content": "fail"}, QcStatus.WARNED),
    ],
)
def test_modules_that_complain_make_a_warning(said: dict[str, str], expected: QcStatus) -> None:
    assert status_of(said) is expected


def test_a_report_without_its_basic_statistics_is_refused() -> None:
    with pytest.raises(EngineFailed, match="basic statistics"):
        parse_data("##FastQC\t0.11.9\n>>Basic Statistics\tpass\nFilename\ta\n>>END_MODULE\n")
