"""Which tools are chosen for a file, and that one which fails leaves the others alone."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from qc.engines import ENGINES
from qc.engines.fastqc import FastQC
from qc.errors import EngineFailed
from qc.measure import choose, engine_named, measure
from qc.results import EngineReport, Format, QcStatus


@dataclass(frozen=True)
class Pretended:
    """A tool that says what it is told to."""

    name: str
    formats: frozenset[Format] = frozenset({Format.FASTQ})
    there: bool = True
    error: Exception | None = None

    def available(self) -> bool:
        return self.there

    def run(self, path: Path, workdir: Path, *, filename: str, reference: Path | None = None) -> EngineReport:
        if self.error is not None:
            raise self.error
        return EngineReport(tool=self.name, status=QcStatus.PASSED, summary={}, pages=[], data=[])


def _names(engines) -> list[str]:
    return [engine.name for engine in engines]


def test_tools_that_are_there_are_chosen_in_their_order() -> None:
    engines = [
        Pretended("A"),
        Pretended("B", there=False),
        Pretended("C", formats=frozenset({Format.BAM})),
        Pretended("D"),
    ]
    assert _names(choose(Format.FASTQ, engines)) == ["A", "D"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Format.SAM, ["samtools"]),
        (Format.BAM, ["samtools"]),
        (Format.CRAM, ["samtools"]),
        (Format.VCF, ["bcftools"]),
        (Format.BCF, ["bcftools"]),
        (Format.UNKNOWN, []),
    ],
)
def test_every_format_has_its_tools(kind: Format, expected: list[str]) -> None:
    assert _names(choose(kind)) == expected


def test_fastqc_leads_and_sequali_measures_reads_beside_it(
    fastqc_required: FastQC, fastq: Path, tmp_path: Path
) -> None:
    reports = measure(fastq, tmp_path / "work", filename="a.fastq.gz", format=Format.FASTQ)
    assert [(report.tool, report.summary["total_sequences"]) for report in reports] == [("FastQC", 50), ("Sequali", 50)]


def test_sequali_measures_reads_alone_where_fastqc_is_missing(
    fastq: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing-here"))
    reports = measure(fastq, tmp_path / "work", filename="a.fastq.gz", format=Format.FASTQ)
    assert [(report.tool, report.summary["total_sequences"]) for report in reports] == [("Sequali", 50)]


@pytest.mark.parametrize("error", [EngineFailed("It broke."), OSError("disk full"), ValueError("no number")])
def test_a_tool_that_fails_leaves_the_others_alone(tmp_path: Path, error: Exception) -> None:
    engines = [Pretended("A", error=error), Pretended("B")]
    reports = measure(tmp_path, tmp_path, filename="a", format=Format.FASTQ, engines=engines)
    assert [(report.tool, report.status) for report in reports] == [("A", QcStatus.FAILED), ("B", QcStatus.PASSED)]
    assert str(error) in (reports[0].reason or "")


def test_a_tool_is_found_by_its_name_only() -> None:
    assert [engine_named(engine.name) for engine in ENGINES] == list(ENGINES)
    with pytest.raises(EngineFailed, match="no QC tool called fastqc"):
        engine_named("fastqc")
