"""Grants over the archive API: who gives and sees them, to whom, for how long, and that each change counts at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from accession.audit.models import Event
from tests.conftest import make_person
from tests.dialects.archive.records import make_project
from tests.dialects.archive.sharing import grant, granted, make_group, private_tree, signed_in, status

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
V1 = "/api/v1"


async def test_the_same_grantee_again_gets_the_new_level(api: httpx.AsyncClient, alice: Any, bob: Any) -> None:
    path = f"projects/{await make_project(api, alice, visibility='private')}"
    first = await grant(api, alice, path, user=bob.email, level="read")
    second = await grant(api, alice, path, user="bob", level=3)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == first.json() | {"level": "share"}
    listed = (await api.get(f"{V1}/{path}/grants", headers=alice.headers)).json()
    assert listed == [second.json()]
    assert (listed[0]["user"], listed[0]["granted_by"], listed[0]["expired"]) == ("bob", "alice", False)


async def test_sixteen_who_grant_at_once_leave_one_grant(api: httpx.AsyncClient, alice: Any, bob: Any) -> None:
    path = f"projects/{await make_project(api, alice, visibility='private')}"
    answers = await asyncio.gather(*(grant(api, alice, path, user=bob.email, level="read") for _ in range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]


async def test_who_may_share_grants_up_to_share_and_others_do_not_see_the_list(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    people = {name: await make_person(wiring, name) for name in ("reader", "editor", "sharer", "stranger")}
    path = f"projects/{await make_project(api, alice, visibility='private')}"
    for name, level in (("reader", "read"), ("editor", "edit"), ("sharer", "share")):
        await granted(api, alice, path, user=name, level=level)
    for name, expected in (("reader", 403), ("editor", 403), ("sharer", 200), ("stranger", 404)):
        assert await status(api, people[name], f"{path}/grants") == expected, name
        answer = await grant(api, people[name], path, user=bob.email, level="share")
        assert answer.status_code == (201 if expected == 200 else expected), name
    assert (await api.get(f"{V1}/{path}/grants")).status_code == 401
    mine = (await api.get(f"{V1}/{path}/grants", headers=bob.headers)).json()[-1]
    assert (await api.delete(f"{V1}/{path}/grants/{mine['id']}", headers=people["sharer"].headers)).status_code == 204
    assert await status(api, bob, path) == 404
    again = await api.delete(f"{V1}/{path}/grants/{mine['id']}", headers=alice.headers)
    assert again.status_code == 404


async def test_one_sentence_for_whoever_cannot_be_granted_anything(
    api: httpx.AsyncClient, alice: Any, bob: Any
) -> None:
    path = f"projects/{await make_project(api, alice, visibility='private')}"
    await make_group(api, bob, "bobs-friends")
    wishes = [{"user": "nobody@example.org"}, {"user": "nobody"}, {"group": "bobs-friends"}, {"group": "no-group"}]
    answers = [await grant(api, alice, path, level="read", **wish) for wish in wishes]
    assert {answer.status_code for answer in answers} == {422}
    assert len({answer.json()["detail"] for answer in answers}) == 1
    for wish in ({}, {"user": "bob", "group": "bobs-friends"}, {"user": alice.email}):
        assert (await grant(api, alice, path, level="read", **wish)).status_code == 422
    for level in ("own", 0, 4, None, True):
        assert (await grant(api, alice, path, level=level, user="bob")).status_code == 400


async def test_an_expired_grant_gives_nothing_and_is_listed_as_expired(
    api: httpx.AsyncClient, wiring: Wiring, clock: Any, alice: Any, bob: Any
) -> None:
    tree = await private_tree(api, alice)
    path = f"projects/{tree['projects']}"
    soon = (clock.now() + timedelta(minutes=5)).isoformat()
    await granted(api, alice, path, user="bob", level="edit", expires_at=soon)
    assert await status(api, bob, f"samples/{tree['samples']}") == 200
    assert (await api.get(f"{V1}/samples?per_page=1", headers=bob.headers)).headers["x-total-count"] == "2"
    clock.advance(minutes=6)
    for noun in ("projects", "subjects", "samples", "experiments"):
        assert await status(api, bob, f"{noun}/{tree[noun]}") == 404
    assert (await api.get(f"{V1}/samples?per_page=1", headers=bob.headers)).headers["x-total-count"] == "0"
    listed = (await api.get(f"{V1}/{path}/grants", headers=alice.headers)).json()
    assert [(g["user"], g["expired"]) for g in listed] == [("bob", True)]
    past = await grant(api, alice, path, user="bob", level="read", expires_at=soon)
    assert (past.status_code, past.json()["issues"][0]["code"]) == (422, "in_the_past")
    assert (await grant(api, alice, path, user="bob", level="read")).status_code == 200
    assert await status(api, signed_in(wiring, bob), path) == 200


async def test_what_is_shared_by_a_grant_does_not_outlive_that_grant(
    api: httpx.AsyncClient, wiring: Wiring, clock: Any, alice: Any, bob: Any
) -> None:
    await make_person(wiring, "carol")
    path = f"projects/{await make_project(api, alice, visibility='private')}"
    end, later = (clock.now() + timedelta(days=days) for days in (3, 4))
    await granted(api, alice, path, user="bob", level="share", expires_at=end.isoformat())
    for name in ("carol", "bob"):
        for wish in ({}, {"expires_at": later.isoformat()}):
            refused = await grant(api, bob, path, user=name, level="share", **wish)
            assert (refused.status_code, refused.json()["issues"][0]["code"]) == (422, "outlives_own")
    assert (await grant(api, bob, path, user="carol", level="share", expires_at=end.isoformat())).status_code == 201


async def test_a_grant_and_its_end_are_audited_and_totals_follow(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    project = await make_project(api, alice, visibility="private")
    path = f"projects/{project}"
    totals = []
    made = await granted(api, alice, path, user="bob", level="read")
    totals.append((await api.get(f"{V1}/projects", headers=bob.headers)).headers["x-total-count"])
    await api.delete(f"{V1}/{path}/grants/{made['id']}", headers=alice.headers)
    totals.append((await api.get(f"{V1}/projects", headers=bob.headers)).headers["x-total-count"])
    assert totals == ["2", "1"]
    async with wiring.reading() as unit:
        rows = select(Event.verb, Event.detail).where(Event.subject == project).order_by(Event.id)
        events = (await unit.session.execute(rows)).all()
    told = [(verb, detail.get("account"), detail.get("level")) for verb, detail in events]
    assert told[1:] == [("grant", str(bob.id), "read"), ("revoke", str(bob.id), None)]
