"""Cleaning: what was given up goes, what is good stays, and a crash in between loses nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from accession.actor import ARCHIVE
from accession.base import new_id
from accession.errors import Conflict, StoreUnavailable
from accession.files.cleanup import carry_out, cleaned, discarded_key, due_cleanup, orphan_keys
from accession.files.models import FileState
from accession.files.rules import Terms
from accession.files.store import Part
from accession.files.uploads import CONTENT_TYPE, Uploads
from app.http.intake import _kept_alive
from app.jobs.sweeping import look_for_orphans
from tests.dialects.archive import uploading
from tests.dialects.archive.records import make, make_experiment, make_project, make_sample
from tests.dialects.archive.uploading import READS, complete, initiate, put, send, verify

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
TERMS = Terms(max_bytes=2**40)
FILES = "/api/v1/staging/files"


async def clean(wiring: Wiring) -> list[str]:
    """What the sweep does; the kinds of the chores that were done."""
    async with wiring.writing(ARCHIVE) as unit:
        chores = await due_cleanup(unit, TERMS)
    for chore in chores:
        found = await carry_out(wiring.store, chore)
        async with wiring.writing(ARCHIVE) as unit:
            await cleaned(unit, TERMS, chore, found)
    return sorted(chore.kind for chore in chores)


async def begin_stream(wiring: Wiring, who: Any) -> Any:
    async with wiring.writing(who.actor) as unit:
        return await Uploads(unit, TERMS).begin_stream("x.fastq")


async def test_a_stream_whose_process_died_is_cleaned_up_with_what_it_had_stored(
    store: Any, alice: Any, wiring: Wiring, clock: Any
) -> None:
    begun = await begin_stream(wiring, alice)
    upload_id = await store.start_multipart(begun.key, content_type=CONTENT_TYPE)
    await store.put_part(begun.key, upload_id, 1, b"x" * 1000)
    assert await clean(wiring) == []
    clock.advance(minutes=11)
    assert await clean(wiring) == ["remove"]
    assert await uploading.counted(wiring) == (0, 0)
    assert await store.list_uploads("files/") == []


async def test_a_stream_that_died_after_its_last_byte_is_cleaned_up_too(
    store: Any, alice: Any, wiring: Wiring, clock: Any, tmp_path: Any
) -> None:
    begun = await begin_stream(wiring, alice)
    local = tmp_path / "x"
    local.write_bytes(READS)
    stat = await store.put_file(begun.key, local, content_type=CONTENT_TYPE)
    clock.advance(minutes=11)
    assert await clean(wiring) == ["remove"]
    assert await store.versions(begun.key) == []
    with pytest.raises(Conflict):
        async with wiring.writing(alice.actor) as unit:
            await Uploads(unit, TERMS).received(begun.id, stat, md5="0" * 32, sha256="0" * 64)


async def test_a_slow_stream_that_gives_signs_of_life_is_left_alone(
    store: Any, alice: Any, wiring: Wiring, clock: Any
) -> None:
    begun = await begin_stream(wiring, alice)
    for _ in range(4):
        clock.advance(minutes=9)
        async with wiring.writing(alice.actor) as unit:
            await Uploads(unit, TERMS).keep_receiving(begun.id)
        assert await clean(wiring) == []
    assert await uploading.counted(wiring) == (1, 0)


async def test_a_put_that_was_never_completed_is_settled_by_looking(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring, clock: Any
) -> None:
    begun = (await initiate(api, alice)).json()
    clock.advance(minutes=2)
    assert await clean(wiring) == ["look"]
    assert (await uploading.file_row(wiring, begun["staged_file_id"])).state == FileState.PENDING
    await put(begun["presigned_url"])
    clock.advance(minutes=3)
    assert await clean(wiring) == ["look"]
    row = await uploading.file_row(wiring, begun["staged_file_id"])
    assert (row.state, row.size) == (FileState.VERIFYING, len(READS))
    assert row.due_at is not None


@pytest.mark.parametrize("parts", [None, 1])
async def test_a_promise_that_was_never_kept_goes_when_its_link_has_ended(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring, clock: Any, parts: int | None
) -> None:
    begun = (await initiate(api, alice, parts=parts)).json()
    if parts:
        await put(begun["parts"][0]["url"])
    clock.advance(hours=24, minutes=2)
    await clean(wiring)
    assert (await api.get(f"{FILES}/{begun['staged_file_id']}", headers=alice.headers)).status_code == 401
    assert (await uploading.counted(wiring))[0] == 0
    await clean(wiring)
    assert await uploading.counted(wiring) == (0, 0)
    assert await store.list_uploads("files/") == []


async def test_a_staged_file_expires_after_its_time_and_one_of_a_run_does_not(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring, clock: Any
) -> None:
    experiment = await make_experiment(api, alice, await make_sample(api, alice, await make_project(api, alice)))
    kept, lost, refused, waiting = [(await send(api, alice)).json()["id"] for _ in range(4)]
    for file_id in (kept, lost):
        await verify(wiring, file_id, format="FASTQ")
    await verify(wiring, refused, FileState.REJECTED, verdict={"valid": False})
    await make(api, alice, "runs", experiment_accession=experiment, file_id=kept)
    clock.advance(days=6, hours=23)
    await clean(wiring)
    assert len(await uploading.stored_keys(store)) == 4
    clock.advance(hours=2)
    await clean(wiring)
    await clean(wiring)
    rows = [await uploading.file_row(wiring, file_id) for file_id in (kept, lost, refused, waiting)]
    assert [row.state for row in rows] == ["linked", "expired", "expired", "verifying"]
    assert rows[2].verdict == {"valid": False}
    assert sorted(await uploading.stored_keys(store)) == sorted([rows[0].key, rows[3].key])
    assert await uploading.counted(wiring) == (4, 0)


async def test_a_rejected_file_of_a_run_is_kept(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring, clock: Any
) -> None:
    experiment = await make_experiment(api, alice, await make_sample(api, alice, await make_project(api, alice)))
    file_id = (await send(api, alice)).json()["id"]
    await verify(wiring, file_id, format="FASTQ")
    await make(api, alice, "runs", experiment_accession=experiment, file_id=file_id)
    await verify(wiring, file_id, FileState.REJECTED, scope_id=None)
    clock.advance(days=8)
    await clean(wiring)
    assert (await uploading.file_row(wiring, file_id)).state == "rejected"
    assert len(await uploading.stored_keys(store)) == 1


async def test_versions_beside_the_checked_one_go_once_the_link_has_ended(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring, clock: Any
) -> None:
    begun = (await initiate(api, alice)).json()
    await put(begun["presigned_url"], b"x" * len(READS))
    await put(begun["presigned_url"])
    await complete(api, alice, begun["staged_file_id"])
    await verify(wiring, begun["staged_file_id"])
    await put(begun["presigned_url"], b"y" * len(READS))
    row = await uploading.file_row(wiring, begun["staged_file_id"])
    clock.advance(hours=23)
    assert await clean(wiring) == []
    assert len(await store.versions(row.key)) == 3
    clock.advance(hours=2)
    assert await clean(wiring) == ["trim"]
    assert [stat.version_id for stat in await store.versions(row.key)] == [row.version_id]
    assert b"".join([chunk async for chunk in store.stream(row.key, version_id=row.version_id)]) == READS
    assert await clean(wiring) == []


async def test_the_bytes_of_a_deleted_file_go_and_again_if_its_link_is_used_once_more(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring, clock: Any
) -> None:
    begun = (await initiate(api, alice)).json()
    await put(begun["presigned_url"])
    await complete(api, alice, begun["staged_file_id"])
    await api.delete(f"{FILES}/{begun['staged_file_id']}", headers=alice.headers)
    assert await clean(wiring) == ["remove"]
    assert await uploading.stored_keys(store) == []
    await put(begun["presigned_url"])
    assert await clean(wiring) == []
    clock.advance(hours=25)
    assert await clean(wiring) == ["remove"]
    assert await uploading.stored_keys(store) == []
    assert await uploading.counted(wiring) == (0, 0)


async def test_a_chore_that_fails_comes_again(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = (await send(api, alice)).json()["id"]
    await api.delete(f"{FILES}/{file_id}", headers=alice.headers)

    async def down(*_: object) -> None:
        raise StoreUnavailable("down")

    with monkeypatch.context() as broken:
        broken.setattr(store, "delete", down)
        with pytest.raises(StoreUnavailable):
            await clean(wiring)
    assert await clean(wiring) == []
    clock.advance(minutes=6)
    assert await clean(wiring) == ["remove"]
    assert await uploading.stored_keys(store) == []


async def test_the_job_that_is_told_of_a_key_finds_its_chore_until_it_is_done(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    hints: list[tuple[str, str]] = []

    async def notifier(task: str, key: str) -> None:
        hints.append((task, key))

    told = (await send(api, alice)).json()
    wiring.notifier = notifier
    await api.delete(f"{FILES}/{told['id']}", headers=alice.headers)
    assert [task for task, _ in hints] == ["remove_object"]
    async with wiring.writing(ARCHIVE) as unit:
        chore = await discarded_key(unit, hints[0][1])
        assert chore is not None
        await carry_out(store, chore)
        await cleaned(unit, TERMS, chore)
    assert await uploading.stored_keys(store) == []
    async with wiring.reading(ARCHIVE) as unit:
        assert await discarded_key(unit, hints[0][1]) is None


async def test_orphans_are_old_keys_that_no_row_names(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring, clock: Any
) -> None:
    row = await uploading.file_row(wiring, (await send(api, alice)).json()["id"])
    orphan = f"files/{new_id()}"
    strange = [f"files/{uuid4()}", "files/../x", "qc/x"]
    keys = [row.key, orphan, *strange]
    async with wiring.reading(ARCHIVE) as unit:
        assert await orphan_keys(unit, keys) == []
    clock.advance(days=3)
    async with wiring.reading(ARCHIVE) as unit:
        assert await orphan_keys(unit, keys) == [orphan]


async def test_orphans_in_the_store_are_told_but_never_removed(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring, clock: Any
) -> None:
    row = await uploading.file_row(wiring, (await send(api, alice)).json()["id"])
    orphan = f"files/{new_id()}"
    await store.put_whole(orphan, b"x", content_type=CONTENT_TYPE)
    await store.start_multipart(f"files/{new_id()}", content_type=CONTENT_TYPE)
    assert await look_for_orphans(wiring, store) == []
    clock.advance(days=3)
    assert await look_for_orphans(wiring, store) == [orphan]
    await clean(wiring)
    assert sorted(await uploading.stored_keys(store)) == sorted([row.key, orphan])
    assert await store.list_uploads("files/") == []


async def test_a_long_upload_gives_signs_of_life_while_the_store_takes_its_time(
    alice: Any, wiring: Wiring, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = await begin_stream(wiring, alice)
    before = (await uploading.file_row(wiring, str(begun.id))).clean_at
    clock.advance(minutes=5)
    terms = Terms(max_bytes=1, receiving=timedelta(seconds=0.3))
    monkeypatch.setattr(type(wiring), "terms", terms)
    async with _kept_alive(wiring, alice.actor, begun), asyncio.timeout(30):
        while (await uploading.file_row(wiring, str(begun.id))).clean_at == before:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_multipart_upload_that_was_joined_but_not_settled_is_not_lost(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring, clock: Any
) -> None:
    begun = (await initiate(api, alice, parts=1)).json()
    etag = (await put(begun["parts"][0]["url"])).headers["ETag"]
    row = await uploading.file_row(wiring, begun["staged_file_id"])
    await store.complete_multipart(row.key, row.upload_id, [Part(1, etag)])
    clock.advance(hours=24, minutes=2)
    assert await clean(wiring) == ["look"]
    assert (await uploading.file_row(wiring, begun["staged_file_id"])).state == FileState.VERIFYING


async def test_many_due_rows_are_done_in_bounded_portions(store: Any, alice: Any, wiring: Wiring, clock: Any) -> None:
    for _ in range(7):
        await begin_stream(wiring, alice)
    clock.advance(minutes=11)
    async with wiring.writing(ARCHIVE) as unit:
        assert len(await due_cleanup(unit, TERMS, limit=3)) == 3
    assert (await uploading.counted(wiring))[0] == 4
