"""Grants on staged files: who sees the file, who may still share it once a run has it, and what never follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from accession.people.models import Grant
from tests.conftest import make_person
from tests.dialects.archive.sharing import grant, granted, private_tree, status
from tests.dialects.archive.uploading import send, verify

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
V1 = "/api/v1"


async def staged(api: httpx.AsyncClient, wiring: Wiring, who: Any) -> str:
    file_id: str = (await send(api, who)).json()["id"]
    await verify(wiring, file_id, format="FASTQ")
    return file_id


async def linked(api: httpx.AsyncClient, who: Any, experiment: str, file_id: str) -> str:
    body = {"experiment_accession": experiment, "file_id": file_id}
    made = await api.post(f"{V1}/runs", json=body, headers=who.headers)
    assert made.status_code == 201, made.text
    accession: str = made.json()["accession"]
    return accession


async def test_a_granted_file_is_seen_and_stays_its_owners(
    store: Any, api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    file_id = await staged(api, wiring, alice)
    path = f"staging/files/{file_id}"
    assert await status(api, bob, path) == 404
    assert await status(api, bob, f"{path}/grants") == 404
    made = await granted(api, alice, path, user="bob", level="read")
    assert await status(api, bob, path) == 200
    assert await status(api, bob, f"{path}/grants") == 403
    assert (await api.get(f"{V1}/staging/files", headers=bob.headers)).json() == []
    assert (await api.delete(f"{V1}/{path}", headers=bob.headers)).status_code == 404
    tree = await private_tree(api, bob)
    body = {"experiment_accession": tree["experiments"], "file_id": file_id}
    assert (await api.post(f"{V1}/runs", json=body, headers=bob.headers)).status_code == 404
    assert (await api.delete(f"{V1}/{path}/grants/{made['id']}", headers=alice.headers)).status_code == 204
    assert await status(api, bob, path) == 404
    await granted(api, alice, path, user="bob", level="read")
    assert (await api.delete(f"{V1}/{path}", headers=alice.headers)).status_code == 204
    assert await status(api, bob, path) == 404
    async with wiring.reading() as unit:
        assert (await unit.session.scalars(select(Grant))).all() == []


async def test_who_shares_a_file_shares_it_on(
    store: Any, api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    carol = await make_person(wiring, "carol")
    path = f"staging/files/{await staged(api, wiring, alice)}"
    await granted(api, alice, path, user="bob", level="edit")
    assert (await grant(api, bob, path, user="carol", level="read")).status_code == 403
    await granted(api, alice, path, user="bob", level="share")
    assert (await grant(api, bob, path, user="carol", level="read")).status_code == 201
    assert await status(api, carol, path) == 200


async def test_the_file_of_a_run_is_shared_by_those_who_share_the_project(
    store: Any, api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    """A contributor lets nobody into the project by way of a file."""
    carol = await make_person(wiring, "carol")
    tree = await private_tree(api, alice)
    await granted(api, alice, f"projects/{tree['projects']}", user="bob", level="edit")
    file_id = await staged(api, wiring, bob)
    path = f"staging/files/{file_id}"
    await granted(api, bob, path, user="carol", level="read")
    run = await linked(api, bob, tree["experiments"], file_id)
    assert await status(api, carol, f"runs/{run}") == 404
    dave = await make_person(wiring, "dave")
    await granted(api, alice, f"projects/{tree['projects']}", user="dave", level="read")
    assert await status(api, dave, f"{path}/grants") == await status(api, dave, path) == 404
    assert await status(api, bob, path) == 200
    assert (await grant(api, bob, path, user="carol", level="read")).status_code == 403
    assert (await grant(api, alice, path, user="carol", level="read")).status_code == 201
    assert await status(api, carol, f"runs/{run}") == 200


async def test_the_owner_of_a_project_keeps_what_was_granted_on_a_file_before_the_run(
    store: Any, api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    tree = await private_tree(api, alice)
    file_id = await staged(api, wiring, alice)
    await granted(api, alice, f"staging/files/{file_id}", user="bob", level="read")
    run = await linked(api, alice, tree["experiments"], file_id)
    assert await status(api, bob, f"runs/{run}") == 200
    assert await status(api, bob, f"runs/{run}/download") == 307
    newer = await staged(api, wiring, alice)
    replaced = await api.put(f"{V1}/runs/{run}/file", json={"file_id": newer}, headers=alice.headers)
    assert replaced.status_code == 200, replaced.text
    assert await status(api, bob, f"runs/{run}") == 404, "the grant is on the file, not on what comes after it"
