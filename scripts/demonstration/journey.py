"""The demo's steps through the archive, each of which fails the demo unless it does what it should."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from simulation.breakage import Breakage, break_file
from simulation.sheet import CHECKLIST, md5_of

from demonstration.failure import DemoFailed, expect
from seqark_client.answers import FileStatus, ProjectQc, QcStatus, Run, RunQc, SheetOutcome, StagedFile

if TYPE_CHECKING:
    from pathlib import Path

    from simulation.dataset import Dataset

    from demonstration.display import Display
    from seqark_client import Client

_BROKEN_RECORD = 1234
_FILES_A_SAMPLE = 4
_PAGE_SECONDS = 150.0


class Journey:
    """One caller's way from raw files to a project with reports."""

    def __init__(self, client: Client, display: Display) -> None:
        self._client = client
        self._display = display

    def sign_up(self) -> tuple[str, str]:
        """Register a user and sign in; the address and password."""
        email, password = f"demo-{secrets.token_hex(4)}@example.org", secrets.token_urlsafe(16)
        self._client.session.register(email, password, "Demo User")
        self._client.session.login(email, password)
        expect(self._client.session.me().email == email, "The archive does not know who signed in.")
        self._display.line(f"signed in as {email}")
        return email, password

    def create_project(self) -> str:
        """Create the project; its accession."""
        fields = {
            "title": "Simulated genomes of two samples",
            "description": "Made by the demo: a small random genome, two samples, known variants",
            "project_type": "WGS",
        }
        project = self._client.projects.create(fields)
        self._display.line(f"{project.accession}  {project.title}")
        return project.accession

    def upload(self, data: Dataset) -> list[StagedFile]:
        """Send every file of the sheet straight to the object store; the staged files, in the same order."""
        total = sum(path.stat().st_size for path in data.submitted)
        with self._display.moving("uploading", total) as begin:
            return [self._client.uploads.send(path, progress=begin(path.name)) for path in data.submitted]

    def wait_for_verdicts(self, staged: list[StagedFile]) -> None:
        """Wait until each file was read to its end and found good."""
        with self._display.counting("checking", len(staged)) as done:
            settled = self._client.waiting.for_files(
                [file.id for file in staged], deadline=120, settled=lambda file: done(f"{file.filename}  {file.status}")
            )
        for file in settled:
            why = file.reason or "no reason given"
            expect(file.status is FileStatus.VERIFIED, f"{file.filename} is {file.status}: {why}.")

    def submit(self, sheet: Path, project: str, samples: int) -> SheetOutcome:
        """Let the archive check the sheet, then submit it; what it made."""
        report = self._client.sheets.validate(sheet, checklist_id=CHECKLIST, project_accession=project)
        faults = "; ".join(str(issue) for issue in report.issues)
        expect(report.valid, f"The sheet is not valid: {faults or 'no reason given'}.")
        self._display.line(f"{report.total_rows} rows are valid")
        made = self._client.sheets.confirm(sheet, checklist_id=CHECKLIST, project_accession=project)
        counts = (len(made.samples), len(made.subjects), len(made.experiments), len(made.runs))
        expected = (samples, samples, samples, _FILES_A_SAMPLE * samples)
        expect(counts == expected, f"The sheet made {counts} samples, subjects, experiments, runs and not {expected}.")
        self._display.line("made " + ", ".join([*made.samples, *made.experiments, f"{len(made.runs)} runs"]))
        return made

    def wait_for_quality(self, runs: tuple[str, ...]) -> dict[str, RunQc]:
        """Wait until the tools are through with each run; none may have failed."""
        with self._display.counting("measuring", len(runs)) as done:
            reports = {}
            for accession in runs:
                (report,) = self._client.waiting.for_runs([accession], deadline=150)
                reports[accession] = report
                done(f"{accession}  {report.status}  {', '.join(one.tool for one in report.reports) or report.tool}")
        for accession, report in reports.items():
            expect(report.status in {QcStatus.PASSED, QcStatus.WARNED}, f"QC of {accession} is {report.status}.")
        return reports

    def project_page(self, project: str, runs: tuple[str, ...], data: Dataset, copy: Path) -> ProjectQc:
        """Wait for the MultiQC page that names every file of the project, and keep a copy of it."""
        report = self._client.waiting.for_project(project, deadline=_PAGE_SECONDS)
        reported = {run.accession for run in report.runs}
        expect(reported == set(runs), f"The project's report speaks of {len(reported)} runs and not of {len(runs)}.")
        address = report.report_url or ""
        names = [re.compile(rf"\b{path.name.split('.')[0]}\b") for path in data.submitted]
        page = self._client.waiting.until(
            lambda: self._client.reports.page(address),
            lambda page: "multiqc" in page.lower() and all(name.search(page) for name in names),
            deadline=_PAGE_SECONDS,
            what=f"a MultiQC page of {project} that names every file",
        )
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(page, encoding="utf-8")
        self._display.line(f"{len(page):,} characters from {address}, copied to {copy}")
        return report

    def download(self, runs: tuple[str, ...], data: Dataset, folder: Path) -> list[Run]:
        """Save every run through its redirect and compare it with the file that was sent; the runs' records."""
        originals = {path.name: path for path in data.submitted}
        records = [self._client.runs.get(accession) for accession in runs]
        expect(
            {run.filename for run in records} == set(originals), "The runs' file names are not those that were sent."
        )
        with self._display.moving("downloading", sum(run.file_size or 0 for run in records)) as begin:
            for run in records:
                saved = self._client.downloads.save(run, folder, progress=begin(f"{run.accession}  {run.filename}"))
                expect(md5_of(saved) == md5_of(originals[saved.name]), f"{run.accession} differs from what was sent.")
        return records

    def see_refusal(self, data: Dataset, folder: Path) -> None:
        """Send a file whose quality line is one short; it must be refused with the line, and never be a run's."""
        source = data.samples[0].forward
        broken = break_file(Breakage.QUALITY_SHORT, source, folder / "broken_R1.fastq.gz", record=_BROKEN_RECORD)
        staged = self._client.uploads.send(broken.path)
        (file,) = self._client.waiting.for_files([staged.id], deadline=60)
        expect(file.status is FileStatus.REJECTED, f"The broken file is {file.status} and not rejected.")
        fault = file.verdict.problem if file.verdict else None
        if fault is None:
            raise DemoFailed("The broken file was rejected without a reason.")
        expect(
            fault.line == broken.line, f"The fault is in line {broken.line}, but the verdict says line {fault.line}."
        )
        self._display.line(f"{file.filename} is refused: {fault}")
