"""From raw files and a sheet to verdicts, reports and downloads: the whole way over HTTP, on both databases."""

from __future__ import annotations

import dataclasses
import gzip
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest
from simulate import Dataset, simulate_dataset
from simulation.breakage import Breakage, break_file
from simulation.sheet import write_sheet

from seqark_client.answers import FileStatus, QcStatus, Run, SheetOutcome, StagedFile
from tests.journeys.travelling import CHECKLIST, Submitter, md5, submitter_of
from tests.servers.serving import DEADLINE, Serving, eventually, running_service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READS_TOOL = "FastQC" if shutil.which("fastqc") and shutil.which("java") else "Sequali"
TOOLS = {"FASTQ": READS_TOOL, "BAM": "samtools", "VCF": "bcftools"}


@dataclass
class Journey:
    """What was sent, and what has come of it."""

    submitter: Submitter
    sent: dict[str, Path]
    staged: list[StagedFile]
    made: SheetOutcome
    runs: list[Run]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """One sample; its reads are not packed, so that each file is sent in parts."""
    data = simulate_dataset(tmp_path_factory.mktemp("project"), seed=3, pairs=16_000, samples=1)
    (sample,) = data.samples
    plain = {}
    for name, path in (("forward", sample.forward), ("reverse", sample.reverse)):
        plain[name] = path.with_name(path.name.removesuffix(".gz"))
        plain[name].write_bytes(gzip.decompress(path.read_bytes()))
    samples = (dataclasses.replace(sample, **plain),)
    write_sheet(data.sheet, samples)
    return dataclasses.replace(data, samples=samples)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def serving(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    url = request.getfixturevalue("fresh_postgres") if request.param == "postgresql" else ""
    with running_service(tmp_path_factory.mktemp("journey"), url) as running:
        yield running


@pytest.fixture(scope="module")
def journey(serving: Serving, project: Dataset) -> Journey:
    """Every file uploaded by signed links, the sheet checked and confirmed, quality control ended."""
    submitter = submitter_of(serving)
    client = submitter.client
    sent = [client.uploads.send(path) for path in project.submitted]
    staged = client.waiting.for_files([file.id for file in sent], deadline=DEADLINE)
    assert {file.status for file in staged} == {FileStatus.VERIFIED}, staged
    about = {"checklist_id": CHECKLIST, "project_accession": submitter.project}
    report = client.sheets.validate(project.sheet, **about)
    assert (report.valid, report.total_rows) == (True, 3), report.issues
    made = client.sheets.confirm(project.sheet, **about)
    client.waiting.for_runs(made.runs, deadline=DEADLINE)
    runs = [client.runs.get(accession) for accession in made.runs]
    return Journey(submitter, {path.name: path for path in project.submitted}, staged, made, runs)


def test_a_file_sent_in_parts_has_the_digest_of_the_whole(journey: Journey) -> None:
    parts = [file for file in journey.staged if (file.file_size or 0) > 5 * 2**20]
    assert {file.filename for file in parts} == {"SIM001_R1.fastq", "SIM001_R2.fastq"}
    for file in journey.staged:
        assert file.checksum_md5 == md5(journey.sent[file.filename].read_bytes())


def test_the_sheet_made_one_run_a_file_and_mates_of_the_pair(journey: Journey) -> None:
    assert (len(journey.made.samples), len(journey.made.experiments), len(journey.made.runs)) == (1, 1, 4)
    assert {run.filename for run in journey.runs} == set(journey.sent)
    mates = {run.accession: run.mate_accession for run in journey.runs if run.file_type == "FASTQ"}
    assert {mates[mate] for mate in mates.values() if mate} == set(mates)


def test_the_sheet_confirmed_again_answers_the_same_and_makes_nothing(journey: Journey, project: Dataset) -> None:
    client = journey.submitter.client
    again = client.sheets.confirm(project.sheet, checklist_id=CHECKLIST, project_accession=journey.submitter.project)
    assert again.runs == journey.made.runs
    assert len(list(client.runs.each(experiment_accession=journey.made.experiments[0]))) == len(journey.runs)


def test_each_run_has_a_verdict_and_the_report_of_the_tool_for_its_type(journey: Journey) -> None:
    client = journey.submitter.client
    for run in journey.runs:
        verdict = client.reports.validation(run.accession)
        assert (verdict.valid, verdict.problem) == (True, None)
        quality = client.reports.run(run.accession)
        assert quality.status in {QcStatus.PASSED, QcStatus.WARNED}, quality
        assert TOOLS[run.file_type or ""] in {report.tool for report in quality.reports}
        assert quality.summary


def test_each_run_has_a_multiqc_page_of_its_own(journey: Journey) -> None:
    client = journey.submitter.client
    for run in journey.runs:
        address = f"/qc/{run.accession}/multiqc_report.html"
        page = eventually(
            lambda address=address: _page(client.reports.page(address)), f"the page of {run.accession}", pause=0.5
        )
        assert _named_in(page, run)


def test_the_projects_multiqc_page_names_every_run(journey: Journey) -> None:
    client = journey.submitter.client

    def whole_page() -> bool:
        report = client.reports.project(journey.submitter.project)
        if report.report_url is None:
            return False
        page = client.reports.page(report.report_url)
        return all(_named_in(page, run) for run in journey.runs)

    eventually(whole_page, "a page with every run", pause=0.5)
    report = client.reports.project(journey.submitter.project)
    assert {run.accession for run in report.runs} == set(journey.made.runs)


def test_every_run_comes_back_byte_by_byte_through_its_redirect(journey: Journey, tmp_path: Path) -> None:
    for run in journey.runs:
        saved = journey.submitter.client.downloads.save(run, tmp_path)
        assert saved.read_bytes() == journey.sent[saved.name].read_bytes()


def test_a_run_can_be_asked_for_by_head_and_by_range(journey: Journey, serving: Serving) -> None:
    (run,) = [run for run in journey.runs if run.file_type == "BAM"]
    content = journey.sent[run.filename or ""].read_bytes()
    address = f"{serving.base_url}/api/v1/runs/{run.accession}/download"
    seen = httpx.head(address, timeout=DEADLINE, follow_redirects=True)
    assert [step.status_code for step in (*seen.history, seen)] == [307, 200]
    assert (seen.headers["content-length"], seen.content) == (str(len(content)), b"")
    link = httpx.get(address, timeout=DEADLINE).headers["location"]
    for wanted, expected in (("bytes=100-299", content[100:300]), ("bytes=-50", content[-50:])):
        part = httpx.get(link, headers={"Range": wanted})
        assert (part.status_code, part.content) == (206, expected)


def test_a_broken_file_is_refused_with_its_line_and_never_becomes_a_run(
    journey: Journey, project: Dataset, tmp_path: Path
) -> None:
    client = journey.submitter.client
    broken = break_file(Breakage.QUALITY_SHORT, project.samples[0].forward, tmp_path / "broken_R1.fastq", record=99)
    (file,) = client.waiting.for_files([client.uploads.send(broken.path).id], deadline=DEADLINE)
    assert file.status is FileStatus.REJECTED
    assert file.verdict is not None
    assert file.verdict.problem is not None
    assert file.verdict.problem.line == broken.line
    run = {"experiment_accession": journey.made.experiments[0], "file_id": file.id}
    answer = journey.submitter.http.post("/api/v1/runs", json=run, headers=journey.submitter.headers)
    assert answer.status_code in {409, 422}, answer.text


def _named_in(page: str, run: Run) -> bool:
    """Whether a page names the file of a run, as MultiQC does: without its endings."""
    return re.search(rf"\b{(run.filename or '').split('.')[0]}\b", page) is not None


def _page(text: str) -> str:
    """The page, or nothing while it is being made."""
    return "" if "is being made" in text else text
