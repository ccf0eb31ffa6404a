"""Sample sheets over the API: what the named pipeline accepts, of what the caller may see, at addresses that answer."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from sqlalchemy import select, update

from accession.catalog.models import Run, Sample
from accession.files.models import File
from accession.nfcore import reading
from accession.nfcore.pipelines import PIPELINES, SheetForm, json_schema
from tests.dialects.archive.records import make, make_experiment, make_project, make_sample
from tests.dialects.archive.test_sheets import stage
from tests.dialects.archive.uploading import READS, get, send, verify

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
V1 = "/api/v1"
NAMES = ("a b_R1.fastq.gz", "a b_R2.fastq.gz", "=lonely.fastq.gz", "c.bam")


async def seed(api: httpx.AsyncClient, wiring: Wiring, who: Any, **project: Any) -> dict[str, str]:
    """A project with a sample of a pair and of a BAM file, and a sample of one file; accessions by name."""
    await stage(wiring, who, *NAMES)
    async with wiring.writing(who.actor) as unit:
        await unit.session.execute(update(File).where(File.filename == "c.bam").values(format="BAM"))
        ids = dict((await unit.session.execute(select(File.filename, File.id))).tuples().all())
    known = {"project": await make_project(api, who, **project)}
    body = {"project_accession": known["project"], "organism": "Bos taurus", "tax_id": 9913}
    known["subject"] = await make(api, who, "subjects", **body, alias="Bella 1", sex="female")
    more = {"subject_accession": known["subject"], "ena_accession": "SAMEA12345"}
    known["sample"] = await make_sample(api, who, known["project"], alias="cow 1", **more)
    known["other"] = await make_sample(api, who, known["project"], alias="=1+1")
    known["experiment"] = await make_experiment(api, who, known["sample"])
    single = await make_experiment(api, who, known["other"], library_layout="SINGLE", insert_size=None)
    for number, (name, file_id) in enumerate(sorted(ids.items(), key=lambda item: NAMES.index(item[0]))):
        experiment = single if number == 2 else known["experiment"]
        run: dict[str, Any] = {"experiment_accession": experiment, "file_id": str(file_id)}
        if number < 2:
            run["read_number"] = number + 1
        if number == 1:
            run["mate_accession"] = known[NAMES[0]]
        known[name] = await make(api, who, "runs", **run)
    return known


async def sheet(api: httpx.AsyncClient, accession: str, form: str, who: Any = None) -> httpx.Response:
    headers = who.headers if who is not None else {}
    return await api.get(f"{V1}/samplesheet/{accession}", params={"format": form}, headers=headers)


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize("form", ["rnaseq", "sarek", "viralrecon", "taxprofiler", "ampliseq"])
async def test_a_projects_sheet_holds_the_rules_of_its_pipeline(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, form: str
) -> None:
    known = await seed(api, wiring, alice)
    answer = await sheet(api, known["project"], form)
    rows = rows_of(answer)
    for row in rows:
        filled = {column: cell for column, cell in row.items() if cell}
        jsonschema.validate(filled, json_schema(PIPELINES[SheetForm(form)]), cls=jsonschema.Draft202012Validator)
    one, two = ("forwardReads", "reverseReads") if form == "ampliseq" else ("fastq_1", "fastq_2")
    base = f"{wiring.settings.base_url}{V1}/runs"
    assert rows[0][one] == f"{base}/{known[NAMES[0]]}/download/a_b_R1.fastq.gz"
    assert rows[0][two] == f"{base}/{known[NAMES[1]]}/download/a_b_R2.fastq.gz"
    mixed = form in {"sarek", "ampliseq"}
    assert len(rows) == (1 if mixed else 2)
    assert answer.headers["X-SeqArk-Left-Out"] == ("2" if mixed else "1")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert f'filename="{known["project"]}.{form}.csv"' in answer.headers["Content-Disposition"]
    assert "not_reads=1" in answer.headers["X-SeqArk-Left-Out-Reasons"]


async def test_each_kind_of_record_answers_the_runs_below_it(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any
) -> None:
    known = await seed(api, wiring, alice)
    for name, runs in {"project": 4, "subject": 3, "sample": 3, "other": 1, "experiment": 3, "c.bam": 1}.items():
        assert len(rows_of(await sheet(api, known[name], "generic"))) == runs, name
    (row,) = rows_of(await sheet(api, known[NAMES[1]], "rnaseq"))
    assert row["fastq_1"].endswith("a_b_R1.fastq.gz")
    assert row["strandedness"] == "auto"
    (row,) = rows_of(await sheet(api, known["subject"], "sarek"))
    assert (row["patient"], row["sex"], row["status"], row["sample"]) == ("Bella_1", "XX", "0", "cow_1")
    (row,) = rows_of(await sheet(api, known["other"], "taxprofiler"))
    assert (row["run_accession"], row["instrument_platform"]) == (known[NAMES[2]], "ILLUMINA")


async def test_the_generic_sheet_tells_all_and_no_cell_runs_as_a_formula(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any
) -> None:
    known = await seed(api, wiring, alice)
    rows = {row["run_accession"]: row for row in rows_of(await sheet(api, known["project"], "generic"))}
    lonely = rows[known[NAMES[2]]]
    assert (lonely["sample"], lonely["filename"]) == ("'=1+1", "'=lonely.fastq.gz")
    assert lonely["download_url"].endswith(f"/runs/{known[NAMES[2]]}/download/_lonely.fastq.gz")
    half = rows[known[NAMES[0]]]
    assert half["mate_accession"] == known[NAMES[1]]
    assert (half["organism"], half["tax_id"], half["insert_size"]) == ("Bos taurus", "9913", "350")
    assert half["subject_accession"] == known["subject"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows.values() for cell in row.values())


async def test_fetchngs_gets_one_identifier_a_line_and_no_header(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any
) -> None:
    known = await seed(api, wiring, alice)
    answer = await sheet(api, known["project"], "fetchngs")
    assert (answer.status_code, answer.text) == (200, "SAMEA12345\n")
    assert answer.headers["X-SeqArk-Left-Out"] == "1"


async def test_where_nothing_fits_each_run_is_told_with_its_reason(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any
) -> None:
    known = await seed(api, wiring, alice)
    answer = await sheet(api, known["c.bam"], "rnaseq")
    assert answer.status_code == 422
    (issue,) = answer.json()["issues"]
    assert (issue["code"], issue["message"].split()[0]) == ("not_reads", known["c.bam"])
    empty = await make_project(api, alice, alias="empty")
    answer = await sheet(api, empty, "generic")
    assert (answer.status_code, answer.json()["issues"][0]["code"]) == (422, "no_runs")


async def test_what_the_caller_may_not_see_is_in_no_sheet(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    known = await seed(api, wiring, alice)
    async with wiring.writing() as unit:
        await unit.session.execute(update(Run).where(Run.filename == NAMES[1]).values(state="private"))
    answer = await sheet(api, known["project"], "rnaseq", bob)
    assert known[NAMES[1]] not in answer.text
    assert answer.headers["X-SeqArk-Left-Out-Reasons"] == "mate_missing=1, not_reads=1"
    assert len(rows_of(await sheet(api, known["project"], "rnaseq", alice))) == 2
    async with wiring.writing() as unit:
        await unit.session.execute(update(Sample).where(Sample.alias == "=1+1").values(state="private"))
    rows = rows_of(await sheet(api, known["project"], "generic"))
    assert {row["sample"] for row in rows} == {"cow 1", known[NAMES[2]]}
    assert len(rows) == 3


async def test_a_private_project_has_no_sheet_for_strangers_and_one_for_its_owner(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    known = await seed(api, wiring, alice, visibility="private")
    for accession in (known["project"], known["sample"], known[NAMES[0]]):
        assert (await sheet(api, accession, "rnaseq")).status_code == 404
        assert (await sheet(api, accession, "rnaseq", bob)).status_code == 404
        mine = await sheet(api, accession, "rnaseq", alice)
        assert mine.status_code == 200
        assert "Bearer" not in mine.text
        assert "?" not in mine.text


async def test_a_suppressed_run_is_told_only_where_it_is_asked_for_by_name(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any
) -> None:
    known = await seed(api, wiring, alice)
    async with wiring.writing() as unit:
        await unit.session.execute(update(Run).where(Run.filename == "c.bam").values(state="suppressed"))
    assert known["c.bam"] not in (await sheet(api, known["project"], "generic")).text
    assert known["c.bam"] in (await sheet(api, known["c.bam"], "generic")).text


@pytest.mark.parametrize(
    ("accession", "form", "status"),
    [
        ("NFDP-PRJ-999999", "generic", 404),
        ("NFDP-FIL-000001", "generic", 422),
        ("OTHER-PRJ-000001", "generic", 422),
        ("NFDP-RUN-000001.2", "generic", 422),
        ("nonsense", "rnaseq", 422),
        ("NFDP-PRJ-000001", "mag", 400),
    ],
)
async def test_what_names_no_record_or_no_pipeline_is_told(
    api: httpx.AsyncClient, accession: str, form: str, status: int
) -> None:
    assert (await sheet(api, accession, form)).status_code == status


async def test_more_runs_than_one_sheet_holds_are_refused(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = await seed(api, wiring, alice)
    monkeypatch.setattr(reading, "MOST_RUNS", 3)
    answer = await sheet(api, known["project"], "generic")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert (await sheet(api, known["sample"], "generic")).status_code == 200


@pytest.mark.parametrize("name", ["αβ x.fastq.gz", "x.FQ.gz"])
async def test_the_address_in_a_sheet_answers_with_the_bytes(
    store: Any, api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any, name: str
) -> None:
    project = await make_project(api, alice, visibility="private")
    experiment = await make_experiment(api, alice, await make_sample(api, alice, project))
    file_id = (await send(api, alice, name=name)).json()["id"]
    await verify(wiring, file_id, format="FASTQ")
    run = await make(api, alice, "runs", experiment_accession=experiment, file_id=file_id)
    (row,) = rows_of(await sheet(api, run, "rnaseq", alice))
    address = row["fastq_1"].removeprefix(wiring.settings.base_url)
    answer = await api.get(address, headers=alice.headers)
    assert answer.status_code == 307
    assert (await get(answer.headers["Location"])).content == READS
    assert (await api.head(address, headers=alice.headers)).status_code == 307
    assert (await api.get(f"{V1}/runs/{run}/download/{name}", headers=alice.headers)).status_code == 307
    assert (await api.get(f"{V1}/runs/{run}/download/setup.exe", headers=alice.headers)).status_code == 404
    for headers in ({}, bob.headers):
        assert (await api.get(address, headers=headers)).status_code == 404
