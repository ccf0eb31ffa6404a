"""Files that go straight to the object store: by one signed PUT, or by signed parts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from app.settings import Settings
from tests.dialects.archive import uploading
from tests.dialects.archive.uploading import READS, complete, initiate, md5_of, put

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
MIB = 2**20
FILES = "/api/v1/staging/files"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        database_url=database_url,
        s3_endpoint="embedded",
        secret_key="k" * 40,
        max_upload_bytes=40 * MIB,
        quota_bytes=60 * MIB,
        free_space_floor=0,
    )


async def test_a_presigned_upload_is_settled_by_its_completion_and_again_answers_the_same(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    answer = await initiate(api, alice, checksum_md5=md5_of(READS))
    assert answer.status_code == 200, answer.text
    begun = answer.json()
    assert begun["expires_in"] == 24 * 3600
    assert "parts" not in begun
    file_id = begun["staged_file_id"]
    early = await complete(api, alice, file_id)
    assert (early.status_code, early.json()["code"]) == (409, "bytes_missing")
    pending = (await api.get(f"{FILES}/{file_id}", headers=alice.headers)).json()
    assert (pending["status"], pending["file_size"]) == ("pending", len(READS))
    await put(begun["presigned_url"])
    told = await complete(api, alice, file_id)
    assert told.status_code == 200, told.text
    assert (told.json()["status"], told.json()["checksum_md5"]) == ("verifying", md5_of(READS))
    assert (await complete(api, alice, file_id)).json() == told.json()
    row = await uploading.file_row(wiring, file_id)
    assert row is not None
    assert row.version_id
    assert row.due_at is not None


async def test_many_completions_at_once_settle_a_file_once(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    hints: list[str] = []

    async def notifier(task: str, key: str) -> None:
        hints.append(f"{task} {key}")

    begun = (await initiate(api, alice)).json()
    await put(begun["presigned_url"])
    wiring.notifier = notifier
    answers = await asyncio.gather(*(complete(api, alice, begun["staged_file_id"]) for _ in range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert len({answer.text for answer in answers}) == 1
    assert hints == [f"validate_file {begun['staged_file_id']}"]


async def test_bytes_put_after_the_completion_are_not_the_files(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    begun = (await initiate(api, alice)).json()
    await put(begun["presigned_url"])
    await complete(api, alice, begun["staged_file_id"])
    await put(begun["presigned_url"], b"@r1\nTTTT\n+\nIIII\n")
    await complete(api, alice, begun["staged_file_id"])
    row = await uploading.file_row(wiring, begun["staged_file_id"])
    assert row is not None
    assert b"".join([chunk async for chunk in store.stream(row.key, version_id=row.version_id)]) == READS


async def test_bytes_of_another_length_than_promised_keep_the_file_pending(
    store: Any, api: httpx.AsyncClient, alice: Any
) -> None:
    begun = (await initiate(api, alice, file_size=1000)).json()
    await put(begun["presigned_url"])
    answer = await complete(api, alice, begun["staged_file_id"])
    assert (answer.status_code, answer.json()["code"]) == (409, "size_mismatch")
    await put(begun["presigned_url"], b"x" * 1000)
    assert (await complete(api, alice, begun["staged_file_id"])).json()["status"] == "verifying"


async def test_other_bytes_than_promised_are_rejected_at_the_completion(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    begun = (await initiate(api, alice, checksum_md5="0" * 32)).json()
    await put(begun["presigned_url"])
    told = (await complete(api, alice, begun["staged_file_id"])).json()
    assert (told["status"], told["checksum_md5"]) == ("rejected", md5_of(READS))
    assert told["reason"].startswith("checksum_mismatch: ")
    row = await uploading.file_row(wiring, begun["staged_file_id"])
    assert row is not None
    assert row.due_at is None


async def test_an_etag_of_any_other_store_may_confirm_an_md5_but_rejects_nothing(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    wiring.settings = msgspec.structs.replace(wiring.settings, s3_endpoint="https://s3.example.org")
    told = []
    for promised in ("0" * 32, md5_of(READS)):
        begun = (await initiate(api, alice, checksum_md5=promised)).json()
        await put(begun["presigned_url"])
        told.append((await complete(api, alice, begun["staged_file_id"])).json())
    assert [answer["status"] for answer in told] == ["verifying", "verifying"]
    rows = [await uploading.file_row(wiring, answer["id"]) for answer in told]
    assert [row and row.md5 for row in rows] == [None, md5_of(READS)]


async def test_an_upload_in_parts_is_joined(store: Any, api: httpx.AsyncClient, alice: Any) -> None:
    content = b"0123456789abcdef" * (11 * MIB // 16)
    begun = (await initiate(api, alice, file_size=len(content), checksum_md5=md5_of(content), parts=2)).json()
    assert "presigned_url" not in begun
    assert begun["upload_id"]
    size = begun["part_size"]
    parts = []
    for part in begun["parts"]:
        start = (part["part_number"] - 1) * size
        answer = await put(part["url"], content[start : start + size])
        parts.append({"PartNumber": part["part_number"], "ETag": answer.headers["ETag"]})
    file_id = begun["staged_file_id"]
    assert (await complete(api, alice, file_id)).status_code == 422
    wrong = [{**parts[0], "ETag": '"' + "0" * 32 + '"'}, parts[1]]
    assert (await complete(api, alice, file_id, wrong)).status_code == 409
    told = await complete(api, alice, file_id, parts[::-1])
    assert told.status_code == 200, told.text
    assert (told.json()["status"], told.json()["file_size"]) == ("verifying", len(content))
    assert (await complete(api, alice, file_id, parts)).json() == told.json()


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"file_size": 0}, 422, "file_size"),
        ({"file_size": -5}, 422, "file_size"),
        ({"checksum_md5": "abc"}, 422, "checksum_md5"),
        ({"parts": 0}, 422, "parts"),
        ({"file_size": 6 * MIB, "parts": 3}, 422, "parts"),
        ({"file_size": 41 * MIB}, 413, None),
        ({"file_size": "many"}, 400, None),
        ({"surprise": 1}, 400, None),
        ({"filename": None}, 400, None),
    ],
)
async def test_a_promise_that_cannot_be_kept_is_refused(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring, body: dict[str, Any], status: int, field: str | None
) -> None:
    answer = await initiate(api, alice, **body)
    assert answer.status_code == status, answer.text
    if field:
        assert answer.json()["issues"][0]["field"] == field
    assert await uploading.counted(wiring) == (0, 0)
