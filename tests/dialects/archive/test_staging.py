"""Files on their way in: through the service, listed, shown and deleted; what is refused leaves nothing."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from accession.files.models import FileState
from app.settings import Settings
from tests.dialects.archive import uploading
from tests.dialects.archive.uploading import READS, complete, initiate, md5_of, send

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


async def test_an_uploaded_file_is_answered_with_its_digests_and_waits_for_its_verdict(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    hints: list[tuple[str, str]] = []

    async def notifier(task: str, key: str) -> None:
        hints.append((task, key))

    wiring.notifier = notifier
    answer = await send(api, alice, name="αβ reads.fastq")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["filename"] == "αβ reads.fastq"
    assert told["file_size"] == len(READS)
    assert told["checksum_md5"] == md5_of(READS)
    assert told["checksum_sha256"] == hashlib.sha256(READS).hexdigest()
    assert (told["status"], told["upload_method"]) == ("verifying", "direct")
    assert told["created_at"] <= told["uploaded_at"]
    row = await uploading.file_row(wiring, told["id"])
    assert row is not None
    assert row.due_at is not None
    assert row.version_id
    assert b"".join([chunk async for chunk in store.stream(row.key, version_id=row.version_id)]) == READS
    assert hints == [("validate_file", told["id"])]
    assert (await api.get(f"{FILES}/{told['id']}", headers=alice.headers)).json() == told


async def test_a_file_of_many_blocks_arrives_whole(store: Any, api: httpx.AsyncClient, alice: Any) -> None:
    content = bytes(range(256)) * 4096 * 35
    told = (await send(api, alice, content)).json()
    assert told["file_size"] == len(content) == 35 * MIB
    assert told["checksum_md5"] == md5_of(content)
    assert told["checksum_sha256"] == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("fault", ["name", "two files", "cut", "field", "too large", "promise"])
async def test_a_refused_upload_leaves_neither_row_nor_bytes(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring, fault: str
) -> None:
    headers = {**alice.headers, "Content-Type": "multipart/form-data; boundary=b"}
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n%s\r\n'
    field = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    small, large = part % (b"a.fastq", READS), part % (b"a.fastq", b"x" * (40 * MIB + 1))
    body, status = {
        "name": (part % (b"../a.fastq", READS) + b"--b--", 422),
        "two files": (small + small + b"--b--", 400),
        "cut": (large[: 20 * MIB], 400),
        "field": (small + field % (b"surprise", b"1") + b"--b--", 400),
        "too large": (large + b"--b--", 413),
        "promise": (small + field % (b"checksum_md5", b"xyz") + b"--b--", 422),
    }[fault]

    async def pieces() -> Any:
        for start in range(0, len(body), 256 * 1024):
            yield body[start : start + 256 * 1024]

    answer = await api.post("/api/v1/staging/upload", content=pieces(), headers=headers)
    assert answer.status_code == status, answer.text
    assert (await api.get(FILES, headers=alice.headers)).json() == []
    files, discarded = await uploading.counted(wiring)
    assert files == 0
    assert await uploading.stored_keys(store) == [] or discarded == 1
    assert await store.list_uploads("files/") == []


@pytest.mark.parametrize("way", ["upload", "initiate"])
@pytest.mark.parametrize("name", ["../x.fastq", "a/b.vcf", "..%2fx.fastq", ".env", "nul.bam", "x" * 256, "x\u202emab"])
async def test_a_hostile_name_is_refused_both_ways(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring, way: str, name: str
) -> None:
    answer = await (send(api, alice, name=name) if way == "upload" else initiate(api, alice, filename=name))
    assert answer.status_code == 422
    assert answer.json()["issues"][0]["field"] == "filename"
    assert await uploading.counted(wiring) == (0, 0)


async def test_a_promised_checksum_that_differs_is_the_verdict(store: Any, api: httpx.AsyncClient, alice: Any) -> None:
    told = (await send(api, alice, checksum_md5="0" * 32)).json()
    assert told["status"] == "rejected"
    assert told["reason"].startswith("checksum_mismatch: ")
    assert told["verdict"]["findings"][0]["code"] == "checksum_mismatch"
    assert (await send(api, alice, checksum_md5=md5_of(READS).upper())).json()["status"] == "verifying"


async def test_a_full_quota_refuses_more_both_ways_and_room_comes_back_with_a_delete(
    store: Any, api: httpx.AsyncClient, alice: Any, bob: Any
) -> None:
    first = (await initiate(api, alice, file_size=35 * MIB)).json()
    assert (await initiate(api, alice, file_size=25 * MIB + 1)).json()["code"] == "quota_exceeded"
    assert (await initiate(api, bob, file_size=35 * MIB)).status_code == 200
    assert (await send(api, alice, b"x" * (26 * MIB))).status_code == 413
    deleted = await api.delete(f"{FILES}/{first['staged_file_id']}", headers=alice.headers)
    assert deleted.status_code == 204
    assert (await initiate(api, alice, file_size=35 * MIB)).status_code == 200


async def test_what_is_not_ones_own_does_not_exist(
    store: Any, api: httpx.AsyncClient, alice: Any, bob: Any, admin: Any
) -> None:
    file_id = (await send(api, alice)).json()["id"]
    for method, path in [
        ("GET", f"{FILES}/{{}}"),
        ("DELETE", f"{FILES}/{{}}"),
        ("POST", "/api/v1/staging/complete/{}"),
    ]:
        for wanted in (file_id, str(uuid4()), "17", "not-an-id"):
            answer = await api.request(method, path.format(wanted), headers=bob.headers)
            assert answer.status_code == 404, (method, wanted, answer.text)
        assert (await api.request(method, path.format(file_id))).status_code == 401
    assert (await api.get(FILES, headers=bob.headers)).json() == []
    assert (await api.get(f"{FILES}/{file_id}", headers=admin.headers)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/staging/upload"), ("POST", "/staging/initiate"), ("GET", "/staging/files")],
)
async def test_nobody_uploads_or_lists_without_a_token(
    store: Any, api: httpx.AsyncClient, wiring: Wiring, method: str, path: str
) -> None:
    more: dict[str, Any] = {"files": {"file": ("a.fastq", READS)}} if path.endswith("upload") else {}
    if path.endswith("initiate"):
        more = {"json": {"filename": "a.fastq", "file_size": 3}}
    assert (await api.request(method, f"/api/v1{path}", **more)).status_code == 401
    assert await uploading.counted(wiring) == (0, 0)


async def test_own_files_are_listed_in_pages_newest_first(store: Any, api: httpx.AsyncClient, alice: Any) -> None:
    for number in range(5):
        assert (await send(api, alice, name=f"r{number}.fastq")).status_code == 200
    first = await api.get(FILES, params={"per_page": 2}, headers=alice.headers)
    assert [told["filename"] for told in first.json()] == ["r4.fastq", "r3.fastq"]
    assert first.headers["X-Total-Count"] == "5"
    assert 'rel="next"' in first.headers["Link"]
    seen, url = [], f"{FILES}?per_page=2&cursor="
    while url:
        page = await api.get(url, headers=alice.headers)
        seen += [told["filename"] for told in page.json()]
        following = [link for link in page.headers.get("Link", "").split(", ") if 'rel="next"' in link]
        url = following[0][1 : following[0].index(">")] if following else ""
    assert seen == [f"r{number}.fastq" for number in (4, 3, 2, 1, 0)]
    named = await api.get(FILES, params={"filename": "r2.fastq", "status": "verifying"}, headers=alice.headers)
    assert [told["filename"] for told in named.json()] == ["r2.fastq"]
    assert (await api.get(FILES, params={"status": "verified"}, headers=alice.headers)).json() == []
    for query in ({"status": "lost"}, {"per_page": 0}, {"page": 0}, {"color": "red"}):
        assert (await api.get(FILES, params=query, headers=alice.headers)).status_code == 400


@pytest.mark.parametrize("state", [FileState.LINKED, FileState.VERIFIED])
async def test_a_deleted_file_is_gone_and_one_of_a_run_stays(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring, state: FileState
) -> None:
    file_id = (await send(api, alice)).json()["id"]
    await uploading.verify(wiring, file_id, state)
    answer = await api.delete(f"{FILES}/{file_id}", headers=alice.headers)
    if state is FileState.LINKED:
        assert (answer.status_code, answer.json()["code"]) == (409, "file_linked")
        assert await uploading.counted(wiring) == (1, 0)
        return
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await api.get(f"{FILES}/{file_id}", headers=alice.headers)).status_code == 404
    assert await uploading.counted(wiring) == (0, 1)


async def test_uploads_wait_while_the_disk_is_nearly_full(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    wiring.settings = Settings(**{**_fields(wiring.settings), "free_space_floor": 2**60})
    for answer in (await send(api, alice), await initiate(api, alice)):
        assert (answer.status_code, answer.json()["code"]) == (503, "disk_full")
    assert await uploading.counted(wiring) == (0, 0)
    wiring.settings = Settings(**{**_fields(wiring.settings), "s3_endpoint": "http://s3.test"})
    assert (await initiate(api, alice)).status_code == 200


async def test_an_archive_without_a_store_takes_no_files(api: httpx.AsyncClient, alice: Any, wiring: Wiring) -> None:
    for answer in (await send(api, alice), await initiate(api, alice), await complete(api, alice, str(uuid4()))):
        assert (answer.status_code, answer.json()["code"]) == (503, "no_store")
    assert await uploading.counted(wiring) == (0, 0)
    assert (await api.get(FILES, headers=alice.headers)).json() == []


async def test_a_store_that_is_down_is_told_and_leaves_no_row(
    api: httpx.AsyncClient, alice: Any, wiring: Wiring, unused_port: int
) -> None:
    from app.storage.s3 import S3Store

    url = f"http://127.0.0.1:{unused_port}"
    wiring.store = S3Store(url, access_key="a" * 8, secret_key="s" * 16, bucket="seqark", public_url=url)
    async with asyncio.timeout(10):
        answers = [await send(api, alice), await initiate(api, alice, file_size=20 * MIB, parts=2)]
        assert [answer.status_code for answer in answers] == [503, 503]
        assert [answer.json()["code"] for answer in answers] == ["store_unavailable"] * 2
        assert (await uploading.counted(wiring))[0] == 0
        begun = (await initiate(api, alice)).json()
        late = await complete(api, alice, begun["staged_file_id"])
    assert late.status_code == 503
    assert (await api.get(f"{FILES}/{begun['staged_file_id']}", headers=alice.headers)).json()["status"] == "pending"


async def test_simultaneous_uploads_all_arrive(store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring) -> None:
    contents = [f"@r{n}\nACGT\n+\nIIII\n".encode() * 1000 for n in range(12)]
    answers = await asyncio.gather(*(send(api, alice, content) for content in contents))
    assert [answer.status_code for answer in answers] == [200] * 12
    assert [answer.json()["checksum_md5"] for answer in answers] == [md5_of(content) for content in contents]
    assert len({answer.json()["accession"] for answer in answers}) == 12
    assert await uploading.counted(wiring) == (12, 0)


def _fields(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.__struct_fields__}


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
