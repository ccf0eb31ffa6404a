"""Measures alignments with samtools stats and flagstat, which pysam carries inside."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from qc.engines.base import named, report_name
from qc.engines.samtools_call import call, is_cram, without_addresses
from qc.errors import EngineFailed
from qc.results import EngineReport, Format, QcStatus

if TYPE_CHECKING:
    from pathlib import Path

COUNTS = {
    "total_sequences": "raw total sequences",
    "mapped": "reads mapped",
    "paired": "reads paired",
    "properly_paired": "reads properly paired",
    "duplicates": "reads duplicated",
    "supplementary": "supplementary alignments",
    "total_bases": "total length",
    "average_length": "average length",
    "maximum_length": "maximum length",
    "average_quality": "average quality",
    "insert_size_average": "insert size average",
    "error_rate": "error rate",
}
NO_REFERENCE = "The reference that this CRAM was made with is not at hand, so reads were counted without their bases."


@dataclass(frozen=True)
class Samtools:
    """samtools inside pysam, in the calling process: call it in a process that may be lost.

    It judges nothing: a report is `passed`, or `warned` when there are no reads or (CRAM) no bases could be read.
    """

    name: str = "samtools"
    formats: frozenset[Format] = frozenset({Format.SAM, Format.BAM, Format.CRAM})

    def available(self) -> bool:
        """Say whether pysam is installed."""
        return find_spec("pysam") is not None

    def run(self, path: Path, workdir: Path, *, filename: str, reference: Path | None = None) -> EngineReport:
        """Write the texts of stats and flagstat; `reference` is the FASTA of a CRAM."""
        folder = workdir / "samtools"
        name = report_name(filename)
        flagstat, stats = folder / f"{name}.flagstat.txt", folder / f"{name}.stats.txt"
        with named(path, folder, name) as link:
            counted = call("samtools", "flagstat", link)
            flagstat.write_text(counted, encoding="utf-8")
            try:
                measured = _measured(link, folder, reference)
            except EngineFailed:
                if reference is not None or not is_cram(path):
                    raise
                return self._counted_only(counted, flagstat)
        stats.write_text(measured, encoding="utf-8")
        summary = parse_stats(measured)
        status = QcStatus.PASSED if summary["total_sequences"] else QcStatus.WARNED
        return EngineReport(tool=self.name, status=status, summary=summary, pages=[], data=[str(stats), str(flagstat)])

    def _counted_only(self, counted: str, flagstat: Path) -> EngineReport:
        summary = {"total_sequences": parse_primary(counted), "gc_content": None}
        return EngineReport(
            tool=self.name,
            status=QcStatus.WARNED,
            summary=summary,
            pages=[],
            data=[str(flagstat)],
            reason=NO_REFERENCE,
        )


def _measured(link: Path, folder: Path, reference: Path | None) -> str:
    """Return the text of samtools stats, in which the file has its name and no folder."""
    private = folder / "private"
    try:
        source = without_addresses(link, private) if is_cram(link) else link
        options: list[str | Path] = [] if reference is None else ["--reference", reference]
        return call("samtools", "stats", *options, source).replace(f"{source.parent}/", "")
    finally:
        shutil.rmtree(private, ignore_errors=True)


def parse_stats(text: str) -> dict[str, Any]:
    """Return the summary in the text of samtools stats; `gc_content` and `mapped_percent` are percentages.

    GC counts the called bases (A, C, G, T) of primary reads. Raises EngineFailed when the text has no read count.
    """
    numbers: dict[str, int | float] = {}
    bases = [0, 0, 0, 0]
    for line in text.splitlines():
        match line.split("\t"):
            case ["SN", key, value, *_]:
                numbers[key.rstrip(":")] = float(value) if any(c in value for c in ".en") else int(value)
            case ["FTC" | "LTC" | "OTC", *counts]:
                bases = [total + int(count) for total, count in zip(bases, counts, strict=False)]
    if "raw total sequences" not in numbers:
        raise EngineFailed("samtools stats wrote no counts of reads.")
    summary: dict[str, Any] = {key: numbers[said] for key, said in COUNTS.items() if said in numbers}
    total, called = summary["total_sequences"], sum(bases)
    summary["gc_content"] = round(100 * (bases[1] + bases[2]) / called, 2) if called else 0.0
    summary["mapped_percent"] = round(100 * summary.get("mapped", 0) / total, 2) if total else 0.0
    return summary


def parse_primary(text: str) -> int:
    """Return the number of primary reads (passing the sequencer's filter or not) in the text of samtools flagstat."""
    for line in text.splitlines():
        match line.split():
            case [passed, "+", failed, "primary"]:
                return int(passed) + int(failed)
    raise EngineFailed("samtools flagstat wrote no count of primary reads.")
