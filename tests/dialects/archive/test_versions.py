"""Versions of a run: what was replaced before its release is never given to the public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.dialects.archive.test_downloads import OTHER, download, make_run
from tests.dialects.archive.uploading import send, verify

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
V1 = "/api/v1"


async def replace(api: httpx.AsyncClient, who: Any, wiring: Wiring, run: str, content: bytes) -> None:
    file_id = (await send(api, who, content)).json()["id"]
    await verify(wiring, file_id, format="FASTQ")
    changed = await api.put(f"{V1}/runs/{run}/file", json={"file_id": file_id}, headers=who.headers)
    assert changed.status_code == 200, changed.text


async def project_of(api: httpx.AsyncClient, who: Any) -> str:
    return (await api.get(f"{V1}/projects", headers=who.headers)).json()[0]["accession"]


def places(run: str) -> list[str]:
    return [f"{V1}/runs/{run}", download(run), f"{V1}/runs/{run}/validation"]


async def test_what_was_replaced_before_the_release_stays_private_after_it(
    store: Any, api: httpx.AsyncClient, alice: Any, bob: Any, wiring: Wiring
) -> None:
    run, _ = await make_run(api, alice, wiring, visibility="private")
    await replace(api, alice, wiring, run, OTHER)
    project = await project_of(api, alice)
    released = await api.post(f"{V1}/projects/{project}/release", json={}, headers=alice.headers)
    assert released.status_code == 200, released.text
    await replace(api, alice, wiring, run, b"@r3\nGGGG\n+\nIIII\n")
    seen = {
        (version, name): [(await api.get(at, headers=headers)).status_code for at in places(f"{run}.{version}")]
        for version in (1, 2, 3)
        for name, headers in (("nobody", {}), ("bob", bob.headers), ("alice", alice.headers))
    }
    open_to_all = [200, 307, 200]
    for name in ("nobody", "bob"):
        assert seen[1, name] == [404, 404, 404]
    assert all(seen[version, name] == open_to_all for version, name in seen if version > 1 or name == "alice")
