"""Measures variants with bcftools stats, which pysam carries inside."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from qc.engines.base import named, report_name
from qc.engines.samtools_call import call
from qc.errors import EngineFailed
from qc.results import EngineReport, Format, QcStatus

if TYPE_CHECKING:
    from pathlib import Path

COUNTS = {
    "number of records": "records",
    "number of samples": "samples",
    "number of SNPs": "snps",
    "number of indels": "indels",
    "number of MNPs": "mnps",
    "number of others": "others",
    "number of multiallelic sites": "multiallelic_sites",
}


@dataclass(frozen=True)
class Bcftools:
    """bcftools inside pysam, in the calling process: call it in a process that may be lost.

    It judges nothing: a report is `passed`, or `warned` when the file has no records.
    """

    name: str = "bcftools"
    formats: frozenset[Format] = frozenset({Format.VCF, Format.BCF})

    def available(self) -> bool:
        """Say whether pysam is installed."""
        return find_spec("pysam") is not None

    def run(self, path: Path, workdir: Path, *, filename: str, reference: Path | None = None) -> EngineReport:
        """Write the text of bcftools stats over all records; no reference is needed."""
        del reference
        folder = workdir / "bcftools"
        name = report_name(filename)
        data = folder / f"{name}.bcftools_stats.txt"
        with named(path, folder, name) as link:
            measured = call("bcftools", "stats", link).replace(f"{link.parent}/", "")
        data.write_text(measured, encoding="utf-8")
        summary = parse_stats(measured)
        status = QcStatus.PASSED if summary["records"] else QcStatus.WARNED
        return EngineReport(tool=self.name, status=status, summary=summary, pages=[], data=[str(data)])


def parse_stats(text: str) -> dict[str, Any]:
    """Return the summary in the text of bcftools stats; `ti_tv` is None where there are no transversions.

    Raises EngineFailed when the text has no record count.
    """
    summary: dict[str, Any] = {"ti_tv": None}
    for line in text.splitlines():
        match line.split("\t"):
            case ["SN", "0", key, value] if (name := COUNTS.get(key.rstrip(":"))) is not None:
                summary[name] = int(value)
            case ["TSTV", "0", _, transversions, ratio, *_] if int(transversions):
                summary["ti_tv"] = float(ratio)
    if "records" not in summary:
        raise EngineFailed("bcftools stats wrote no count of records.")
    return summary
