#!/usr/bin/env python3
"""Shows the whole archive at work: a server of its own, a simulated project, uploads, verdicts, QC and downloads.

Exits 0 only if every step did what it should.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from demonstration.display import Display
from demonstration.failure import DemoFailed
from demonstration.journey import Journey
from demonstration.server import DemoServer
from simulation.dataset import Dataset, simulate_dataset

from seqark_client import Client, SeqarkError

if TYPE_CHECKING:
    from seqark_client.answers import Run, RunQc

_ROOT = Path(__file__).resolve().parents[1]
_COLUMNS = ("run", "file", "type", "bytes", "QC", "reads or variants", "GC %")


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; 0 when every step did what it should, 1 when one did not, 130 when interrupted."""
    chosen = _arguments(arguments)
    display = Display()
    folder = chosen.data_dir or Path(tempfile.mkdtemp(prefix="seqark-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    try:
        _run(display, folder, keep=chosen.keep, report=chosen.report)
    except KeyboardInterrupt:
        display.failed("Interrupted.")
        return 130
    except (DemoFailed, SeqarkError, OSError) as failure:
        display.failed(str(failure))
        display.line(f"The data folder and the server's log are in {folder}")
        return 1
    if chosen.data_dir is None and not chosen.keep:
        shutil.rmtree(folder, ignore_errors=True)
    display.console.print(f"\n[bold green]Every step did what it should.[/] {time.monotonic() - begun:.0f} s in all.")
    return 0


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data-dir", type=Path, help="folder for everything the demo makes; by default one that goes")
    parser.add_argument("--keep", action="store_true", help="leave the server running and say how to reach it")
    parser.add_argument(
        "--report",
        type=Path,
        default=_ROOT / "demo-data" / "multiqc_report.html",
        help="where to copy the MultiQC page",
    )
    return parser.parse_args(arguments)


def _run(display: Display, folder: Path, *, keep: bool, report: Path) -> None:
    with display.step("Simulating a genome, two samples and their files"):
        data = simulate_dataset(folder / "simulated")
        display.line(f"{len(data.submitted)} files and {data.sheet.name} in {data.folder}")
    server = DemoServer(folder / "archive", folder / "server.log")
    with server.stopped_on_failure():
        with display.step("Starting the archive: API, worker, SQLite, object store"):
            server.wait_until_ready()
            display.line(server.url)
        with Client(server.url) as client:
            email, password = _travel(client, display, data, folder=folder, copy=report)
        if not keep:
            with display.step("Stopping the archive"):
                server.stop()
            return
    display.console.print(f"\nThe archive is at [bold]{server.url}[/], its API at {server.url}/api/v1/docs")
    display.line(f"sign in as {email} with {password}")
    display.line(f"stop it with: kill {server.pid}")


def _travel(client: Client, display: Display, data: Dataset, *, folder: Path, copy: Path) -> tuple[str, str]:
    """Take every step from registration to the table; the address and password that were registered."""
    journey = Journey(client, display)
    with display.step("Registering a user"):
        credentials = journey.sign_up()
    with display.step("Creating a project"):
        project = journey.create_project()
    with display.step("Uploading straight to the object store"):
        staged = journey.upload(data)
    with display.step("Waiting until every file was read to its end"):
        journey.wait_for_verdicts(staged)
    with display.step("Submitting the sample sheet"):
        made = journey.submit(data.sheet, project, len(data.samples))
    with display.step("Waiting for quality control"):
        quality = journey.wait_for_quality(made.runs)
    with display.step("Opening the project's MultiQC page"):
        report = journey.project_page(project, made.runs, data, copy)
    with display.step("Downloading every run and comparing it with what was sent"):
        runs = journey.download(made.runs, data, folder / "downloads")
    with display.step("Sending a broken file"):
        journey.see_refusal(data, folder)
    display.table(f"Project {project}", _COLUMNS, [_row(run, quality[run.accession]) for run in runs])
    display.console.print(f"MultiQC report: {client.session.base_url}{report.report_url}", soft_wrap=True)
    display.console.print(f"A copy of it:   {copy}", soft_wrap=True)
    return credentials


def _row(run: Run, quality: RunQc) -> tuple[str, ...]:
    summary = quality.summary or {}
    counted = summary.get("total_sequences", summary.get("records", ""))
    content = summary.get("gc_content")
    return (
        run.accession,
        run.filename or "",
        run.file_type or "",
        f"{run.file_size:,}",
        quality.status,
        f"{counted:,}" if isinstance(counted, int) else str(counted),
        f"{content:.1f}" if isinstance(content, float | int) else "",
    )


if __name__ == "__main__":
    sys.exit(main())
