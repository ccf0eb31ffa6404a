"""`seqark validate`: checks files as the archive does, without an archive."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from qc.errors import Unreadable
from qc.results import Finding, Severity, Verdict
from qc.validate import validate as check

INVALID, NOT_READABLE = 1, 2
_A_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


class _Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `--json`."""

    path: str
    readable: bool
    verdict: Verdict | None = None
    error: str | None = None


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a file, with every finding and count.")
@click.option("--mate", type=click.Path(path_type=Path), help="The other FASTQ file of a pair; with one PATH only.")
@click.option("--reference", type=_A_FILE, help="The FASTA file that CRAM files were made with.")
def validate(paths: tuple[Path, ...], *, as_json: bool, mate: Path | None, reference: Path | None) -> None:
    """Check FASTQ, SAM, BAM, CRAM, VCF and BCF files record by record to their end.

    Exit code 0: all are valid; 1: something is invalid; 2: something cannot be read.
    """
    if mate is not None and len(paths) != 1:
        raise click.UsageError("--mate goes with exactly one PATH.")
    code = 0
    with _bars() as bars:
        for path in paths:
            checked = _check(path, mate, reference, bars)
            worst = NOT_READABLE if not checked.readable else int(not (checked.verdict and checked.verdict.valid))
            code = max(code, worst)
            _print(checked, bars.console, as_json=as_json)
    sys.exit(code)


def _bars() -> Progress:
    """Progress on standard error, so that the answers can be piped; silent where nobody looks."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _check(path: Path, mate: Path | None, reference: Path | None, bars: Progress) -> _Checked:
    bar = bars.add_task(path.name, total=None)
    try:
        verdict = check(
            path,
            mate=mate,
            reference=reference,
            progress=lambda done, total: bars.update(bar, completed=done, total=total),
        )
    except Unreadable as error:
        return _Checked(path=str(path), readable=False, error=str(error))
    finally:
        bars.remove_task(bar)
    return _Checked(path=str(path), readable=True, verdict=verdict)


def _print(checked: _Checked, console: Console, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(checked).decode())
        return
    if checked.verdict is None:
        console.print(f"{checked.path}: cannot be read: {checked.error}", markup=False, soft_wrap=True)
        return
    verdict = checked.verdict
    records = verdict.counts.get("records", verdict.counts.get("variants"))
    counted = f", {records:,} records" if isinstance(records, int) else ""
    said = "valid" if verdict.valid else "INVALID"
    click.echo(f"{checked.path}: {said} ({verdict.format.value}{counted}, md5 {verdict.md5})")
    for finding in verdict.findings:
        click.echo(f"  {_told(finding)}")
    untold = sum(verdict.finding_counts.values()) - len(verdict.findings)
    if untold > 0:
        click.echo(f"  … and {untold:,} more")


def _told(finding: Finding) -> str:
    places = [("line", finding.line), ("record", finding.record), ("byte", finding.offset)]
    where = ", ".join(f"{name} {place:,}" for name, place in places if place is not None)
    mark = "error" if finding.severity is Severity.ERROR else "warning"
    return f"{mark} {finding.code}{f' at {where}' if where else ''}: {finding.message}"
