"""Measures reads with Sequali, which comes with the product: beside FastQC, and alone where that is missing."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import msgspec

from qc.engines.base import named, read_name
from qc.engines.process import run_tool
from qc.errors import EngineFailed
from qc.results import EngineReport, Format, QcStatus

if TYPE_CHECKING:
    from pathlib import Path


class _Counts(msgspec.Struct, frozen=True):
    total_reads: int
    total_bases: int
    total_gc_bases: int
    total_n_bases: int
    q20_bases: int
    mean_length: float
    minimum_length: int
    maximum_length: int


class _Report(msgspec.Struct, frozen=True):
    summary: _Counts


@dataclass(frozen=True)
class Sequali:
    """The `sequali` module of this Python. It judges nothing, so a report is `passed`, or `warned` without any read."""

    name: str = "Sequali"
    formats: frozenset[Format] = frozenset({Format.FASTQ})
    command: tuple[str, ...] = (sys.executable, "-m", "sequali")
    seconds: float = 3 * 3600

    def available(self) -> bool:
        """Say whether the module is installed."""
        return find_spec("sequali") is not None

    def run(self, path: Path, workdir: Path, *, filename: str, reference: Path | None = None) -> EngineReport:
        """Make Sequali's page and JSON of the reads at `path`; no reference is needed."""
        del reference
        folder = workdir / "sequali"
        folder.mkdir(parents=True, exist_ok=True)
        name = read_name(path, filename)
        page, data = folder / f"{name}.html", folder / f"{name}.json"
        with named(path, folder, name) as link:
            command: list[str | Path] = [*self.command, "--threads", "1", "--json", data, "--html", page, link]
            outcome = run_tool(command, folder, tool=self.name, seconds=self.seconds)
        if outcome.code != 0 or not page.is_file() or not data.is_file():
            raise EngineFailed(f"Sequali wrote no report (exit code {outcome.code}): {outcome.complaint}")
        summary = parse_report(data.read_bytes())
        status = QcStatus.PASSED if summary["total_sequences"] else QcStatus.WARNED
        return EngineReport(tool=self.name, status=status, summary=summary, pages=[str(page)], data=[str(data)])


def parse_report(raw: bytes) -> dict[str, Any]:
    """Return the summary in Sequali's JSON; percentages are of called bases (GC) and of all bases (Q20).

    Raises EngineFailed when the JSON is not one of Sequali's.
    """
    try:
        counts = msgspec.json.decode(raw, type=_Report).summary
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EngineFailed(f"Sequali wrote a report that cannot be read ({error}).") from error
    low, high = counts.minimum_length, counts.maximum_length
    return {
        "total_sequences": counts.total_reads,
        "gc_content": _percent(counts.total_gc_bases, counts.total_bases - counts.total_n_bases),
        "sequence_length": str(low) if low == high else f"{low}-{high}",
        "mean_length": round(counts.mean_length, 2),
        "total_bases": counts.total_bases,
        "q20_percent": _percent(counts.q20_bases, counts.total_bases),
    }


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0
