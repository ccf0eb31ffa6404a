"""Runs are found by their QC: by its status, and by bounds for the numbers that the validation counted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from accession.catalog import reading, walking
from accession.files.leases import claim_measuring, claim_validation
from accession.files.measures import MEASURES
from accession.files.models import FileState
from accession.files.reports import ToolReport, settle_reports
from accession.files.verdicts import Checked, settle_verdict
from tests.jobs.ingest import make_project, make_run
from tests.jobs.test_due_work import add_file

if TYPE_CHECKING:
    from uuid import UUID

pytestmark = pytest.mark.anyio

LEASE = timedelta(seconds=30)
RUNS = "/api/v1/runs"
READS = {"records": 1000, "bases": 150_000, "mean_length": 150.0, "gc_percent": 41.5, "n_percent": 0.1}
READS |= {"q20_percent": 97.0, "q30_percent": 91.2, "duplicate_percent": 12.0, "adapter_percent": 0.4}
ALIGNED = {"records": 900, "primary": 880, "mapped_percent": 99.1, "mean_depth": 31.5, "mean_insert_size": 350.2}
ALIGNED |= {"q30_percent": 80.0, "duplicate_percent": 20.0}
CALLED = {"variants": 5000, "samples": 2, "ti_tv": 2.1, "missing_genotype_percent": 1.5}
PASSING = [{"module": "Basic Statistics", "mark": "pass"}]
WARNING = [*PASSING, {"module": "Sequence Length Distribution", "mark": "warn", "reason": "Reads differ."}]
FAILING = [*WARNING, {"module": "Adapter Content", "mark": "fail", "value": 20.0, "reason": "The share is 20 %."}]


async def settled(
    wiring: Any,
    person: Any,
    counts: dict[str, Any],
    *,
    kind: str = "FASTQ",
    grades: list[dict[str, Any]] | None = None,
    measure: bool = False,
) -> UUID:
    """A file with a verdict that found it valid."""
    file_id = await add_file(wiring, person)
    details = {"valid": True, "findings": [], "counts": counts, "grades": grades or PASSING}
    async with wiring.writing() as unit:
        claimed = await claim_validation(unit, file_id, LEASE)
        checked = Checked(True, kind, "v1", 7, "a" * 32, "b" * 64, details)
        assert await settle_verdict(unit, claimed, checked, measure=measure)
    return file_id


@pytest.fixture
async def runs(wiring: Any, alice: Any) -> dict[str, str]:
    """The accessions of four public runs, two of reads, one of alignments and one of variants, and of a private one."""
    project = await make_project(wiring, alice)
    files = {
        "reads": await settled(wiring, alice, READS),
        "poor": await settled(wiring, alice, {**READS, "q30_percent": 60.0}, grades=FAILING),
        "aligned": await settled(wiring, alice, ALIGNED, kind="BAM"),
        "called": await settled(wiring, alice, CALLED, kind="VCF", grades=WARNING),
    }
    made = {name: await make_run(wiring, alice, project, file_id) for name, file_id in files.items()}
    hidden = await settled(wiring, alice, READS)
    return {**made, "hidden": await make_run(wiring, alice, project, hidden, state="private")}


async def found(api: Any, runs: dict[str, str], query: str, who: Any = None) -> set[str]:
    """The names of the runs that a query lists; the total says as many."""
    answer = await api.get(f"{RUNS}?{query}", headers=who.headers if who else {})
    assert answer.status_code == 200, answer.text
    names = {accession: name for name, accession in runs.items()}
    assert answer.headers["X-Total-Count"] == str(len(answer.json()))
    return {names[run["accession"]] for run in answer.json()}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("min_q30=91.2", {"reads"}),
        ("min_q30=91.3", set()),
        ("max_q30=60", {"poor"}),
        ("min_q30=60&max_q30=80", {"poor", "aligned"}),
        ("min_q30=90&max_q30=70", set()),
        ("min_reads=880", {"reads", "poor", "aligned"}),
        ("min_reads=881", {"reads", "poor"}),
        ("min_bases=150000&max_bases=150000", {"reads", "poor"}),
        ("max_mean_length=149.9", set()),
        ("min_q20=90&max_n=0.2&max_adapter=1", {"reads", "poor"}),
        ("min_gc=41&max_gc=42&qc_status=passed", {"reads"}),
        ("max_duplication=12", {"reads", "poor"}),
        ("min_mapped=99&min_depth=30&min_insert_size=350&max_insert_size=351", {"aligned"}),
        ("min_variants=1&min_ti_tv=2&max_missing=2", {"called"}),
        ("min_missing=2", set()),
        ("qc_status=passed", {"reads", "aligned"}),
        ("qc_status=warned", {"poor", "called"}),
        ("qc_status=failed", set()),
        ("qc_status=pending", set()),
    ],
)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_runs_are_found_by_bounds_and_status(api: Any, runs: Any, query: str, expected: set[str]) -> None:
    assert await found(api, runs, query) == expected


async def test_only_visible_runs_are_found_and_counted(api: Any, runs: Any, alice: Any, bob: Any) -> None:
    assert await found(api, runs, "min_q30=90") == {"reads"}
    assert await found(api, runs, "min_q30=90", bob) == {"reads"}
    assert await found(api, runs, "min_q30=90", alice) == {"reads", "hidden"}


async def test_pages_and_totals_hold_under_a_bound(api: Any, runs: Any) -> None:
    first = await api.get(f"{RUNS}?min_q30=50&per_page=2")
    assert (len(first.json()), first.headers["X-Total-Count"]) == (2, "3")
    following = next(link for link in first.headers["Link"].split(", ") if 'rel="next"' in link)
    assert all(part in following for part in ("min_q30=50", "per_page=2", "page=2"))
    second = await api.get(f"{RUNS}?min_q30=50&per_page=2&page=2")
    listed = {run["accession"] for run in (*first.json(), *second.json())}
    assert listed == {runs["reads"], runs["poor"], runs["aligned"]}


async def test_runs_whose_qc_has_not_ended_are_found_as_what_they_answer(wiring: Any, api: Any, alice: Any) -> None:
    project = await make_project(wiring, alice)
    waiting = await make_run(wiring, alice, project, await add_file(wiring, alice))
    half = await make_run(wiring, alice, project, await settled(wiring, alice, READS, measure=True))
    for status, accession in (("pending", waiting), ("running", half)):
        (run,) = (await api.get(f"{RUNS}?qc_status={status}")).json()
        assert (run["accession"], run["qc_status"]) == (accession, status)


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize(
    "query",
    [
        "min_q30=high",
        "min_q30=-1",
        "min_q30=nan",
        "max_q30=inf",
        "min_q30=1e300",
        "qc_status=good",
        "min_q31=3",
        "q30=3",
    ],
)
async def test_a_bound_that_is_no_number_and_a_filter_that_does_not_exist_are_refused(api: Any, query: str) -> None:
    answer = await api.get(f"{RUNS}?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert query.partition("=")[0] in answer.text


@pytest.mark.parametrize("database", ["sqlite"])
async def test_every_number_has_two_parameters_in_the_document(api: Any) -> None:
    document = (await api.get("/api/v1/openapi.json")).json()
    parameters = {given["name"]: given for given in document["paths"]["/runs"]["get"]["parameters"]}
    for measure in MEASURES:
        for side in ("min", "max"):
            given = parameters[f"{side}_{measure.name}"]
            assert measure.what in given["description"]
            assert (given["in"], given["required"]) == ("query", False)
    assert "qc_status" in parameters


async def test_a_replaced_file_takes_its_numbers_out_of_the_lists(wiring: Any, api: Any, alice: Any, runs: Any) -> None:
    poorer = await settled(wiring, alice, {**READS, "q30_percent": 10.0})
    answer = await api.put(f"{RUNS}/{runs['reads']}/file", json={"file_id": str(poorer)}, headers=alice.headers)
    assert answer.status_code == 200, answer.text
    assert await found(api, runs, "min_q30=90") == set()
    assert await found(api, runs, "max_q30=10") == {"reads"}


async def test_a_refused_file_has_no_numbers(wiring: Any, api: Any, alice: Any) -> None:
    project = await make_project(wiring, alice)
    file_id = await add_file(wiring, alice)
    await make_run(wiring, alice, project, file_id)
    details = {"valid": False, "findings": [], "counts": READS}
    async with wiring.writing() as unit:
        claimed = await claim_validation(unit, file_id, LEASE)
        assert await settle_verdict(unit, claimed, Checked(False, "FASTQ", "v1", 7, "a" * 32, "b" * 64, details))
    assert (await api.get(f"{RUNS}?min_q30=0")).json() == []
    assert len((await api.get(f"{RUNS}?qc_status=failed")).json()) == 1


def test_filters_in_all_their_combinations_fill_no_memory() -> None:
    for built in (walking._all, walking._near, walking._ahead, reading._count_statement):
        assert built.cache_info().maxsize == walking.MOST_STATEMENTS


async def test_the_report_of_the_archive_is_there_with_the_verdict(wiring: Any, api: Any, runs: Any) -> None:
    answer = (await api.get(f"{RUNS}/{runs['poor']}/qc")).json()
    report, page = answer["reports"]
    assert (page["tool"], page["summary"]) == ("MultiQC", {"reports": 1, "tools": ["SeqArk"]})
    assert (answer["status"], answer["tool"], answer["summary"]) == ("warned", "SeqArk", report["summary"])
    assert (report["tool"], report["status"]) == ("SeqArk", "failed")
    assert report["reason"] == "Adapter Content: The share is 20 %."
    summary = report["summary"]
    assert (summary["total_sequences"], summary["gc_content"]) == (1000, 41.5)
    assert summary["numbers"]["q30"] == 60.0
    assert summary["modules"] == {
        "Basic Statistics": "pass",
        "Sequence Length Distribution": "warn",
        "Adapter Content": "fail",
    }
    called = (await api.get(f"{RUNS}/{runs['called']}/qc")).json()
    assert (called["summary"]["records"], called["summary"]["samples"]) == (5000, 2)


async def test_tools_lead_and_the_report_of_the_archive_stands_beside_them(wiring: Any, api: Any, alice: Any) -> None:
    project = await make_project(wiring, alice)
    file_id = await settled(wiring, alice, READS, grades=WARNING, measure=True)
    accession = await make_run(wiring, alice, project, file_id)
    before = (await api.get(f"{RUNS}/{accession}/qc")).json()
    assert (before["status"], [report["tool"] for report in before["reports"]]) == ("running", ["SeqArk"])
    tool = ToolReport("FastQC", "passed", {"total_sequences": 1000, "gc_content": 41.0})
    async with wiring.writing() as unit:
        claimed = await claim_measuring(unit, file_id, LEASE)
        await settle_reports(unit, claimed, [tool], status="warned")
    after = (await api.get(f"{RUNS}/{accession}/qc")).json()
    assert (after["status"], after["tool"], after["summary"]) == ("warned", "FastQC", tool.summary)
    assert [(report["tool"], report["status"]) for report in after["reports"]] == [
        ("FastQC", "passed"),
        ("SeqArk", "warned"),
        ("MultiQC", "warned"),
    ]


async def test_a_project_tells_the_archives_own_numbers_where_no_tool_ran(wiring: Any, api: Any, runs: Any) -> None:
    projects = (await api.get("/api/v1/projects")).json()
    answer = (await api.get(f"/api/v1/projects/{projects[0]['accession']}/qc")).json()
    lines = {line["accession"]: line for line in answer["runs"]}
    assert answer["status"] == "warned"
    assert lines[runs["reads"]]["summary"]["total_sequences"] == 1000
    assert lines[runs["called"]]["status"] == "warned"


async def test_a_file_of_no_known_format_stays_without_a_report(wiring: Any, api: Any, alice: Any) -> None:
    project = await make_project(wiring, alice)
    file_id = await settled(wiring, alice, {}, kind="UNKNOWN")
    accession = await make_run(wiring, alice, project, file_id)
    assert (await api.get(f"{RUNS}/{accession}/qc")).json() == {"status": "pending", "reports": []}


async def test_removing_a_file_takes_its_numbers_along(wiring: Any, alice: Any) -> None:
    from sqlalchemy import delete, func, select

    from accession.files.models import File, QcNumber

    file_id = await settled(wiring, alice, READS)
    async with wiring.writing() as unit:
        counted = select(func.count()).select_from(QcNumber)
        assert (await unit.session.execute(counted)).scalar_one() == len(READS)
        await unit.session.execute(delete(File).where(File.id == file_id, File.state == FileState.VERIFIED))
        assert (await unit.session.execute(counted)).scalar_one() == 0
