"""A project is handed over: who may, to whom, into which organisation, and what is left for the owner before."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from accession.audit.models import Event
from accession.people.models import Account
from tests.conftest import make_person
from tests.dialects.archive.records import make_project, make_sample
from tests.dialects.archive.sharing import granted, make_group, make_organisation, private_tree, status

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
V1 = "/api/v1"


async def transfer(api: httpx.AsyncClient, who: Any, project: str, **body: Any) -> httpx.Response:
    return await api.post(f"{V1}/projects/{project}/transfer", json=body, headers=who.headers)


async def test_the_old_owner_keeps_nothing_and_the_new_one_has_all(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    tree = await private_tree(api, alice)
    project = tree["projects"]
    await granted(api, alice, f"projects/{project}", user="bob", level="read")
    made = await api.post(f"{V1}/projects/{project}/reviewer-links", json={"name": "J"}, headers=alice.headers)
    moved = await transfer(api, alice, project, user=bob.email)
    assert moved.json() == {"accession": project, "owner": "bob", "organisation": "personal-bob"}
    for noun in ("projects", "subjects", "samples", "experiments"):
        assert await status(api, alice, f"{noun}/{tree[noun]}") == 404, noun
        assert await status(api, bob, f"{noun}/{tree[noun]}") == 200, noun
    assert await status(api, alice, f"projects/{project}?reviewer={made.json()['token']}") == 400
    assert (await api.get(made.json()["url"].replace("http://127.0.0.1:8000", ""))).status_code == 401
    assert (await api.get(f"{V1}/projects/{project}/grants", headers=bob.headers)).json() == []
    renamed = await api.patch(f"{V1}/projects/{project}", json={"title": "Bob's now"}, headers=bob.headers)
    assert (renamed.status_code, renamed.json()["organisation"]) == (200, "personal-bob")
    await make_sample(api, bob, project)
    async with wiring.reading() as unit:
        told = select(Event.actor_id, Event.detail).where(Event.subject == project, Event.verb == "transfer")
        actor, detail = (await unit.session.execute(told)).one()
    assert (actor, detail["from"], detail["to"]) == (alice.id, str(alice.id), str(bob.id))


@pytest.mark.parametrize(("keep", "patched"), [("read", 403), ("edit", 200), ("share", 200)])
async def test_the_old_owner_keeps_what_is_asked_for(
    api: httpx.AsyncClient, alice: Any, bob: Any, *, keep: str, patched: int
) -> None:
    tree = await private_tree(api, alice)
    assert (await transfer(api, alice, tree["projects"], user="bob", keep=keep)).status_code == 200
    answer = await api.patch(f"{V1}/samples/{tree['samples']}", json={"breed": "Boran"}, headers=alice.headers)
    assert answer.status_code == patched
    assert (await transfer(api, alice, tree["projects"], user="alice")).status_code == 403
    listed = (await api.get(f"{V1}/projects/{tree['projects']}/grants", headers=bob.headers)).json()
    assert [(g["user"], g["level"]) for g in listed] == [("alice", keep)]


async def test_only_the_owner_and_administrators_hand_a_project_over(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any, admin: Any
) -> None:
    carol = await make_person(wiring, "carol")
    slug = await make_organisation(api, alice, "lab", bob="owner", carol="contributor")
    project = await make_project(api, carol, visibility="private", organisation=slug)
    assert (await transfer(api, bob, project, user="bob")).status_code == 403
    assert (await transfer(api, await make_person(wiring, "dave"), project, user="dave")).status_code == 404
    assert (await api.post(f"{V1}/projects/{project}/transfer", json={"user": "bob"})).status_code == 401
    moved = await transfer(api, admin, project, user="bob")
    assert moved.json()["organisation"] == slug, "it stays where its new owner may add projects too"
    assert (await transfer(api, bob, project, user="bob")).status_code == 422


async def test_the_new_owner_is_an_active_account_that_may_own(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    project = await make_project(api, alice)
    refused = [await transfer(api, alice, project, user="nobody@example.org")]
    for change in ({"active": False}, {"active": True, "role": "viewer"}):
        async with wiring.writing() as unit:
            await unit.session.execute(update(Account).where(Account.id == bob.id).values(**change))
        refused.append(await transfer(api, alice, project, user="bob"))
    assert {(answer.status_code, answer.json()["detail"]) for answer in refused} == {
        (422, "There is no such account that could own a project.")
    }


async def test_an_organisation_is_one_of_both_and_the_personal_project_stays(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    carol = await make_person(wiring, "carol")
    await make_organisation(api, carol, "elsewhere", bob="contributor")
    both = await make_organisation(api, carol, "both", bob="contributor", alice="viewer")
    project = await make_project(api, alice)
    for slug in ("elsewhere", "nowhere", "personal-alice"):
        answer = await transfer(api, alice, project, user="bob", organisation=slug)
        assert (answer.status_code, answer.json()["issues"][0]["code"]) == (422, "unknown_organisation")
    assert (await transfer(api, alice, project, user="bob", organisation=both)).json()["organisation"] == both
    own = (await api.get(f"{V1}/projects", headers=alice.headers)).json()[-1]["accession"]
    answer = await transfer(api, alice, own, user="bob")
    assert (answer.status_code, answer.json()["code"]) == (409, "personal_project")


async def test_an_alias_of_the_new_owner_stands_in_the_way(api: httpx.AsyncClient, alice: Any, bob: Any) -> None:
    project = await make_project(api, alice, alias="herd", visibility="private")
    await make_project(api, bob, alias="herd")
    answer = await transfer(api, alice, project, user="bob")
    assert (answer.status_code, answer.json()["code"]) == (409, "alias_taken")
    assert await status(api, alice, f"projects/{project}") == 200
    assert await status(api, bob, f"projects/{project}") == 404


async def test_of_two_who_are_handed_a_project_at_once_one_gets_it(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    carol = await make_person(wiring, "carol")
    for _ in range(4):
        project = await make_project(api, alice, visibility="private")
        answers = await asyncio.gather(*(transfer(api, alice, project, user=name) for name in ("bob", "carol")))
        assert sorted(answer.status_code for answer in answers) == [200, 404]
        assert sorted([await status(api, who, f"projects/{project}") for who in (bob, carol)]) == [200, 404]


async def test_what_a_group_was_granted_stays(api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any) -> None:
    carol = await make_person(wiring, "carol")
    slug = await make_group(api, alice, "friends", "carol")
    project = await make_project(api, alice, visibility="private")
    await granted(api, alice, f"projects/{project}", group=slug, level="read")
    await transfer(api, alice, project, user="bob")
    assert await status(api, carol, f"projects/{project}") == 200
    listed = (await api.get(f"{V1}/projects/{project}/grants", headers=bob.headers)).json()
    assert [grant["group"] for grant in listed] == [slug]
