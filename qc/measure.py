"""Chooses the QC tools for a file and runs them, a tool that fails leaving the others alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qc.engines import ENGINES
from qc.errors import EngineFailed
from qc.results import EngineReport, Format, QcStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from qc.engines.base import Engine


def choose(format: Format, engines: Sequence[Engine] = ENGINES) -> list[Engine]:  # noqa: A002
    """Return the available tools for a format, those that are preferred first."""
    return [engine for engine in engines if format in engine.formats and engine.available()]


def engine_named(name: str, engines: Sequence[Engine] = ENGINES) -> Engine:
    """Return the tool of this name; raises EngineFailed when there is none."""
    found = next((engine for engine in engines if engine.name == name), None)
    if found is None:
        raise EngineFailed(f"There is no QC tool called {name}.")
    return found


def measure_with(
    engine: Engine, path: Path, workdir: Path, *, filename: str, reference: Path | None = None
) -> EngineReport:
    """Run one tool; its failure is a report with status `failed` and the reason."""
    try:
        return engine.run(path, workdir, filename=filename, reference=reference)
    except EngineFailed as error:
        return failed_report(engine.name, str(error))
    except (OSError, ValueError, LookupError) as error:
        return failed_report(engine.name, f"{engine.name} failed: {error}")


def measure(
    path: Path,
    workdir: Path,
    *,
    filename: str,
    format: Format,  # noqa: A002
    reference: Path | None = None,
    engines: Sequence[Engine] = ENGINES,
) -> list[EngineReport]:
    """Run every tool that is chosen for `format` on the file at `path`, one after the other, in this process.

    `workdir` receives pages and data, one folder a tool; `filename` is the name that the reports carry. An unknown
    format gives no report.
    """
    return [
        measure_with(engine, path, workdir, filename=filename, reference=reference)
        for engine in choose(format, engines)
    ]


def failed_report(tool: str, reason: str) -> EngineReport:
    """Return the report of a tool that failed for `reason`, one sentence."""
    return EngineReport(tool=tool, status=QcStatus.FAILED, summary={}, pages=[], data=[], reason=reason)
