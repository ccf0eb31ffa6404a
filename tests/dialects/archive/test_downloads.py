"""Bytes on their way out: a redirect to exactly the bytes that were checked."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, update

from accession.audit.models import Event
from accession.catalog.models import Run
from accession.files.models import FileState
from tests.dialects.archive import uploading
from tests.dialects.archive.records import make, make_experiment, make_project, make_sample
from tests.dialects.archive.uploading import READS, get, initiate, put, send, verify

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
OTHER = b"@r1\nTTTT\n+\nIIII\n"


async def make_run(
    api: httpx.AsyncClient, who: Any, wiring: Wiring, name: str = "αβ x.fastq", **project: Any
) -> tuple[str, str]:
    """A run of a verified file; its accession and the file's id."""
    experiment = await make_experiment(api, who, await make_sample(api, who, await make_project(api, who, **project)))
    file_id = (await send(api, who, name=name)).json()["id"]
    await verify(wiring, file_id, format="FASTQ")
    return await make(api, who, "runs", experiment_accession=experiment, file_id=file_id), file_id


def download(run: str) -> str:
    return f"/api/v1/runs/{run}/download"


def seconds_of(url: str) -> int:
    return int(parse_qs(urlsplit(url).query)["X-Amz-Expires"][0])


async def test_a_public_run_redirects_anybody_to_its_bytes_for_a_day(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    run, _ = await make_run(api, alice, wiring)
    answer = await api.get(download(run))
    assert answer.status_code == 307
    url = answer.headers["Location"]
    assert answer.text == f"{url}\n"
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["Cache-Control"] == "private"
    assert seconds_of(url) == 24 * 3600
    fetched = await get(url)
    assert fetched.content == READS
    for headers in (answer.headers, fetched.headers):
        assert headers["Content-Disposition"].startswith("attachment; ")
        assert "filename*=UTF-8''%CE%B1%CE%B2%20x.fastq" in headers["Content-Disposition"]
    part = await get(url, Range="bytes=1-2")
    assert (part.status_code, part.content) == (206, READS[1:3])
    head = await api.head(download(run))
    assert (head.status_code, head.content) == (307, b"")
    assert head.headers["Location"].startswith("http")


async def test_a_private_run_redirects_its_owner_for_a_quarter_of_an_hour_and_nobody_else(
    store: Any, api: httpx.AsyncClient, alice: Any, bob: Any, wiring: Wiring
) -> None:
    run, _ = await make_run(api, alice, wiring, visibility="private")
    answer = await api.get(download(run), headers=alice.headers)
    assert seconds_of(answer.headers["Location"]) == 15 * 60
    for headers in ({}, bob.headers):
        assert (await api.get(download(run), headers=headers)).status_code == 404
        assert (await api.head(download(run), headers=headers)).status_code == 404


async def test_an_embargoed_run_opens_on_its_day(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring, clock: Any
) -> None:
    day = datetime.now(UTC).date() + timedelta(days=3)
    run, _ = await make_run(api, alice, wiring, release_date=date.isoformat(day))
    assert (await api.get(download(run))).status_code == 404
    mine = await api.get(download(run), headers=alice.headers)
    assert seconds_of(mine.headers["Location"]) == 15 * 60
    clock.advance(days=3)
    opened = await api.get(download(run))
    assert seconds_of(opened.headers["Location"]) == 24 * 3600


async def test_the_bytes_that_were_checked_are_served_whatever_is_put_later(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    experiment = await make_experiment(api, alice, await make_sample(api, alice, await make_project(api, alice)))
    begun = (await initiate(api, alice)).json()
    await put(begun["presigned_url"])
    await uploading.complete(api, alice, begun["staged_file_id"])
    await verify(wiring, begun["staged_file_id"], format="FASTQ")
    run = await make(api, alice, "runs", experiment_accession=experiment, file_id=begun["staged_file_id"])
    await put(begun["presigned_url"], OTHER)
    assert (await get((await api.get(download(run))).headers["Location"])).content == READS


async def test_each_version_of_a_run_keeps_its_own_bytes(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    run, _ = await make_run(api, alice, wiring)
    file_id = (await send(api, alice, OTHER)).json()["id"]
    await verify(wiring, file_id, format="FASTQ")
    changed = await api.put(f"/api/v1/runs/{run}/file", json={"file_id": file_id}, headers=alice.headers)
    assert changed.status_code == 200, changed.text
    for name, content in ((run, OTHER), (f"{run}.1", READS), (f"{run}.2", OTHER)):
        assert (await get((await api.get(download(name))).headers["Location"])).content == content
    assert (await api.get(download(f"{run}.3"))).status_code == 404


@pytest.mark.parametrize(
    ("state", "code"),
    [(FileState.VERIFYING, "file_not_verified"), (FileState.REJECTED, "file_rejected")],
)
async def test_a_file_without_a_good_verdict_is_not_handed_out(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring, state: FileState, code: str
) -> None:
    run, file_id = await make_run(api, alice, wiring)
    await verify(wiring, file_id, state, reason="fastq_truncated: The file ends in record 3.")
    answer = await api.get(download(run))
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert ("The file ends in record 3." in answer.json()["detail"]) == (state is FileState.REJECTED)
    assert "Location" not in answer.headers


async def test_a_withdrawn_run_answers_with_its_tombstone(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    run, _ = await make_run(api, alice, wiring)
    async with wiring.writing() as unit:
        await unit.session.execute(update(Run).values(state="withdrawn"))
    answer = await api.get(download(run))
    assert (answer.status_code, answer.json()["accession"]) == (410, run)


@pytest.mark.parametrize(("run", "status"), [("NFDP-RUN-999999", 404), ("NFDP-SAM-000001", 422), ("x", 422)])
async def test_what_names_no_run_is_told_apart_from_what_is_no_accession(
    store: Any, api: httpx.AsyncClient, wiring: Wiring, run: str, status: int
) -> None:
    assert (await api.get(download(run))).status_code == status


async def test_each_granted_download_leaves_one_audit_event(
    store: Any, api: httpx.AsyncClient, alice: Any, bob: Any, wiring: Wiring
) -> None:
    run, _ = await make_run(api, alice, wiring, visibility="private")
    await api.get(download(run), headers=alice.headers)
    await api.get(download(run), headers=bob.headers)
    async with wiring.reading() as unit:
        events = (await unit.session.scalars(select(Event).where(Event.verb == "downloaded"))).all()
    assert [(event.subject, event.actor_id, event.detail) for event in events] == [(run, alice.id, {"version": 1})]


async def test_links_are_made_while_the_store_is_down(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    from app.storage.s3 import S3Store

    run, _ = await make_run(api, alice, wiring)
    url = "http://127.0.0.1:9"
    wiring.store = S3Store(url, access_key="a" * 8, secret_key="s" * 16, bucket="seqark", public_url=url)
    assert (await api.get(download(run))).status_code == 307


async def test_an_archive_without_a_store_tells_what_it_knows(
    api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    experiment = await make_experiment(api, alice, await make_sample(api, alice, await make_project(api, alice)))
    described = {"filename": "SAMPLE_001_R1.fastq.gz", "file_size": 1234567890, "checksum_md5": "d" * 32}
    run = await make(api, alice, "runs", experiment_accession=experiment, file_type="FASTQ", **described)
    answer = await api.get(download(run))
    assert answer.status_code == 200
    assert answer.json() == {
        "accession": run,
        "file_path": "SAMPLE_001_R1.fastq.gz",
        "file_size": 1234567890,
        "checksum_md5": "d" * 32,
        "message": "Direct download unavailable — file stored at the path above",
    }


async def test_one_file_becomes_one_run_in_three_calls(
    store: Any, api: httpx.AsyncClient, alice: Any, bob: Any, wiring: Wiring
) -> None:
    experiment = await make_experiment(api, alice, await make_sample(api, alice, await make_project(api, alice)))
    md5 = uploading.md5_of(READS)
    body = {"filename": "x.fastq", "file_size": len(READS), "checksum_md5": md5, "file_type": "FASTQ"}
    body |= {"experiment_accession": experiment}

    async def call(way: str, json: Any, who: Any = alice) -> httpx.Response:
        return await api.post(f"/api/v1/upload/{way}", json=json, headers=who.headers)

    assert (await call("initiate", body, bob)).status_code == 403
    assert (await call("initiate", {**body, "file_type": "PDF"})).status_code == 422
    assert (await call("initiate", {**body, "experiment_accession": "NFDP-EXP-000009"})).status_code == 404
    assert await uploading.counted(wiring) == (0, 0)
    begun = (await call("initiate", body)).json()
    ended = {"upload_id": begun["upload_id"], "checksum_md5": md5}
    assert (await call("complete", ended)).status_code == 409
    await put(begun["presigned_url"])
    wrong = await call("complete", {**ended, "checksum_md5": "0" * 32})
    assert (wrong.status_code, wrong.json()["detail"]) == (400, "Checksum mismatch")
    assert (await call("complete", ended, bob)).status_code == 404
    made = (await call("complete", ended)).json()
    assert re.fullmatch(r"NFDP-RUN-\d{6}", made["run_accession"])
    assert made["status"] == "verifying"
    assert (await call("complete", ended)).json() == made
    assert (await api.get(download(made["run_accession"]))).status_code == 409
    status = await api.get(f"/api/v1/upload/status/{begun['upload_id']}", headers=alice.headers)
    assert (status.json()["status"], status.json()["run_accession"]) == ("verifying", made["run_accession"])
    await verify(wiring, begun["upload_id"], FileState.LINKED)
    assert (await get((await api.get(download(made["run_accession"]))).headers["Location"])).content == READS
    for wanted, who in (("nothing", alice), (begun["upload_id"], bob)):
        assert (await api.get(f"/api/v1/upload/status/{wanted}", headers=who.headers)).status_code == 404


async def test_other_bytes_than_promised_become_no_run(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    experiment = await make_experiment(api, alice, await make_sample(api, alice, await make_project(api, alice)))
    body = {"filename": "x.fastq", "file_size": len(READS), "checksum_md5": "0" * 32, "file_type": "FASTQ"}
    body |= {"experiment_accession": experiment}
    begun = (await api.post("/api/v1/upload/initiate", json=body, headers=alice.headers)).json()
    await put(begun["presigned_url"])
    ended = {"upload_id": begun["upload_id"], "checksum_md5": "0" * 32}
    answer = await api.post("/api/v1/upload/complete", json=ended, headers=alice.headers)
    assert (answer.status_code, answer.json()["detail"]) == (400, "Checksum mismatch")
    assert (await api.get("/api/v1/runs/")).json() == []
