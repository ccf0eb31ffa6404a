"""The archive's own grades and numbers: in a run's QC, in its project's page, and where no QC tool runs."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import msgspec
import pytest

from accession.files.models import FileState
from tests.jobs.ingest import (
    eventually,
    file_row,
    has_qc,
    make_project,
    make_run,
    project_page_of,
    reports_of,
    send_in,
    working,
)

if TYPE_CHECKING:
    from app.settings import Settings

pytestmark = pytest.mark.anyio
NUMBERS = {
    "FASTQ": {"reads", "bases", "mean_length", "q20", "q30", "gc", "n", "duplication", "adapter"},
    "BAM": {"reads", "bases", "mean_length", "q30", "gc", "duplication", "mapped", "depth", "insert_size"},
    "VCF": {"variants", "missing"},
}
FASTQC = shutil.which("fastqc") is not None and shutil.which("java") is not None


@pytest.mark.parametrize("database", ["sqlite"])
async def test_a_projects_page_has_a_section_of_each_tool_and_a_row_for_each_run(wiring, store, alice, dataset):
    project = await make_project(wiring, alice, "Camels of the south")
    files = [await send_in(wiring, alice, path) for path in dataset.submitted]
    runs = [await make_run(wiring, alice, project, file_id) for file_id in files]
    async with working(wiring):
        page = await eventually(lambda: project_page_of(wiring, project.id))
    text = b"".join([chunk async for chunk in store.stream(page.page_key)]).decode()
    tools = ["seqark", "sequali", "samtools", "bcftools", *(["fastqc"] if FASTQC else [])]
    assert [tool for tool in tools if f'id="mqc-module-section-{tool}"' not in text] == []
    for accession, file_id in zip(runs, files, strict=True):
        row = await file_row(wiring, file_id)
        assert accession in text
        assert row.md5 in text
        assert row.sha256 in text


@pytest.mark.parametrize("database", ["sqlite"])
async def test_a_file_of_reads_has_reports_of_fastqc_and_sequali(wiring, store, api, alice, dataset):
    project = await make_project(wiring, alice)
    file_id = await send_in(wiring, alice, dataset.samples[0].forward)
    async with working(wiring):
        await eventually(lambda: has_qc(wiring, file_id))
    assert set(await reports_of(wiring, file_id)) == {"Sequali", *(["FastQC"] if FASTQC else [])}
    accession = await make_run(wiring, alice, project, file_id)
    answer = (await api.get(f"/api/v1/runs/{accession}/qc")).json()
    assert answer["tool"] == ("FastQC" if FASTQC else "Sequali")
    own = next(report for report in answer["reports"] if report["tool"] == "SeqArk")
    assert own["summary"]["total_sequences"] == answer["summary"]["total_sequences"] == 200
    assert own["summary"]["modules"]["Basic Statistics"] == "pass"


class TestWithoutTools:
    """An archive whose QC is the validation alone."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, qc_reads=False)

    async def test_the_grades_are_the_qc(self, wiring, store, api, alice, dataset):
        project = await make_project(wiring, alice)
        files = [await send_in(wiring, alice, path) for path in dataset.submitted]
        runs = [await make_run(wiring, alice, project, file_id) for file_id in files]
        async with working(wiring):
            await eventually(lambda: has_qc(wiring, *files))
            page = await eventually(lambda: project_page_of(wiring, project.id))
        for accession, file_id in zip(runs, files, strict=True):
            row = await file_row(wiring, file_id)
            assert (row.state, row.due_at) == (FileState.LINKED, None)
            assert row.qc_status in {"passed", "warned"}
            assert await reports_of(wiring, file_id) == {}
            answer = (await api.get(f"/api/v1/runs/{accession}/qc")).json()
            assert (answer["status"], answer["tool"]) == (row.qc_status, "SeqArk")
            assert set(answer["summary"]["numbers"]) >= NUMBERS[row.format]
        assert page.summary == {"reports": 4, "tools": ["SeqArk"], "files": 4}
        found = (await api.get("/api/v1/runs?min_reads=200&max_reads=200")).json()
        assert {run["accession"] for run in found} == set(runs[:2])
