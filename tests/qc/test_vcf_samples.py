"""What is promised about the samples of VCF records whose genotypes say little."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.qc.builders import codes, vcf, verdict_of
from tests.qc.vcf_builders import record

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "sample", [b"././.:5,5:1,2,3,4", b".|.|.:5,5:.", b"./.:5,5:1,2,3", b"./.:5,5:1,2", b".:5,5:1,2"]
)
def test_a_missing_genotype_goes_with_likelihoods_of_its_ploidy(tmp_path: Path, sample: bytes) -> None:
    assert codes(verdict_of(tmp_path, "a.vcf", vcf(record(a=sample)))) == []


@pytest.mark.parametrize("sample", [b"././.:5,5:1,2,3", b"./.:5,5:1,2,3,4"])
def test_likelihoods_of_another_ploidy_than_a_missing_genotype_has_are_refused(tmp_path: Path, sample: bytes) -> None:
    assert codes(verdict_of(tmp_path, "a.vcf", vcf(record(a=sample)))) == ["sample_number"]
