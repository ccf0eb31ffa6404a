"""Bulk sheets over the archive API: every fault told at once, all or nothing made, the same again made once."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from accession.base import new_id
from accession.files.models import File, FileState
from accession.ids import Kind
from accession.numbers import mint
from tests.dialects.archive.records import make_project

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
V1 = "/api/v1"
HEADERS = (
    "sample_alias",
    "organism",
    "tax_id",
    "collection_date",
    "geographic_location",
    "filename_forward",
    "filename_reverse",
    "library_strategy",
    "platform",
    "instrument_model",
)


def row(alias: str, forward: str = "", reverse: str = "", **changes: str) -> dict[str, str]:
    values = (alias, "Bos taurus", "9913", "2024-05-01", "Kenya", forward, reverse, "WGS", "ILLUMINA", "NextSeq 550")
    return dict(zip(HEADERS, values, strict=True)) | changes


def sheet(*rows: dict[str, str]) -> bytes:
    return "\n".join(["\t".join(HEADERS), *("\t".join(r.values()) for r in rows)]).encode()


async def stage(
    wiring: Wiring, who: Any, *names: str, state: str = FileState.VERIFIED, file_format: str = "FASTQ"
) -> None:
    """Put rows of staged files into the database, as an upload and its validation leave them."""
    async with wiring.writing(who.actor) as unit:
        serials = (await mint(unit.session, {Kind.FILE: len(names)}))[Kind.FILE]
        for serial, name in zip(serials, names, strict=True):
            md5 = hashlib.md5(name.encode()).hexdigest()
            unit.session.add(
                File(
                    id=new_id(),
                    serial=serial,
                    owner_id=who.id,
                    state=state,
                    filename=name,
                    size=10,
                    md5=md5,
                    sha256="0" * 64,
                    key=f"files/{uuid4()}",
                    upload_method="direct",
                    format=file_format,
                )
            )


async def send(api: httpx.AsyncClient, who: Any, call: str, content: bytes, **form: str) -> httpx.Response:
    return await api.post(
        f"{V1}/{call}",
        files={"file": ("sheet.tsv", content)},
        data={"checklist_id": "ERC000011", **form},
        headers=who.headers,
    )


async def test_a_pair_makes_a_sample_an_experiment_and_two_runs_that_are_mates(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any
) -> None:
    project = await make_project(api, alice)
    await stage(wiring, alice, "a_R1.fastq.gz", "a_R2.fastq.gz")
    content = sheet(row("a", "a_R1.fastq.gz", "a_R2.fastq.gz"))
    answer = await send(api, alice, "bulk-submit/confirm", content, project_accession=project)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert made["status"] == "created"
    assert [len(made[kind]) for kind in ("samples", "subjects", "experiments", "runs")] == [1, 0, 1, 2]
    forward, reverse = [(await api.get(f"{V1}/runs/{run}")).json() for run in made["runs"]]
    assert (forward["read_number"], reverse["read_number"]) == (1, 2)
    assert forward["mate_accession"] == reverse["accession"]
    assert reverse["mate_accession"] == forward["accession"]
    experiment = (await api.get(f"{V1}/experiments/{made['experiments'][0]}")).json()
    assert (experiment["library_layout"], experiment["library_source"]) == ("PAIRED", "GENOMIC")
    staged = (await api.get(f"{V1}/staging/files", headers=alice.headers)).json()
    assert {file["status"] for file in staged} == {"linked"}


async def test_every_pair_of_a_sheet_finds_its_own_mate_beside_single_files_and_runs_of_before(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any
) -> None:
    project = await make_project(api, alice)
    await stage(wiring, alice, "a_R1.fq", "a_R2.fq", "b.fq", "c_R2.fq", "c_R1.fq", "d.fq", "e_R1.fq", "e_R2.fq")
    rows = [row("a", "a_R1.fq", "a_R2.fq"), row("b", "b.fq"), row("c", "c_R1.fq", "c_R2.fq")]
    first = await send(api, alice, "bulk-submit/confirm", sheet(*rows), project_accession=project)
    rows = [rows[2], row("d", "d.fq"), row("e", "e_R1.fq", "e_R2.fq"), rows[0]]
    second = await send(api, alice, "bulk-submit/confirm", sheet(*rows), project_accession=project)
    assert (first.status_code, second.status_code) == (200, 200), second.text
    runs = {run["accession"]: run for run in (await api.get(f"{V1}/runs")).json()}
    mates = {
        run["filename"]: run["mate_accession"] and runs[run["mate_accession"]]["filename"] for run in runs.values()
    }
    pairs = {f"{name}_R{one}.fq": f"{name}_R{3 - one}.fq" for name in "ace" for one in (1, 2)}
    assert mates == {"b.fq": None, "d.fq": None, **pairs}


async def test_the_same_sheet_again_makes_nothing_and_answers_the_same(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any
) -> None:
    project = await make_project(api, alice)
    await stage(wiring, alice, "a_R1.fastq.gz", "a_R2.fastq.gz", "b.bam")
    content = sheet(row("a", "a_R1.fastq.gz", "a_R2.fastq.gz"), row("b", "b.bam"), row("c"))
    first = await send(api, alice, "bulk-submit/confirm", content, project_accession=project)
    again = await send(api, alice, "bulk-submit/confirm", content, project_accession=project)
    assert first.status_code == again.status_code == 200, again.text
    assert first.json() == again.json()
    assert (await api.get(f"{V1}/runs")).headers["x-total-count"] == "3"
    assert (await api.get(f"{V1}/experiments")).headers["x-total-count"] == "3"


@pytest.mark.parametrize("alias_header", ["sample_alias", "alias", "Sample"])
async def test_files_that_were_found_by_alias_are_found_again(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, alias_header: str
) -> None:
    project = await make_project(api, alice)
    await stage(wiring, alice, "a_R1.fastq.gz", "a_R2.fastq.gz", "b_R1.fastq.gz")
    rows = [row("a"), row("b", "b_R1_mistyped.fastq.gz"), row("c", instrument_model="", platform="")]
    content = sheet(*rows).replace(b"sample_alias", alias_header.encode(), 1)
    first = await send(api, alice, "bulk-submit/confirm", content, project_accession=project)
    assert first.status_code == 200, first.text
    assert [len(first.json()[kind]) for kind in ("samples", "experiments", "runs")] == [3, 3, 3]
    again = await send(api, alice, "bulk-submit/confirm", content, project_accession=project)
    assert again.json() == first.json()
    assert (await api.get(f"{V1}/experiments")).headers["x-total-count"] == "3"


async def test_a_sheet_of_samples_again_makes_no_library_for_runs_that_came_since(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any
) -> None:
    project = await make_project(api, alice)
    bare = dict.fromkeys(("library_strategy", "platform", "instrument_model"), "")
    samples = sheet(row("a", **bare))
    first = await send(api, alice, "bulk-submit/confirm", samples, project_accession=project)
    await stage(wiring, alice, "a_R1.fastq.gz")
    filled = await send(api, alice, "bulk-submit/confirm", sheet(row("a", "a_R1.fastq.gz")), project_accession=project)
    assert len(filled.json()["runs"]) == 1
    again = await send(api, alice, "bulk-submit/confirm", samples, project_accession=project)
    assert again.json() == first.json()
    assert (await api.get(f"{V1}/experiments")).headers["x-total-count"] == "1"


async def test_two_at_the_same_moment_make_one(api: httpx.AsyncClient, wiring: Wiring, alice: Any) -> None:
    project = await make_project(api, alice)
    await stage(wiring, alice, "a.bam")
    content = sheet(row("a", "a.bam"))
    answers = await asyncio.gather(
        *(send(api, alice, "bulk-submit/confirm", content, project_accession=project) for _ in range(4))
    )
    assert {a.status_code for a in answers} == {200}, [a.text for a in answers]
    assert len({a.text for a in answers}) == 1
    assert (await api.get(f"{V1}/runs")).headers["x-total-count"] == "1"


async def test_a_refused_sheet_names_every_fault_and_makes_nothing(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any
) -> None:
    project = await make_project(api, alice)
    await stage(wiring, alice, "good.bam")
    content = sheet(
        row("good", "good.bam"),
        row("x", "missing.bam"),
        row("y", "", platform="OXFORD_NANOPORE"),
        row("z", tax_id="cow"),
    )
    trial = await send(api, alice, "bulk-submit/validate", content, project_accession=project)
    assert (trial.status_code, trial.json()["valid"]) == (200, False)
    faults = {(e["row"], e["field"]) for r in trial.json()["rows"] for e in r["errors"]}
    assert faults == {(3, "filename_forward"), (4, "instrument_model"), (5, "tax_id")}
    refused = await send(api, alice, "bulk-submit/confirm", content, project_accession=project)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_sheet")
    assert len(refused.json()["issues"]) == 3
    assert refused.json()["report"]["rows"][0]["cells"]["organism"] == {"value": "Bos taurus", "status": "ok"}
    for plural in ("samples", "experiments", "runs"):
        assert (await api.get(f"{V1}/{plural}")).headers["x-total-count"] == "0"
    staged = (await api.get(f"{V1}/staging/files", headers=alice.headers)).json()
    assert [file["status"] for file in staged] == ["verified"]


async def test_a_file_that_is_being_verified_is_a_conflict(api: httpx.AsyncClient, wiring: Wiring, alice: Any) -> None:
    project = await make_project(api, alice)
    await stage(wiring, alice, "a.bam", state=FileState.VERIFYING)
    answer = await send(api, alice, "bulk-submit/confirm", sheet(row("a", "a.bam")), project_accession=project)
    assert (answer.status_code, answer.json()["code"]) == (409, "file_not_ready")


async def test_nobody_can_use_the_files_of_others(api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any) -> None:
    project = await make_project(api, bob)
    await stage(wiring, alice, "a.bam")
    answer = await send(api, bob, "bulk-submit/validate", sheet(row("a", "a.bam")), project_accession=project)
    assert answer.json()["rows"][0]["errors"][0]["code"] == "file_not_found"


async def test_samples_alone_are_made_from_a_sheet_without_libraries(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    content = (
        b"sample_alias\torganism\ttax_id\tcollection_date\tgeographic_location\n"
        + "\n".join(f"s{n}\tBos taurus\t9913\t2024\tKenya" for n in range(3)).encode()
    )
    answer = await send(api, alice, "samples/bulk", content, project_accession=project)
    assert answer.status_code == 200, answer.text
    assert (len(answer.json()["samples"]), answer.json()["runs"]) == (3, [])


async def test_a_sheet_with_libraries_makes_its_samples_alone_where_only_samples_are_wanted(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any
) -> None:
    project = await make_project(api, alice)
    await stage(wiring, alice, "a_R1.fastq.gz")
    content = sheet(row("a", "a_R1.fastq.gz"), row("b", "not-here.bam"))
    answer = await send(api, alice, "samples/bulk", content, project_accession=project)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert [len(made[kind]) for kind in ("samples", "experiments", "runs")] == [2, 0, 0]
    staged = (await api.get(f"{V1}/staging/files", headers=alice.headers)).json()
    assert [file["status"] for file in staged] == ["verified"]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"\xff\xfe\x00garbage", 400),
        ("\t".join(HEADERS).encode() + b"\nshort\trow", 400),
        ("\t".join(HEADERS).encode() + b"\n" + b"\t".join([b"x"] * 30), 400),
        (sheet(row("caf\u00e9")).decode().encode("latin-1"), 400),
    ],
)
async def test_a_sheet_that_cannot_be_read_is_refused_with_its_place(
    api: httpx.AsyncClient, alice: Any, content: bytes, status: int
) -> None:
    project = await make_project(api, alice)
    answer = await send(api, alice, "bulk-submit/confirm", content, project_accession=project)
    assert answer.status_code in {status, 422}, answer.text
    assert answer.json()["detail"]


async def test_templates_come_in_three_forms(api: httpx.AsyncClient) -> None:
    for form, start in (("tsv", b"sample_alias\t"), ("csv", b"sample_alias,"), ("xlsx", b"PK")):
        answer = await api.get(f"{V1}/bulk-submit/template/ERC000011?format={form}")
        assert answer.content.startswith(start)
        assert f"ERC000011.{form}" in answer.headers["content-disposition"]
    sent = (await api.get(f"{V1}/bulk-submit/template/ERC000011?format=csv")).headers["content-type"]
    assert sent == "text/csv; charset=utf-8"
    assert (await api.get(f"{V1}/bulk-submit/template/ERC9")).status_code == 404
    assert (await api.get(f"{V1}/bulk-submit/template/ERC000011?format=pdf")).status_code == 400


async def test_all_checklists_are_listed_with_their_schema(api: httpx.AsyncClient) -> None:
    listed = (await api.get(f"{V1}/checklists/")).json()
    assert len(listed) == 49
    assert {"id", "name", "title", "required_fields"} == set(listed[0])
    schema = (await api.get(f"{V1}/checklists/ERC000011/schema")).json()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
