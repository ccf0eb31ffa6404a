"""The store that starts by itself: what it keeps, what it shows to the network, and how it comes back."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psutil
import pytest

from accession.errors import StoreUnavailable
from app.storage import embedded
from app.storage.embedded import EmbeddedStore, StoreStartFailed
from app.storage.keys import store_keys
from tests.stores.conftest import client_of, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from app.storage.s3 import S3Store

pytestmark = pytest.mark.anyio
TEXT = "text/plain"
PATIENT = 120


async def until(check: Callable[[], Awaitable[Any] | Any]) -> None:
    """Wait until `check` holds; an unavailable store is one more reason to wait."""
    async with asyncio.timeout(PATIENT):
        while True:
            try:
                found = check()
                if await found if asyncio.iscoroutine(found) else found:
                    return
            except StoreUnavailable:
                pass
            await asyncio.sleep(0.1)


async def read(store: S3Store, key: str) -> bytes:
    return b"".join([chunk async for chunk in store.stream(key)])


def listeners(store: EmbeddedStore) -> set[tuple[str, int]]:
    """Address and port of everything that this process and the store's listen on."""
    processes = [psutil.Process(), psutil.Process(store.pid)]
    found = [c for process in processes for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN]
    return {(c.laddr.ip, c.laddr.port) for c in found}


def is_loopback(address: str) -> bool:
    return address.startswith("127.") or address == "::1"


async def test_every_acknowledged_object_survives_a_kill_and_the_store_comes_back_by_itself(
    own_store: EmbeddedStore,
) -> None:
    blobs, stop = client_of(own_store), asyncio.Event()
    await blobs.ready()
    supervisor = asyncio.create_task(own_store.supervise(stop))
    bodies = {f"files/{n}": os.urandom(n * 997) for n in range(40)}
    for key, body in bodies.items():
        await blobs.put_whole(key, body, content_type=TEXT)
    before, url = own_store.pid, own_store.endpoint_url
    assert before is not None
    os.kill(before, signal.SIGKILL)
    await until(lambda: own_store.pid not in {None, before})
    await until(lambda: blobs.stat("files/1"))
    assert {key: await read(blobs, key) for key in bodies} == bodies
    assert own_store.endpoint_url == url
    stop.set()
    await asyncio.wait_for(supervisor, PATIENT)
    assert own_store.pid is None
    await blobs.close()


async def test_keys_and_links_outlive_a_restart(tmp_path: Path) -> None:
    port = free_port()
    links, keys = [], []
    for _ in range(2):
        store = EmbeddedStore(tmp_path, port=port)
        await store.start()
        blobs = client_of(store, bucket="kept")
        await blobs.ready()
        keys.append((store.access_key, store.secret_key))
        if not links:
            version = (await blobs.put_whole("k", b"kept", content_type=TEXT)).version_id
            links.append(await blobs.presign_get("k", version_id=version, expires=timedelta(hours=1)))
        async with httpx.AsyncClient(trust_env=False) as web:
            assert (await web.get(links[0])).content == b"kept"
        await blobs.close()
        await store.stop()
    assert keys[0] == keys[1]


def test_the_keys_are_for_the_owner_alone_and_never_change(tmp_path: Path) -> None:
    keys = store_keys(tmp_path)
    assert store_keys(tmp_path) == keys
    assert len(keys.secret_key) >= 32
    (path,) = (tmp_path / "store").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_nothing_that_the_store_writes_is_readable_by_others(own_store: EmbeddedStore, tmp_path: Path) -> None:
    blobs = client_of(own_store)
    await blobs.ready()
    await blobs.put_whole("k", b"private", content_type=TEXT)
    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == 0o700
    for name in ("master", "volume", "filer", "s3", "admin"):
        path = f"/tmp/seaweedfs-{name}-grpc-{own_store._ports[f'{name}.grpc']}.sock"
        assert not os.stat(path).st_mode & 0o077  # noqa: PTH116
    await blobs.close()


async def test_on_loopback_nothing_listens_elsewhere(own_store: EmbeddedStore) -> None:
    assert [entry for entry in listeners(own_store) if not is_loopback(entry[0])] == []


async def test_facing_all_addresses_only_the_port_of_s3_is_reachable_from_outside(tmp_path: Path) -> None:
    before = {(c.laddr.ip, c.laddr.port) for c in psutil.Process().net_connections("inet")}
    store = EmbeddedStore(tmp_path, host="0.0.0.0")
    await store.start()
    try:
        outside = {entry for entry in listeners(store) - before if not is_loopback(entry[0])}
        assert outside == {("0.0.0.0", store.port)}
        blobs = client_of(store)
        await blobs.ready()
        body = os.urandom(3_000_000)
        await blobs.put_whole("k", body, content_type=TEXT)
        assert await read(blobs, "k") == body
        await blobs.close()
    finally:
        await store.stop()


CLOSED = {  # what would read, write, list or delete; the master and the volume server still tell their state
    "master": ["/dir/assign", "/dir/lookup?volumeId=1", "/submit", "/vol/grow?count=1", "/col/delete?collection=x"],
    "volume": ["/1,0100000000", "/2,0100000000"],
    "filer": ["/", "/buckets/", "/buckets/{bucket}/k", "/buckets/{bucket}/new"],
    "admin": ["/", "/files", "/api/files/browse", "/api/files/download?path=/buckets/{bucket}/k", "/api/users"],
}


@pytest.mark.parametrize("part", CLOSED)
async def test_no_part_of_the_store_but_s3_gives_or_takes_objects_over_http(
    own_store: EmbeddedStore, part: str
) -> None:
    blobs = client_of(own_store)
    await blobs.ready()
    await blobs.put_whole("k", b"private", content_type=TEXT)
    async with httpx.AsyncClient(trust_env=False, timeout=10) as web:
        for path in CLOSED[part]:
            url = f"http://127.0.0.1:{own_store._ports[part]}{path.format(bucket=blobs.bucket)}"
            for method in ("GET", "PUT", "POST", "DELETE"):
                answer = await web.request(method, url)
                assert answer.status_code >= 300, (method, path)
                assert b"private" not in answer.content
    assert await read(blobs, "k") == b"private"
    assert [entry.key async for entry in blobs.list_keys("")] == ["k"]
    await blobs.close()


async def test_a_second_store_on_the_same_data_is_refused(
    own_store: EmbeddedStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_LOCK_SECONDS", 0.2)
    with pytest.raises(StoreStartFailed, match="Another process"):
        await EmbeddedStore(tmp_path).start()
    blobs = client_of(own_store)
    await blobs.ready()
    await blobs.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
async def test_a_taken_port_is_told_in_one_sentence_and_leaves_nothing_running(tmp_path: Path, host: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        store = EmbeddedStore(tmp_path, host=host, port=port)
        with pytest.raises(StoreStartFailed, match=rf"port {port} .*SEQARK_S3_PORT") as told:
            await store.start()
    assert "\n" not in str(told.value)
    assert store.pid is None
    await store.start()  # the lock was given back, too
    await store.stop()


async def test_an_inner_port_that_was_taken_meanwhile_is_replaced_and_the_data_stays(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path)
    await store.start()
    blobs = client_of(store, bucket="kept")
    await blobs.ready()
    await blobs.put_whole("k", b"kept", content_type=TEXT)
    await store.stop()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # over connections of the store that just ended
        taken.bind(("127.0.0.1", store._ports["filer"]))
        taken.listen()
        again = EmbeddedStore(tmp_path, port=store.port)
        await again.start()
        assert again._ports["filer"] != store._ports["filer"]
        await until(lambda: blobs.stat("k"))
        assert await read(blobs, "k") == b"kept"
        await again.stop()
    await blobs.close()


async def test_a_race_for_a_port_is_won_at_the_next_attempt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        real, calls = embedded.pick_ports, []

        def unlucky(*args: Any, **keywords: Any) -> dict[str, int]:
            calls.append(keywords)
            found = real(*args, **keywords)
            return found | {"volume": taken.getsockname()[1]} if len(calls) == 1 else found

        monkeypatch.setattr(embedded, "pick_ports", unlucky)
        store = EmbeddedStore(tmp_path)
        await store.start()
        assert len(calls) == 2
        await store.stop()


async def until_line(output: asyncio.StreamReader, start: bytes) -> AsyncIterator[bytes]:
    async for line in output:
        yield line
        if line.startswith(start):
            return


PARENT = """
import asyncio, sys
from pathlib import Path
from app.storage.embedded import EmbeddedStore
from tests.stores.conftest import client_of
async def main():
    store = EmbeddedStore(Path(sys.argv[1]))
    await store.start()
    blobs = client_of(store, bucket="kept")
    await blobs.ready()
    await blobs.put_whole("k", b"kept", content_type="text/plain")
    print("PID", store.pid, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


async def test_the_store_dies_with_a_parent_that_was_killed_and_its_data_opens_again(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path)]
    root = Path(__file__).parents[2]
    parent = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=root)
    assert parent.stdout is not None
    lines = [line async for line in until_line(parent.stdout, b"PID")]
    child = psutil.Process(int(lines[-1].split()[1]))
    parent.kill()
    await parent.wait()
    await until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    store = EmbeddedStore(tmp_path)
    await store.start()
    blobs = client_of(store, bucket="kept")
    await blobs.ready()
    assert await read(blobs, "k") == b"kept"
    await blobs.close()
    await store.stop()


async def test_a_store_that_was_stopped_leaves_no_process_and_no_socket(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path)
    await store.start()
    process, ports = psutil.Process(store.pid), dict(store._ports)
    await store.stop()
    assert not process.is_running()
    numbers = {str(port) for port in ports.values()}
    left = [name for name in os.listdir("/tmp") if name.startswith("seaweedfs-")]  # noqa: PTH208
    assert [name for name in left if name.removesuffix(".sock").rpartition("-")[2] in numbers] == []


async def test_the_store_takes_nothing_from_the_environment_of_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "foreign")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "foreign-secret")
    monkeypatch.setenv("SEQARK_SECRET_KEY", "s" * 40)
    store = EmbeddedStore(tmp_path)
    await store.start()
    names = set(psutil.Process(store.pid).environ())
    await store.stop()
    assert not {name for name in names if name.startswith(("AWS_", "SEQARK_"))}
