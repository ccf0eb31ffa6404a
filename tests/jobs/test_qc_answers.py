"""What the API answers about QC and validation, and who may open the pages."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import update

from accession.files.leases import claim_measuring, claim_validation
from accession.files.models import File, FileState
from accession.files.reports import ToolReport, keep_report, settle_reports
from accession.files.verdicts import Checked, settle_verdict
from accession.ids import Kind
from accession.people.models import Scope
from tests.jobs.ingest import eventually, has_qc, make_project, make_run, send_in, working
from tests.jobs.test_due_work import add_file

pytestmark = pytest.mark.anyio

LEASE = timedelta(seconds=30)
PAGE = b"<!doctype html><title>FastQC</title>"
SUMMARY = {"total_sequences": 200, "gc_content": 41.5}


async def measured_run(wiring, store, person, project, tmp_path, *, state="public"):
    """A run whose file has a FastQC report with a page; (accession, the file's id)."""
    file_id = await add_file(wiring, person, state=FileState.LINKED)
    accession = await make_run(wiring, person, project, file_id, state=state)
    page = tmp_path / "page.html"
    page.write_bytes(PAGE)
    key = f"reports/{file_id}/fastqc_report.html"
    await store.put_file(key, page, content_type="text/html")
    await store.put_file(f"reports/{file_id}/fastqc/data.zip", page, content_type="application/zip")
    report = ToolReport("FastQC", "passed", SUMMARY, key, [f"reports/{file_id}/fastqc/data.zip"])
    async with wiring.writing() as unit:
        claimed = await claim_measuring(unit, file_id, LEASE)
        await settle_reports(unit, claimed, [report], status="passed")
    return accession, file_id


async def test_before_qc_a_run_answers_pending_without_reports(wiring, store, api, alice):
    project = await make_project(wiring, alice)
    accession = await make_run(wiring, alice, project, await add_file(wiring, alice))
    answer = await api.get(f"/api/v1/runs/{accession}/qc")
    assert (answer.status_code, answer.json()) == (200, {"status": "pending", "reports": []})


async def test_a_measured_run_answers_its_summary_and_open_pages(wiring, store, api, alice, tmp_path):
    project = await make_project(wiring, alice)
    accession, _ = await measured_run(wiring, store, alice, project, tmp_path)
    answer = (await api.get(f"/api/v1/runs/{accession}/qc")).json()
    page = f"/qc/{accession}/fastqc_report.html"
    assert {name: answer[name] for name in ("status", "tool", "summary", "report_url")} == {
        "status": "passed",
        "tool": "FastQC",
        "summary": SUMMARY,
        "report_url": page,
    }
    assert [(report["tool"], report["status"], report["report_url"]) for report in answer["reports"]] == [
        ("FastQC", "passed", page),
        ("MultiQC", "passed", f"/qc/{accession}/multiqc_report.html"),
    ]
    shown = await api.get(page)
    assert (shown.status_code, shown.content) == (200, PAGE)


async def test_pages_are_served_as_foreign_code(wiring, store, api, alice, tmp_path):
    project = await make_project(wiring, alice)
    accession, _ = await measured_run(wiring, store, alice, project, tmp_path)
    headers = (await api.get(f"/qc/{accession}/fastqc_report.html")).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts ")
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-type"] == "text/html; charset=utf-8"


async def test_a_page_finds_a_storage_that_forgets_where_the_sandbox_gives_none(wiring, store, api, alice, tmp_path):
    project = await make_project(wiring, alice)
    accession, file_id = await measured_run(wiring, store, alice, project, tmp_path)
    page = tmp_path / "scripted.html"
    page.write_bytes(b"<html><head><script>localStorage.getItem('x')</script></head><body>FastQC</body></html>")
    await store.put_file(f"reports/{file_id}/fastqc_report.html", page, content_type="text/html")
    shown = (await api.get(f"/qc/{accession}/fastqc_report.html")).text
    assert 0 < shown.index("defineProperty(window") < shown.index("localStorage.getItem('x')")
    assert shown.endswith("<body>FastQC</body></html>")


async def test_a_private_page_needs_a_link_of_its_own_that_ends(wiring, store, api, alice, bob, tmp_path, clock):
    project = await make_project(wiring, alice)
    accession, _ = await measured_run(wiring, store, alice, project, tmp_path, state="private")
    bare = f"/qc/{accession}/fastqc_report.html"
    assert (await api.get(f"/api/v1/runs/{accession}/qc")).status_code == 404
    assert (await api.get(f"/api/v1/runs/{accession}/qc", headers=bob.headers)).status_code == 404
    link = (await api.get(f"/api/v1/runs/{accession}/qc", headers=alice.headers)).json()["report_url"]
    parts = urlsplit(link)
    assert parts.path == bare
    shown = await api.get(link)
    assert (shown.status_code, shown.content, shown.headers["cache-control"]) == (200, PAGE, "private, no-store")
    assert (await api.get(bare)).status_code == 404
    other, _ = await measured_run(wiring, store, alice, project, tmp_path, state="private")
    assert (await api.get(f"/qc/{other}/fastqc_report.html?{parts.query}")).status_code == 404
    query = parse_qs(parts.query)
    later, signature = int(query["expires"][0]) + 60, query["signature"][0]
    assert (await api.get(f"{bare}?expires={later}&signature={signature}")).status_code == 404
    for junk in ("expires=x&signature=y", "expires=9&signature=%C3%A9", "expires=²&signature=y", "signature=y"):
        assert (await api.get(f"{bare}?{junk}")).status_code == 404
    clock.advance(minutes=16)
    assert (await api.get(link)).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/qc/NFDP-RUN-999999/fastqc_report.html",
        "/qc/nonsense/fastqc_report.html",
        "/qc/NFDP-SAM-000001/multiqc_report.html",
        "/qc/NFDP-PRJ-999999/multiqc_report.html",
        "/qc/NFDP-RUN-000001/..%2F..%2Fsecret",
        "/nothing/here",
    ],
)
async def test_an_address_without_a_page_is_absent(wiring, store, api, address):
    assert (await api.get(address)).status_code == 404


async def test_a_run_multiqc_page_is_made_when_it_is_asked_for(wiring, store, api, alice, dataset):
    project = await make_project(wiring, alice)
    async with working(wiring):
        file_id = await send_in(wiring, alice, dataset.samples[0].vcf)
        await eventually(lambda: has_qc(wiring, file_id))
        accession = await make_run(wiring, alice, project, file_id)

        async def page() -> str:
            answer = await api.get(f"/qc/{accession}/multiqc_report.html")
            assert answer.status_code in {200, 202}
            return answer.text if answer.status_code == 200 else ""

        assert "MultiQC" in await eventually(page)
    assert (await api.get(f"/qc/{accession}/multiqc_report.html")).status_code == 200, "and kept"


async def test_a_project_answers_the_runs_that_the_caller_may_see(wiring, store, api, alice, bob, tmp_path):
    project = await make_project(wiring, alice)
    first, _ = await measured_run(wiring, store, alice, project, tmp_path)
    hidden, _ = await measured_run(wiring, store, alice, project, tmp_path, state="private")
    async with wiring.writing() as unit:
        name = unit.accession(Kind.PROJECT, project.serial)
    seen = (await api.get(f"/api/v1/projects/{name}/qc", headers=bob.headers)).json()
    assert seen == {
        "status": "passed",
        "report_url": None,
        "runs": [{"accession": first, "status": "passed", "summary": SUMMARY}],
    }
    own = (await api.get(f"/api/v1/projects/{name}/qc", headers=alice.headers)).json()
    assert [run["accession"] for run in own["runs"]] == [hidden, first]


async def test_a_project_page_is_for_readers_of_the_whole_project(wiring, store, api, alice, bob, tmp_path):
    project = await make_project(wiring, alice)
    await measured_run(wiring, store, alice, project, tmp_path)
    page = tmp_path / "multiqc.html"
    page.write_bytes(PAGE)
    key = f"reports/{project.id}/multiqc_report.html"
    await store.put_file(key, page, content_type="text/html")
    async with wiring.writing() as unit:
        await keep_report(unit, ToolReport("MultiQC", "passed", {}, key), scope_id=project.id)
        name = unit.accession(Kind.PROJECT, project.serial)
    address, bare = f"/api/v1/projects/{name}/qc", f"/qc/{name}/multiqc_report.html"
    assert (await api.get(address)).json()["report_url"] == bare
    assert (await api.get(bare)).content == PAGE
    await measured_run(wiring, store, alice, project, tmp_path, state="private")
    assert (await api.get(address, headers=bob.headers)).json()["report_url"] is None
    assert (await api.get(bare)).status_code == 404
    link = (await api.get(address, headers=alice.headers)).json()["report_url"]
    assert (await api.get(link)).content == PAGE
    async with wiring.writing() as unit:
        await unit.session.execute(update(Scope).where(Scope.id == project.id).values(state="private"))
    assert (await api.get(address)).status_code == 404


async def test_a_verdict_is_answered_with_its_first_error_and_counts(wiring, store, api, alice):
    project = await make_project(wiring, alice)
    file_id = await add_file(wiring, alice)
    accession = await make_run(wiring, alice, project, file_id)
    address = f"/api/v1/runs/{accession}/validation"
    waiting = (await api.get(address)).json()
    assert (waiting["status"], waiting["valid"], waiting["first_error"]) == ("verifying", None, None)
    details = {
        "valid": False,
        "compression": "gzip",
        "findings": [
            {"severity": "warning", "code": "odd", "message": "Odd."},
            {"severity": "error", "code": "quality_length", "message": "Short.", "line": 68, "record": 17, "offset": 9},
        ],
        "finding_counts": {"odd": 1, "quality_length": 1},
        "counts": {"records": 200, "bases": 30000},
        "checked": ["every record"],
        "seconds": 0.25,
    }
    async with wiring.writing() as unit:
        claimed = await claim_validation(unit, file_id, LEASE)
        checked = Checked(False, "FASTQ", "v1", 7, "a" * 32, "b" * 64, details)
        assert await settle_verdict(unit, claimed, checked)
    answer = (await api.get(address)).json()
    assert (answer["status"], answer["valid"], answer["format"]) == ("rejected", False, "FASTQ")
    assert answer["first_error"] == details["findings"][1]
    assert (answer["counts"], answer["checked"], answer["seconds"]) == (details["counts"], details["checked"], 0.25)
    assert answer["checksum_md5"] == "a" * 32


async def test_a_withdrawn_run_answers_its_tombstone_and_no_page(wiring, store, api, alice, tmp_path):
    from accession.catalog.models import Run

    project = await make_project(wiring, alice)
    accession, file_id = await measured_run(wiring, store, alice, project, tmp_path)
    async with wiring.writing() as unit:
        await unit.session.execute(update(Run).where(Run.file_id == file_id).values(state="withdrawn"))
    assert (await api.get(f"/api/v1/runs/{accession}/qc")).status_code == 410
    assert (await api.get(f"/qc/{accession}/fastqc_report.html")).status_code == 410
    async with wiring.reading() as unit:
        assert await unit.session.get(File, file_id) is not None
