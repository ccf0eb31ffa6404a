"""What samtools says of alignments."""

from pathlib import Path

import pysam
import pytest

from qc.engines.samtools import Samtools, parse_stats
from qc.errors import EngineFailed
from qc.results import QcStatus


def test_alignments_are_counted(bam: Path, tmp_path: Path) -> None:
    report = Samtools().run(bam, tmp_path / "work", filename="sample.bam")
    assert report.status is QcStatus.PASSED
    assert report.summary["total_sequences"] == 30
    assert report.summary["mapped"] == 20
    assert report.summary["mapped_percent"] == 66.67
    assert report.summary["gc_content"] == 100.0
    assert report.summary["average_length"] == 50
    assert [Path(file).name for file in report.data] == ["sample.bam.stats.txt", "sample.bam.flagstat.txt"]


def test_no_path_of_this_machine_gets_into_the_data(bam: Path, tmp_path: Path) -> None:
    report = Samtools().run(bam, tmp_path / "work", filename="sample.bam")
    assert all(str(tmp_path) not in Path(file).read_text() for file in report.data)


def test_a_text_file_is_measured_like_a_binary_one(bam: Path, tmp_path: Path) -> None:
    sam = tmp_path / "text"
    with pysam.AlignmentFile(str(bam)) as given, pysam.AlignmentFile(str(sam), "w", template=given) as out:
        for read in given:
            out.write(read)
    engine = Samtools()
    of_sam = engine.run(sam, tmp_path / "a", filename="sample.sam").summary
    assert of_sam == engine.run(bam, tmp_path / "b", filename="sample.bam").summary


def test_a_cram_is_measured_with_its_reference(cram: Path, reference: Path, tmp_path: Path) -> None:
    report = Samtools().run(cram, tmp_path / "work", filename="sample.cram", reference=reference)
    assert report.status is QcStatus.PASSED
    assert report.summary["gc_content"] == 100.0


def test_a_cram_without_its_reference_is_counted_and_warned_about(cram: Path, reference: Path, tmp_path: Path) -> None:
    reference.unlink()
    Path(f"{reference}.fai").unlink()
    report = Samtools().run(cram, tmp_path / "work", filename="sample.cram")
    assert report.status is QcStatus.WARNED
    assert report.summary == {"total_sequences": 30, "gc_content": None}
    assert report.reason is not None
    assert "reference" in report.reason


def test_a_path_in_the_header_of_a_cram_is_not_followed(cram: Path, reference: Path, tmp_path: Path) -> None:
    index = Path(f"{reference}.fai")
    index.unlink()
    assert f"UR:{reference}" in pysam.samtools.view("-H", str(cram))
    before = cram.read_bytes()
    report = Samtools().run(cram, tmp_path / "work", filename="sample.cram")
    assert report.status is QcStatus.WARNED
    assert report.summary["gc_content"] is None
    assert not index.exists()
    assert cram.read_bytes() == before


def test_a_cram_that_carries_its_reference_is_measured_without_one(bam: Path, reference: Path, tmp_path: Path) -> None:
    path = tmp_path / "carrying.cram"
    pysam.samtools.view(
        "-C", "-T", str(reference), "--output-fmt-option", "embed_ref=1", "-o", str(path), str(bam), catch_stdout=False
    )
    report = Samtools().run(path, tmp_path / "work", filename="sample.cram")
    assert report.status is QcStatus.PASSED
    assert report.summary["gc_content"] == 100.0


def test_a_file_without_reads_is_warned_about(tmp_path: Path) -> None:
    path = tmp_path / "object"
    path.write_text("@HD\tVN:1.6\n@SQ\tSN:chr1\tLN:10\n")
    report = Samtools().run(path, tmp_path / "work", filename="empty.sam")
    assert report.status is QcStatus.WARNED
    assert report.summary["total_sequences"] == 0


def test_a_truncated_file_fails_with_a_reason(bam: Path, tmp_path: Path) -> None:
    bam.write_bytes(bam.read_bytes()[:-60])
    with pytest.raises(EngineFailed, match=r"samtools flagstat could not read the file: .+"):
        Samtools().run(bam, tmp_path / "work", filename="cut.bam")


def test_a_text_without_counts_is_refused() -> None:
    with pytest.raises(EngineFailed, match="no counts"):
        parse_stats("# nothing\n")
