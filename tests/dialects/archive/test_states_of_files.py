"""What becomes of bytes, versions and reports when runs are suppressed, withdrawn, removed or purged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select

from accession.actor import ARCHIVE
from accession.audit.models import Event
from accession.catalog.models import Run, Sample
from accession.files.cleanup import carry_out, cleaned, due_cleanup
from accession.files.models import FileState, QcReport
from accession.files.reports import ToolReport, keep_report
from accession.states.purging import purge
from tests.dialects.archive.moving import V1, WHY, at, moved
from tests.dialects.archive.records import PROJECT
from tests.dialects.archive.test_downloads import OTHER, download, make_run
from tests.dialects.archive.test_versions import places, project_of, replace
from tests.dialects.archive.uploading import file_row, send, stored_keys, verify

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio


async def clean(wiring: Wiring) -> None:
    """What the sweep does."""
    async with wiring.writing(ARCHIVE) as unit:
        chores = await due_cleanup(unit, wiring.terms)
    for chore in chores:
        done = await carry_out(wiring.store, chore)
        async with wiring.writing(ARCHIVE) as unit:
            await cleaned(unit, wiring.terms, chore, done)


async def add_page(wiring: Wiring, file_id: str) -> str:
    """A tool's report on a file, with the key of its page."""
    key = f"qc/{file_id}/fastqc.html"
    async with wiring.writing(ARCHIVE) as unit:
        await keep_report(unit, ToolReport("FastQC", "passed", {}, key), file_id=UUID(file_id))
    return key


async def test_the_bytes_of_a_removed_run_go_after_their_grace_and_no_sooner(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring, clock: Any
) -> None:
    run, first = await make_run(api, alice, wiring, visibility="private")
    await replace(api, alice, wiring, run, OTHER)
    keys = await stored_keys(store)
    assert len(keys) == 2
    assert (await api.delete(at(run), headers=alice.headers)).status_code == 204
    assert (await api.get(download(run), headers=alice.headers)).status_code == 404
    clock.advance(days=6)
    await clean(wiring)
    assert await stored_keys(store) == keys
    clock.advance(days=1.1)
    await clean(wiring)
    await clean(wiring)
    assert await stored_keys(store) == []
    row = await file_row(wiring, first)
    assert (row.state, row.clean_at) == (FileState.EXPIRED, None)


async def test_the_bytes_of_a_withdrawn_run_stay_and_nobody_reads_them(
    store: Any, api: httpx.AsyncClient, alice: Any, bob: Any, wiring: Wiring, clock: Any
) -> None:
    run, _ = await make_run(api, alice, wiring)
    await replace(api, alice, wiring, run, OTHER)
    await moved(api, alice, run, "suppress", **WHY)
    for version in (1, 2):
        assert [(await api.get(place)).status_code for place in places(f"{run}.{version}")] == [200, 307, 200]
    await moved(api, alice, run, "withdraw", **WHY)
    for headers in ({}, alice.headers, bob.headers):
        for name in (run, f"{run}.1", f"{run}.2"):
            assert [(await api.get(place, headers=headers)).status_code for place in places(name)] == [410] * 3
        told = (await api.get(f"{V1}/runs/{run}/qc", headers=headers)).json()
        assert (told["accession"], told["reason"]) == (run, WHY["reason"])
    project = await project_of(api, alice)
    assert run not in (await api.get(f"{V1}/projects/{project}/qc")).text
    clock.advance(days=30)
    await clean(wiring)
    assert len(await stored_keys(store)) == 2


async def test_a_version_of_a_private_run_stays_private_in_a_public_project(
    store: Any, api: httpx.AsyncClient, alice: Any, bob: Any, wiring: Wiring
) -> None:
    public, _ = await make_run(api, alice, wiring)
    experiment = (await api.get(at(public))).json()["experiment_accession"]
    file_id = (await send(api, alice)).json()["id"]
    await verify(wiring, file_id, format="FASTQ")
    body = {"experiment_accession": experiment, "file_id": file_id, "visibility": "private"}
    run = (await api.post(f"{V1}/runs", json=body, headers=alice.headers)).json()["accession"]
    await replace(api, alice, wiring, run, OTHER)
    assert [(await api.get(place)).status_code for place in places(f"{run}.1")] == [404] * 3
    await moved(api, alice, run, "release")
    assert [(await api.get(place)).status_code for place in places(f"{run}.2")] == [200, 307, 200]
    assert [(await api.get(place, headers=bob.headers)).status_code for place in places(f"{run}.1")] == [404] * 3


async def test_a_release_waits_for_the_verdicts_of_files(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    run, file_id = await make_run(api, alice, wiring, visibility="private")
    await verify(wiring, file_id, FileState.VERIFYING)
    project = await project_of(api, alice)
    refused = await api.post(f"{at(project)}/release", headers=alice.headers)
    assert refused.json()["issues"][0]["code"] == "file_not_verified"
    assert run in refused.json()["issues"][0]["message"]
    await verify(wiring, file_id, FileState.LINKED)
    assert (await moved(api, alice, project, "release"))["visibility"] == "public"


@pytest.mark.parametrize("visibility", ["public", "private"])
async def test_a_purge_leaves_the_accession_and_nothing_else(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring, visibility: str
) -> None:
    run, file_id = await make_run(api, alice, wiring, name="secret.fastq", visibility=visibility)
    await replace(api, alice, wiring, run, OTHER)
    await add_page(wiring, file_id)
    project = await project_of(api, alice)
    async with wiring.writing(ARCHIVE) as unit:
        purged = await purge(unit, project, "By order of a court.")
    assert len(purged.accessions) == 4
    assert len(purged.keys) == 3
    await clean(wiring)
    assert [key for key in await stored_keys(store) if key in purged.keys] == []
    answer = await api.get(at(run), headers=alice.headers)
    assert answer.status_code == (410 if visibility == "public" else 404)
    async with wiring.reading() as unit:
        row = (await unit.session.scalars(select(Run))).one()
        sample = (await unit.session.scalars(select(Sample))).one()
        assert (row.filename, row.checksum_md5, row.alias, row.serial) == (None, None, None, int(run[-6:]))
        assert (sample.organism, sample.custom_fields, sample.tax_id) == (None, {}, None)
        assert (await unit.session.scalars(select(QcReport))).all() == []
        events = (await unit.session.scalars(select(Event).where(Event.verb == "purge"))).all()
    assert {event.subject for event in events} == set(purged.accessions)
    assert {event.detail["reason"] for event in events} == {"By order of a court."}
    file = await file_row(wiring, file_id)
    assert (file.state, file.filename, file.md5, file.verdict) == (FileState.EXPIRED, "erased", None, None)
    again = await api.post(f"{V1}/projects", json=PROJECT, headers=alice.headers)
    assert again.json()["accession"] > project
