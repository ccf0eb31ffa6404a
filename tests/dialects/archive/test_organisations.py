"""Organisations over the archive API: who makes, sees, renames and joins them, and that an owner always remains."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from accession.people.models import Account
from tests.conftest import make_person
from tests.dialects.archive.records import make_project
from tests.dialects.archive.sharing import make_organisation, set_member, status

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
V1 = "/api/v1"


async def leave(api: httpx.AsyncClient, who: Any, slug: str, name: str) -> int:
    answer = await api.delete(f"{V1}/organisations/{slug}/members/{name}", headers=who.headers)
    return answer.status_code


async def roles(api: httpx.AsyncClient, who: Any, slug: str) -> dict[str, str]:
    listed = (await api.get(f"{V1}/organisations/{slug}/members", headers=who.headers)).json()
    return {member["name"]: member["role"] for member in listed}


async def test_who_makes_an_organisation_owns_it_and_others_do_not_see_it(
    api: httpx.AsyncClient, alice: Any, bob: Any, admin: Any
) -> None:
    body = {"slug": "lab", "title": "The lab"}
    made = await api.post(f"{V1}/organisations", json=body, headers=alice.headers)
    assert made.status_code == 201
    assert made.json() | body == made.json()
    assert made.json()["role"] == "owner"
    assert await roles(api, alice, "lab") == {"alice": "owner"}
    absent = await api.get(f"{V1}/organisations/nowhere", headers=bob.headers)
    foreign = await api.get(f"{V1}/organisations/lab", headers=bob.headers)
    assert (absent.status_code, foreign.status_code) == (404, 404)
    assert absent.text.replace("nowhere", "lab") == foreign.text
    slugs = [o["slug"] for o in (await api.get(f"{V1}/organisations", headers=bob.headers)).json()]
    assert slugs == ["personal-bob"]
    everything = await api.get(f"{V1}/organisations?per_page=2", headers=admin.headers)
    assert [(o["slug"], o["role"]) for o in everything.json()] == [("lab", None), ("personal-alice", None)]
    assert everything.headers["x-total-count"] == "4"
    assert 'rel="next"' in everything.headers["link"]


async def test_a_slug_is_taken_once_and_is_checked(api: httpx.AsyncClient, alice: Any, bob: Any) -> None:
    await make_organisation(api, alice, "lab")
    again = await api.post(f"{V1}/organisations", json={"slug": "lab"}, headers=bob.headers)
    assert (again.status_code, again.json()["code"]) == (409, "slug_taken")
    for slug in ("Lab 1", "personal-eve", "-lab"):
        refused = await api.post(f"{V1}/organisations", json={"slug": slug}, headers=bob.headers)
        assert refused.status_code == 422, slug


async def test_owners_and_admins_manage_and_only_owners_make_owners(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    carol, dave = await make_person(wiring, "carol"), await make_person(wiring, "dave")
    slug = await make_organisation(api, alice, "lab", bob="admin", carol="contributor")
    assert (await set_member(api, bob, slug, "dave", "viewer")).status_code == 200
    assert (await set_member(api, bob, slug, "dave", "owner")).status_code == 403
    assert (await set_member(api, bob, slug, "alice", "viewer")).status_code == 403
    assert await leave(api, bob, slug, "alice") == 403
    assert (await set_member(api, carol, slug, "dave", "admin")).status_code == 403
    assert await leave(api, carol, slug, "dave") == 403
    assert (await set_member(api, alice, slug, "dave", "owner")).status_code == 200
    assert await roles(api, dave, slug) == {"alice": "owner", "bob": "admin", "carol": "contributor", "dave": "owner"}
    renamed = {"title": "Our lab"}
    assert (await api.patch(f"{V1}/organisations/{slug}", json=renamed, headers=carol.headers)).status_code == 403
    answer = await api.patch(f"{V1}/organisations/{slug}", json=renamed, headers=bob.headers)
    assert (answer.status_code, answer.json()["title"]) == (200, "Our lab")
    assert (await set_member(api, alice, slug, "nobody-at-all", "viewer")).status_code == 404


async def test_a_membership_opens_the_projects_and_its_end_closes_them(
    api: httpx.AsyncClient, alice: Any, bob: Any
) -> None:
    slug = await make_organisation(api, alice, "lab")
    project = await make_project(api, alice, visibility="private", organisation=slug)
    assert await status(api, bob, f"projects/{project}") == 404
    await set_member(api, alice, slug, "bob", "viewer")
    assert await status(api, bob, f"projects/{project}") == 200
    sample = {"project_accession": project, "checklist_id": "ERC000011", "organism": "Bos taurus", "tax_id": 9913}
    assert (await api.post(f"{V1}/samples", json=sample, headers=bob.headers)).status_code == 403
    assert await leave(api, bob, slug, "bob") == 204
    assert await status(api, bob, f"projects/{project}") == 404


async def test_the_last_owner_stays(api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any, admin: Any) -> None:
    slug = await make_organisation(api, alice, "lab", bob="admin")
    assert await leave(api, alice, slug, "alice") == 409
    demoted = await set_member(api, alice, slug, "alice", "admin")
    assert (demoted.status_code, demoted.json()["code"]) == (409, "last_owner")
    assert await leave(api, admin, slug, "alice") == 409
    await set_member(api, alice, slug, "bob", "owner")
    async with wiring.writing() as unit:
        await unit.session.execute(update(Account).where(Account.id == bob.id).values(active=False))
    assert await leave(api, alice, slug, "alice") == 409, "an owner who cannot sign in is none that remains"
    async with wiring.writing() as unit:
        await unit.session.execute(update(Account).where(Account.id == bob.id).values(active=True))
    assert await leave(api, alice, slug, "alice") == 204


async def test_of_two_owners_who_leave_at_once_one_stays(api: httpx.AsyncClient, alice: Any, bob: Any) -> None:
    for round_ in range(5):
        slug = await make_organisation(api, alice, f"lab-{round_}", bob="owner")
        answers = await asyncio.gather(leave(api, alice, slug, "alice"), leave(api, bob, slug, "bob"))
        assert sorted(answers) == [204, 409]


async def test_a_personal_organisation_gets_no_members(api: httpx.AsyncClient, alice: Any, bob: Any) -> None:
    slug = "personal-alice"
    assert (await set_member(api, alice, slug, "bob", "viewer")).status_code == 409
    assert await leave(api, alice, slug, "alice") == 409
    invited = await api.post(f"{V1}/organisations/{slug}/invitations", json={"email": bob.email}, headers=alice.headers)
    assert invited.status_code == 409


async def test_an_account_that_only_reads_makes_and_manages_nothing(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    slug = await make_organisation(api, alice, "lab", bob="admin")
    async with wiring.writing() as unit:
        await unit.session.execute(update(Account).where(Account.id == bob.id).values(role="viewer"))
    for path in ("organisations", "groups"):
        refused = await api.post(f"{V1}/{path}", json={"slug": "mine"}, headers=bob.headers)
        assert refused.status_code == 403
    assert (await set_member(api, bob, slug, "bob", "viewer")).status_code == 403
    assert await leave(api, bob, slug, "bob") == 204


async def test_without_an_account_there_are_no_organisations_and_groups(api: httpx.AsyncClient, alice: Any) -> None:
    await make_organisation(api, alice, "lab")
    for path in ("organisations", "organisations/lab", "organisations/nowhere", "groups", "groups/any"):
        assert (await api.get(f"{V1}/{path}")).status_code == 401, path


async def test_nobody_is_put_into_more_organisations_than_a_request_can_look_at(
    api: httpx.AsyncClient, alice: Any, bob: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("accession.people.organisations.MOST", 3)
    for slug in ("one", "two"):
        await make_organisation(api, alice, slug, bob="viewer")
    more = await api.post(f"{V1}/organisations", json={"slug": "three"}, headers=bob.headers)
    assert (more.status_code, more.json()["code"]) == (409, "too_many_organisations")
    assert (await set_member(api, alice, "one", "bob", "admin")).status_code == 200, "who belongs may still be promoted"
    assert await leave(api, bob, "two", "bob") == 204
    await make_organisation(api, bob, "three")
    assert (await set_member(api, alice, "two", "bob", "viewer")).status_code == 409
