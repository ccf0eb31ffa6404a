"""What bcftools says of variants."""

from pathlib import Path

import pysam
import pytest

from qc.engines.bcftools import Bcftools, parse_stats
from qc.errors import EngineFailed
from qc.results import QcStatus


def test_variants_are_counted(vcf: Path, tmp_path: Path) -> None:
    report = Bcftools().run(vcf, tmp_path / "work", filename="calls.vcf")
    assert report.status is QcStatus.PASSED
    assert report.summary == {
        "records": 5,
        "samples": 2,
        "snps": 4,
        "indels": 1,
        "mnps": 0,
        "others": 0,
        "multiallelic_sites": 0,
        "ti_tv": 3.0,
    }
    text = Path(report.data[0]).read_text()
    assert "ID\t0\tcalls.vcf\n" in text
    assert str(tmp_path) not in text


def test_a_binary_file_is_measured_like_a_text_one(vcf: Path, tmp_path: Path) -> None:
    bcf = tmp_path / "object"
    with pysam.VariantFile(str(vcf)) as given, pysam.VariantFile(str(bcf), "wb", header=given.header) as out:
        for record in given:
            out.write(record)
    engine = Bcftools()
    of_bcf = engine.run(bcf, tmp_path / "a", filename="calls.bcf").summary
    assert of_bcf == engine.run(vcf, tmp_path / "b", filename="calls.vcf").summary


def test_a_file_without_records_is_warned_about_and_has_no_ratio(vcf: Path, tmp_path: Path) -> None:
    header = [line for line in vcf.read_text().splitlines() if line.startswith("#")]
    vcf.write_text("\n".join(header) + "\n")
    report = Bcftools().run(vcf, tmp_path / "work", filename="none.vcf")
    assert report.status is QcStatus.WARNED
    assert report.summary["records"] == 0
    assert report.summary["ti_tv"] is None


def test_a_file_that_is_no_vcf_fails_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "object"
    path.write_text("no variants here\n")
    with pytest.raises(EngineFailed, match=r"bcftools stats could not read the file: .+"):
        Bcftools().run(path, tmp_path / "work", filename="a.vcf")


def test_a_text_without_counts_is_refused() -> None:
    with pytest.raises(EngineFailed, match="no count"):
        parse_stats("# nothing\n")
