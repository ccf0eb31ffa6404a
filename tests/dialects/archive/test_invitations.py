"""Invitations over the archive API: one use, 14 days, for one address, and no longer than the inviter could invite."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from accession.people.models import Invitation
from tests.conftest import make_person
from tests.dialects.archive.sharing import make_group, make_organisation, set_member, signed_in

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
V1 = "/api/v1"


async def invite(api: httpx.AsyncClient, who: Any, place: str, email: str, **more: Any) -> dict[str, Any]:
    answer = await api.post(f"{V1}/{place}/invitations", json={"email": email, **more}, headers=who.headers)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def accept(api: httpx.AsyncClient, who: Any, token: str) -> httpx.Response:
    return await api.post(f"{V1}/invitations/accept", json={"token": token}, headers=who.headers)


async def test_an_invitation_is_accepted_once_by_the_invited_address(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    carol = await make_person(wiring, "carol")
    slug = await make_organisation(api, alice, "lab")
    made = await invite(api, alice, f"organisations/{slug}", "BOB@example.org", role="contributor")
    assert (made["state"], made["email"], made["invited_by"]) == ("pending", "bob@example.org", "alice")
    other = await accept(api, carol, made["token"])
    unknown = await accept(api, carol, "sqi_nothing")
    assert (other.status_code, unknown.status_code) == (422, 422)
    assert other.text == unknown.text
    accepted = await accept(api, bob, made["token"])
    assert accepted.json() == {"organisation": slug, "group": None, "role": "contributor"}
    assert (await accept(api, bob, made["token"])).status_code == 422
    listed = await api.get(f"{V1}/organisations/{slug}/invitations", headers=alice.headers)
    assert [(i["state"], i["token"]) for i in listed.json()] == [("accepted", None)]
    assert made["token"] not in listed.text
    async with wiring.reading() as unit:
        kept = (await unit.session.scalars(select(Invitation))).one()
    assert made["token"] not in str(vars(kept))
    assert (await accept(api, carol, "")).status_code == 400
    assert (await api.post(f"{V1}/invitations/accept", json={"token": "x"})).status_code == 401


async def test_a_group_invites_too_and_members_do_not(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    carol = await make_person(wiring, "carol")
    slug = await make_group(api, alice, "friends", "carol")
    refused = await api.post(f"{V1}/groups/{slug}/invitations", json={"email": bob.email}, headers=carol.headers)
    assert refused.status_code == 403
    absent = await api.post(f"{V1}/groups/{slug}/invitations", json={"email": "x@example.org"}, headers=bob.headers)
    assert absent.status_code == 404
    made = await invite(api, alice, f"groups/{slug}", bob.email, admin=True)
    assert (await accept(api, bob, made["token"])).json() == {"organisation": None, "group": slug, "role": "admin"}
    assert (await api.get(f"{V1}/groups/{slug}", headers=bob.headers)).json()["admin"] is True


async def test_an_invitation_ends_by_time_by_revocation_and_by_the_next_one(
    api: httpx.AsyncClient, wiring: Wiring, clock: Any, alice: Any, bob: Any
) -> None:
    slug = await make_organisation(api, alice, "lab")
    place = f"organisations/{slug}"
    first = await invite(api, alice, place, bob.email)
    second = await invite(api, alice, place, bob.email)
    assert (await accept(api, bob, first["token"])).status_code == 422
    path = f"{V1}/{place}/invitations/{second['id']}"
    assert (await api.delete(path, headers=alice.headers)).status_code == 204
    assert (await accept(api, bob, second["token"])).status_code == 422
    third = await invite(api, alice, place, bob.email)
    clock.advance(days=14)
    late = signed_in(wiring, bob)
    assert (await accept(api, late, third["token"])).status_code == 422
    clock.advance(minutes=-1)
    assert (await accept(api, late, third["token"])).status_code == 200
    clock.advance(days=-14)
    assert (await api.delete(f"{V1}/{place}/invitations/{third['id']}", headers=alice.headers)).status_code == 409


async def test_an_invitation_holds_no_longer_than_its_inviter_could_send_it(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    carol = await make_person(wiring, "carol")
    slug = await make_organisation(api, alice, "lab", bob="admin")
    made = await invite(api, bob, f"organisations/{slug}", carol.email, role="admin")
    await set_member(api, alice, slug, "bob", "viewer")
    assert (await accept(api, carol, made["token"])).status_code == 422
    await set_member(api, alice, slug, "bob", "admin")
    owner = {"email": carol.email, "role": "owner"}
    refused = await api.post(f"{V1}/organisations/{slug}/invitations", json=owner, headers=bob.headers)
    assert refused.status_code == 403
    assert (await accept(api, carol, made["token"])).status_code == 200


async def test_an_invitation_never_takes_a_role_away(api: httpx.AsyncClient, alice: Any, bob: Any) -> None:
    slug = await make_organisation(api, alice, "lab", bob="admin")
    made = await invite(api, alice, f"organisations/{slug}", bob.email, role="viewer")
    assert (await accept(api, bob, made["token"])).status_code == 200
    listed = (await api.get(f"{V1}/organisations/{slug}/members", headers=bob.headers)).json()
    assert {m["name"]: m["role"] for m in listed} == {"alice": "owner", "bob": "admin"}


async def test_of_two_who_use_an_invitation_at_once_one_does(api: httpx.AsyncClient, alice: Any, bob: Any) -> None:
    slug = await make_organisation(api, alice, "lab")
    for _ in range(5):
        made = await invite(api, alice, f"organisations/{slug}", bob.email)
        answers = await asyncio.gather(*(accept(api, bob, made["token"]) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) == [200, 422]


async def test_only_administrators_invite_to_the_archive_itself(
    api: httpx.AsyncClient, alice: Any, bob: Any, admin: Any
) -> None:
    body = {"email": "new@example.org"}
    assert (await api.post(f"{V1}/invitations", json=body, headers=alice.headers)).status_code == 403
    assert (await api.get(f"{V1}/invitations", headers=alice.headers)).status_code == 403
    made = await api.post(f"{V1}/invitations", json=body, headers=admin.headers)
    assert (made.status_code, made.json()["role"]) == (201, "submitter")
    path = f"{V1}/invitations/{made.json()['id']}"
    assert (await api.delete(path, headers=bob.headers)).status_code == 403
    assert (await api.delete(path, headers=admin.headers)).status_code == 204


async def test_nobodys_mailbox_is_flooded(api: httpx.AsyncClient, alice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accession.people.inviting.MOST_A_DAY", 2)
    slug = await make_organisation(api, alice, "lab")
    for _ in range(2):
        await invite(api, alice, f"organisations/{slug}", "victim@example.org")
    again = {"email": "victim@example.org"}
    refused = await api.post(f"{V1}/organisations/{slug}/invitations", json=again, headers=alice.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_invited")
