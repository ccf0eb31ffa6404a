"""What Sequali says of reads."""

import json
import sys
from pathlib import Path

import pytest

from qc.engines.sequali import Sequali, parse_report
from qc.errors import EngineFailed
from qc.results import QcStatus


def test_reads_are_counted_exactly(tmp_path: Path) -> None:
    path = tmp_path / "object"
    path.write_text("@a\nGGCN\n+\nIIII\n@b\nAATTGC\n+\n######\n")
    report = Sequali().run(path, tmp_path / "work", filename="odd.fastq.gz")
    assert report.status is QcStatus.PASSED
    assert report.summary == {
        "total_sequences": 2,
        "gc_content": 55.56,
        "sequence_length": "4-6",
        "mean_length": 5.0,
        "total_bases": 10,
        "q20_percent": 40.0,
    }
    assert json.loads(Path(report.data[0]).read_bytes())["meta"]["filename"] == "odd.fastq"
    assert Path(report.pages[0]).read_text().lstrip().lower().startswith("<!doctype html>")


def test_a_file_without_reads_is_warned_about(tmp_path: Path) -> None:
    path = tmp_path / "object"
    path.write_bytes(b"")
    report = Sequali().run(path, tmp_path / "work", filename="empty.fastq")
    assert report.status is QcStatus.WARNED
    assert report.summary["total_sequences"] == 0
    assert report.summary["gc_content"] == 0.0


def test_a_broken_file_fails_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "object"
    path.write_text("@a\nACGT\n+\nIII\n")
    with pytest.raises(EngineFailed, match=r"Sequali wrote no report \(exit code 1\): .+"):
        Sequali().run(path, tmp_path / "work", filename="a.fastq")


def test_a_sequali_that_hangs_is_stopped(fastq: Path, tmp_path: Path) -> None:
    hanging = (sys.executable, "-c", "import time; time.sleep(600)")
    with pytest.raises(EngineFailed, match="Sequali took longer than 1 s"):
        Sequali(command=hanging, seconds=1).run(fastq, tmp_path / "work", filename="a.fastq.gz")


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"summary": {"total_reads": "x"}}', b"\xff"])
def test_a_report_of_another_shape_is_refused(raw: bytes) -> None:
    with pytest.raises(EngineFailed, match="cannot be read"):
        parse_report(raw)
