"""`/filereport` answers as ENA's does: by any accession, as JSON or TSV, of any length, only what is the caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, insert, select, update

from accession.base import new_id
from accession.catalog.models import Experiment, Run, Sample
from accession.files.filereport import AT_ONCE, FIELDS
from accession.projects.models import Project
from tests.dialects.archive.records import make, make_experiment, make_project, make_sample

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
URL = "/api/v1/filereport"
FILE = {"filename": "a_R1.fastq.gz", "file_size": 10, "checksum_md5": "0" * 32, "file_type": "FASTQ"}


async def make_tree(api: httpx.AsyncClient, who: Any, **project: Any) -> dict[str, Any]:
    """A project with a subject, its sample, an experiment and two runs, and a second sample with a third run."""
    tree: dict[str, Any] = {"project": await make_project(api, who, **project)}
    owned = {"project_accession": tree["project"]}
    tree["subject"] = await make(api, who, "subjects", organism="Bos taurus", tax_id=9913, **owned)
    tree["sample"] = await make_sample(api, who, tree["project"], subject_accession=tree["subject"])
    tree["experiment"] = await make_experiment(api, who, tree["sample"])
    other = await make_experiment(api, who, await make_sample(api, who, tree["project"]))
    of = [tree["experiment"], tree["experiment"], other]
    tree["runs"] = [await make(api, who, "runs", experiment_accession=experiment, **FILE) for experiment in of]
    return tree


async def runs_of(api: httpx.AsyncClient, accession: str, who: Any = None) -> list[str]:
    answer = await api.get(URL, params={"accession": accession}, headers=who.headers if who else {})
    assert answer.status_code == 200, answer.text
    return [line["run_accession"] for line in answer.json()]


async def test_every_kind_of_accession_gives_its_runs_with_all_fields(api: httpx.AsyncClient, alice: Any) -> None:
    tree = await make_tree(api, alice)
    first, second, third = tree["runs"]
    expected = {"project": [first, second, third], "subject": [first, second], "sample": [first, second]}
    for kind, runs in {**expected, "experiment": [first, second]}.items():
        assert await runs_of(api, tree[kind]) == runs, kind
    assert await runs_of(api, second) == [second]
    answer = await api.get(URL, params={"accession": first, "result": "read_run"})
    assert answer.headers["content-type"] == "application/json"
    [line] = answer.json()
    assert tuple(line) == FIELDS
    assert line == {
        "run_accession": first,
        "experiment_accession": tree["experiment"],
        "sample_accession": tree["sample"],
        "project_accession": tree["project"],
        "organism": "Bos taurus",
        "tax_id": 9913,
        "file_type": "FASTQ",
        "filename": "a_R1.fastq.gz",
        "file_path": "a_R1.fastq.gz",
        "file_size": 10,
        "checksum_md5": "0" * 32,
        "checksum_sha256": None,
        "download_url": f"http://127.0.0.1:8000/api/v1/runs/{first}/download",
        "platform": "ILLUMINA",
        "instrument_model": "Illumina NovaSeq 6000",
        "library_strategy": "WGS",
        "library_layout": "PAIRED",
    }


async def test_a_command_for_ena_works_here(api: httpx.AsyncClient, alice: Any) -> None:
    tree = await make_tree(api, alice)
    fields = "run_accession,download_url,checksum_md5"
    asked = f"accession={tree['project']}&result=read_run&fields={fields}&format=tsv&download=true&limit=0"
    answer = await api.get(f"{URL}?{asked}")
    assert answer.headers["content-disposition"].endswith(f'"filereport_read_run_{tree["project"]}_tsv.txt"')
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    header, *lines, end = answer.text.split("\n")
    assert (header.split("\t"), end) == (fields.split(","), "")
    assert [line.split("\t")[0] for line in lines] == tree["runs"]
    assert all(line.split("\t")[2] == "0" * 32 for line in lines)
    limited = await api.get(URL, params={"accession": tree["project"], "limit": 2, "fields": "filename"})
    assert limited.json() == [{"filename": "a_R1.fastq.gz"}] * 2
    everything = await api.get(URL, params={"accession": tree["project"], "format": "tsv", "fields": "all"})
    assert everything.text.split("\n")[0].split("\t") == list(FIELDS)


async def test_a_value_stays_in_its_cell_and_runs_as_no_formula(
    wiring: Wiring, api: httpx.AsyncClient, alice: Any
) -> None:
    tree = await make_tree(api, alice)
    async with wiring.writing() as unit:
        await unit.session.execute(update(Sample).values(organism="=1\t2\r\n3"))
    asked = {"accession": tree["runs"][0], "fields": "organism,checksum_sha256,tax_id"}
    answer = await api.get(URL, params={**asked, "format": "tsv"})
    assert answer.text == "organism\tchecksum_sha256\ttax_id\n'=1 2  3\t\t9913\n"
    [line] = (await api.get(URL, params=asked)).json()
    assert line == {"organism": "=1\t2\r\n3", "checksum_sha256": None, "tax_id": 9913}


async def test_what_cannot_be_reported_is_refused(api: httpx.AsyncClient, alice: Any) -> None:
    tree = await make_tree(api, alice)
    hidden = await make_tree(api, alice, visibility="private")
    sample = await make_sample(api, alice, tree["project"])
    assert (await api.delete(f"/api/v1/samples/{sample}", headers=alice.headers)).status_code == 204
    for changes, status, said in (
        ({"result": "sample"}, 400, "'sample'; the only report here is 'read_run'"),
        ({"fields": "run_accession,fastq_ftp"}, 400, "'fastq_ftp'; known are run_accession, experiment_accession"),
        ({"format": "xml"}, 400, "format"),
        ({"limit": -1}, 400, "limit"),
        ({"accession": "PRJEB1"}, 422, "expected the form"),
        ({"accession": f"{tree['runs'][0]}.1"}, 422, "version"),
        ({"accession": "NFDP-FIL-000001"}, 422, "expected the form"),
        ({"accession": "NFDP-RUN-999999"}, 404, "NFDP-RUN-999999"),
        ({"accession": hidden["project"]}, 404, "not visible"),
        ({"accession": hidden["runs"][0]}, 404, "not visible"),
    ):
        answer = await api.get(URL, params={"accession": tree["project"], **changes})
        assert answer.status_code == status, (changes, answer.text)
        assert said in answer.json()["detail"], changes
    gone = await api.get(URL, params={"accession": sample})
    assert (gone.status_code, gone.json()["accession"]) == (410, sample)
    assert (await api.get(URL)).status_code == 400
    empty = await make_project(api, alice)
    assert (await api.get(URL, params={"accession": empty})).json() == []
    assert (await api.get(URL, params={"accession": empty, "format": "tsv", "fields": "filename"})).text == "filename\n"


async def test_everybody_reads_their_own_part(wiring: Wiring, api: httpx.AsyncClient, alice: Any, bob: Any) -> None:
    tree = await make_tree(api, alice)
    first, second, third = tree["runs"]
    async with wiring.writing() as unit:
        await unit.session.execute(update(Run).where(Run.serial == 1).values(state="private"))
    assert await runs_of(api, tree["project"], bob) == [second, third]
    assert await runs_of(api, tree["project"]) == [second, third]
    assert await runs_of(api, tree["project"], alice) == [first, second, third]
    hidden = await make_tree(api, alice, visibility="private")
    assert (await api.get(URL, params={"accession": hidden["sample"]}, headers=bob.headers)).status_code == 404
    assert len(await runs_of(api, hidden["project"], alice)) == 3


async def test_a_parent_that_is_not_visible_is_not_told(wiring: Wiring, api: httpx.AsyncClient, alice: Any) -> None:
    tree = await make_tree(api, alice)
    async with wiring.writing() as unit:
        await unit.session.execute(update(Sample).values(state="private"))
    [line] = (await api.get(URL, params={"accession": tree["runs"][0]})).json()
    assert (line["sample_accession"], line["organism"], line["tax_id"]) == (None, None, None)
    assert line["experiment_accession"] == tree["experiment"]


async def test_suppressed_runs_are_told_where_they_are_asked_for(
    wiring: Wiring, api: httpx.AsyncClient, alice: Any
) -> None:
    tree = await make_tree(api, alice)
    first, second, third = tree["runs"]
    async with wiring.writing() as unit:
        await unit.session.execute(update(Run).where(Run.serial == 1).values(state="suppressed"))
    for who in (None, alice):
        assert await runs_of(api, tree["project"], who) == [second, third]
        assert await runs_of(api, tree["experiment"], who) == [second]
        assert await runs_of(api, first, who) == [first]
    async with wiring.writing() as unit:
        await unit.session.execute(update(Experiment).where(Experiment.serial == 1).values(state="suppressed"))
    assert await runs_of(api, tree["experiment"]) == [first, second]


async def test_a_long_report_is_read_in_pages_of_one_statement_each(
    wiring: Wiring, api: httpx.AsyncClient, alice: Any
) -> None:
    tree = await make_tree(api, alice)
    count = 2 * AT_ONCE + 5
    async with wiring.writing() as unit:
        scope = (await unit.session.scalars(select(Project.id).where(Project.serial == 2))).one()
        experiment = (await unit.session.scalars(select(Experiment.id).where(Experiment.serial == 1))).one()
        links = {"owner_id": alice.id, "scope_id": scope, "experiment_id": experiment, "filename": "x.bam"}
        rows = [{"id": new_id(), "serial": 10 + n, **links} for n in range(count - 3)]
        await unit.session.execute(insert(Run), rows)
    told: list[str] = []
    heard = (wiring.engines.read.sync_engine, "before_cursor_execute", lambda *args: told.append(args[2]))
    event.listen(*heard)
    runs = await runs_of(api, tree["project"])
    event.remove(*heard)
    assert len(runs) == len(set(runs)) == count
    assert runs == sorted(runs)
    assert len([statement for statement in told if "FROM runs JOIN" in " ".join(statement.split())]) == 3
    answer = await api.get(URL, params={"accession": tree["project"], "format": "tsv", "limit": AT_ONCE + 1})
    assert answer.text.count("\n") == AT_ONCE + 2
    limited = await api.get(URL, params={"accession": tree["project"], "limit": AT_ONCE})
    assert len(limited.json()) == AT_ONCE
