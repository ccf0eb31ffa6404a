"""Idempotency keys: the same request again makes nothing and answers the same record."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from accession.actor import ARCHIVE
from accession.repeats import KeptAnswer, forget_expired
from tests.dialects.archive.moving import DESCRIBED, V1, WHY, at, make_family, moved
from tests.dialects.archive.records import EXPERIMENT, PROJECT, SAMPLE, make_project, make_sample
from tests.dialects.archive.test_sheets import row, sheet, stage
from tests.dialects.archive.uploading import READS, md5_of, put

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio


def keyed(who: Any, key: str = "one") -> dict[str, str]:
    return {**who.headers, "Idempotency-Key": key}


async def kept(wiring: Wiring) -> int:
    async with wiring.reading() as unit:
        return int((await unit.session.execute(select(func.count()).select_from(KeptAnswer))).scalar_one())


async def count(api: httpx.AsyncClient, who: Any, plural: str) -> int:
    return int((await api.get(f"{V1}/{plural}?count=exact", headers=who.headers)).headers["x-total-count"])


async def test_every_creation_answers_the_same_record_again(api: httpx.AsyncClient, alice: Any) -> None:
    project, _, sample, experiment, _ = await make_family(api, alice)
    donor = {"project_accession": project, "organism": "Bos taurus", "tax_id": 9913}
    bodies = {
        "projects": PROJECT,
        "subjects": donor,
        "samples": {"project_accession": project, **SAMPLE},
        "experiments": {"sample_accession": sample, **EXPERIMENT},
        "runs": {"experiment_accession": experiment, **DESCRIBED},
    }
    for plural, body in bodies.items():
        headers = keyed(alice, f"make {plural} 1")
        first = await api.post(f"{V1}/{plural}", json=body, headers=headers)
        before = await count(api, alice, plural)
        again = await api.post(f"{V1}/{plural}/", json=dict(reversed(body.items())), headers=headers)
        assert (first.status_code, again.status_code) == (201, 201), again.text
        assert first.json() == again.json()
        assert first.headers["ETag"] == again.headers["ETag"]
        assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
        assert await count(api, alice, plural) == before


async def test_the_record_is_answered_as_it_is_by_then(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    body = {"project_accession": project, **SAMPLE}
    sample = (await api.post(f"{V1}/samples", json=body, headers=keyed(alice))).json()["accession"]
    await api.patch(at(sample), json={"breed": "Boran"}, headers=alice.headers)
    assert (await api.post(f"{V1}/samples", json=body, headers=keyed(alice))).json()["breed"] == "Boran"
    await moved(api, alice, sample, "withdraw", **WHY)
    assert (await api.post(f"{V1}/samples", json=body, headers=keyed(alice))).status_code == 410


async def test_a_key_names_one_request_of_one_account(api: httpx.AsyncClient, alice: Any, bob: Any) -> None:
    assert (await api.post(f"{V1}/projects", json=PROJECT, headers=keyed(alice))).status_code == 201
    other = await api.post(f"{V1}/projects", json=PROJECT | {"title": "Other"}, headers=keyed(alice))
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    project = await make_project(api, alice)
    route = await api.post(f"{V1}/samples", json={"project_accession": project, **SAMPLE}, headers=keyed(alice))
    assert (route.status_code, route.json()["code"]) == (422, "idempotency_key_reused")
    assert (await api.post(f"{V1}/projects", json=PROJECT, headers=keyed(bob))).status_code == 201


async def test_a_request_that_failed_keeps_nothing(api: httpx.AsyncClient, alice: Any, wiring: Wiring) -> None:
    bad = await api.post(f"{V1}/projects", json=PROJECT | {"project_type": "?"}, headers=keyed(alice))
    assert (bad.status_code, await kept(wiring)) == (422, 0)
    assert (await api.post(f"{V1}/projects", json=PROJECT, headers=keyed(alice))).status_code == 201


async def test_two_at_once_with_one_key_make_one_record(api: httpx.AsyncClient, alice: Any) -> None:
    body = {"project_accession": await make_project(api, alice), **SAMPLE}
    answers = await asyncio.gather(*(api.post(f"{V1}/samples", json=body, headers=keyed(alice)) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["accession"] for answer in answers}) == 1
    assert await count(api, alice, "samples") == 1


async def test_a_key_is_forgotten_after_a_day(api: httpx.AsyncClient, alice: Any, wiring: Wiring, clock: Any) -> None:
    first = await api.post(f"{V1}/projects", json=PROJECT, headers=keyed(alice))
    clock.advance(hours=25)
    login = await api.post(f"{V1}/auth/login", json={"email": alice.email, "password": alice.password})
    alice.headers = {"Authorization": f"Bearer {login.json()['access_token']}"}
    second = await api.post(f"{V1}/projects", json=PROJECT, headers=keyed(alice))
    assert (second.status_code, await kept(wiring)) == (201, 1)
    assert first.json()["accession"] != second.json()["accession"]
    clock.advance(hours=25)
    async with wiring.writing(ARCHIVE) as unit:
        await forget_expired(unit)
    assert await kept(wiring) == 0


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\xe9", "a\tb"])
async def test_a_key_that_is_none_is_a_bad_request(api: httpx.AsyncClient, alice: Any, key: str) -> None:
    headers = {**alice.headers, "Idempotency-Key": key.encode("latin-1")}
    answer = await api.post(f"{V1}/projects", json=PROJECT, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_idempotency_key")


async def test_an_upload_that_was_begun_gets_links_to_the_same_file_again(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    body = {"filename": "reads.fastq", "file_size": len(READS)}
    first, again = [(await api.post(f"{V1}/staging/initiate", json=body, headers=keyed(alice))).json() for _ in "12"]
    assert first["staged_file_id"] == again["staged_file_id"]
    assert again["expires_in"] <= first["expires_in"]
    await put(again["presigned_url"])
    completed = await api.post(f"{V1}/staging/complete/{first['staged_file_id']}", json={}, headers=alice.headers)
    assert completed.status_code == 200, completed.text
    ended = await api.post(f"{V1}/staging/initiate", json=body, headers=keyed(alice))
    assert (ended.status_code, ended.json()["code"]) == (409, "upload_ended")
    parts = {"filename": "big.fastq", "file_size": 12 * 2**20, "parts": 2}
    pair = [(await api.post(f"{V1}/staging/initiate", json=parts, headers=keyed(alice, "p"))).json() for _ in "12"]
    assert pair[0]["upload_id"] == pair[1]["upload_id"]
    assert [part["part_number"] for part in pair[1]["parts"]] == [1, 2]
    streamed = await api.post(f"{V1}/staging/upload", files={"file": ("x.fastq", READS)}, headers=keyed(alice, "s"))
    assert (streamed.status_code, streamed.json()["code"]) == (400, "no_idempotency_here")


async def test_a_run_s_upload_is_begun_once(store: Any, api: httpx.AsyncClient, alice: Any) -> None:
    from tests.dialects.archive.records import make_experiment

    experiment = await make_experiment(api, alice, await make_sample(api, alice, await make_project(api, alice)))
    promise = {"experiment_accession": experiment, "filename": "x.fastq", "file_size": len(READS), "file_type": "FASTQ"}
    promise["checksum_md5"] = md5_of(READS)
    ids = {
        (await api.post(f"{V1}/upload/initiate", json=promise, headers=keyed(alice))).json()["upload_id"] for _ in "12"
    }
    assert len(ids) == 1
    assert await count(api, alice, "staging/files") == 1


async def test_a_sheet_with_a_key_makes_nothing_again_even_after_a_removal(
    api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    project = await make_project(api, alice, visibility="private")
    await stage(wiring, alice, "a_R1.fastq.gz", "a_R2.fastq.gz")
    content = sheet(row("a", "a_R1.fastq.gz", "a_R2.fastq.gz"))

    async def confirm(content: bytes, key: str) -> httpx.Response:
        form = {"checklist_id": "ERC000011", "project_accession": project}
        files = {"file": ("sheet.tsv", content)}
        return await api.post(f"{V1}/bulk-submit/confirm", data=form, files=files, headers=keyed(alice, key))

    first = await confirm(content, "k")
    assert first.status_code == 200, first.text
    for run in first.json()["runs"]:
        assert (await api.delete(at(run), headers=alice.headers)).status_code == 204
    again = await confirm(content, "k")
    assert again.json() == first.json()
    assert await count(api, alice, "runs") == 0
    other = await confirm(sheet(row("b")), "k")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
