"""Accounts as administrators see and change them; an account that only reads changes nothing."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import select

from accession.audit.models import Event
from accession.people.models import Account
from tests.conftest import make_person
from tests.dialects.archive.records import PROJECT, SAMPLE

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_passwords")]
V1 = "/api/v1"
USERS = f"{V1}/users"


async def put(api, person, path, who, body=None):
    return await api.put(f"{USERS}/{who.id}/{path}", json=body, headers=person.headers)


async def test_accounts_are_listed_newest_first_page_by_page_with_filters(api, wiring, admin, alice, bob):
    await put(api, admin, "role", bob, {"role": "viewer"})
    await put(api, admin, "deactivate", alice)
    answer = await api.get(USERS, headers=admin.headers)
    assert [user["name"] for user in answer.json()] == ["bob", "alice", "root"]
    assert answer.headers["x-total-count"] == "3"
    first = answer.json()[0]
    assert (first["role"], first["active"], first["paused_until"], first["email"]) == ("viewer", True, None, bob.email)
    page = await api.get(USERS, params={"page": 2, "per_page": 2}, headers=admin.headers)
    assert [user["name"] for user in page.json()] == ["root"]
    assert page.headers["x-total-count"] == "3"
    assert 'rel="prev"' in page.headers["link"]
    for query, names in [
        ({"role": "admin"}, ["root"]),
        ({"role": "viewer"}, ["bob"]),
        ({"active": "false"}, ["alice"]),
        ({"active": "true", "role": "submitter"}, []),
        ({"q": "AL"}, ["alice"]),
        ({"q": "bob@ex"}, ["bob"]),
        ({"q": "%"}, []),
        ({"q": "ob"}, []),
    ]:
        found = await api.get(USERS, params=query, headers=admin.headers)
        assert [user["name"] for user in found.json()] == names, query
    for bad in ({"role": "owner"}, {"active": "perhaps"}, {"page": 0}, {"per_page": 201}, {"name": "x"}, {"q": "\0"}):
        assert (await api.get(USERS, params=bad, headers=admin.headers)).status_code == 400, bad


async def test_only_administrators_see_or_change_accounts(api, alice, bob):
    for headers, status in ((alice.headers, 403), ({}, 401)):
        assert (await api.get(USERS, headers=headers)).status_code == status
        for path, body in (("role", {"role": "admin"}), ("activate", None), ("deactivate", None)):
            for user_id in (bob.id, alice.id, uuid4(), "nonsense"):
                answer = await api.put(f"{USERS}/{user_id}/{path}", json=body, headers=headers)
                assert (path, answer.status_code) == (path, status)


async def test_an_account_that_is_not_there_is_not_found(api, admin):
    for user_id in (uuid4(), "nonsense", "\U0001f9ec"):
        for path, body in (("role", {"role": "viewer"}), ("activate", None), ("deactivate", None)):
            answer = await api.put(f"{USERS}/{user_id}/{path}", json=body, headers=admin.headers)
            assert answer.status_code == 404
    assert (await put(api, admin, "role", admin, {"role": "owner"})).status_code == 400


async def test_a_role_holds_at_once_and_is_audited(api, wiring, admin, alice):
    assert (await put(api, admin, "role", alice, {"role": "admin"})).json()["role"] == "admin"
    assert (await api.get(USERS, headers=alice.headers)).status_code == 200
    assert (await put(api, alice, "role", admin, {"role": "submitter"})).status_code == 200
    assert (await api.get(USERS, headers=admin.headers)).status_code == 403
    async with wiring.reading() as unit:
        events = (
            await unit.session.scalars(select(Event).where(Event.verb == "account.role").order_by(Event.id))
        ).all()
    assert [(event.actor_id, event.subject, event.detail) for event in events] == [
        (admin.id, str(alice.id), {"role": "admin", "before": "submitter"}),
        (alice.id, str(admin.id), {"role": "submitter", "before": "admin"}),
    ]


async def test_who_is_shut_out_is_so_at_once_and_sessions_do_not_come_back(api, admin, alice):
    login = {"email": alice.email, "password": alice.password}
    session = (await api.post(f"{V1}/auth/login", json=login)).json()
    token = (await api.post(f"{V1}/auth/tokens", json={"name": "script"}, headers=alice.headers)).json()["token"]
    script = {"Authorization": f"Bearer {token}"}
    assert (await put(api, admin, "deactivate", alice)).json()["active"] is False
    for headers in (alice.headers, script, {"Authorization": f"Bearer {session['access_token']}"}):
        assert (await api.get(f"{V1}/auth/me", headers=headers)).status_code == 401
    assert (await api.post(f"{V1}/auth/login", json=login)).status_code == 401
    assert (await put(api, admin, "activate", alice)).json()["active"] is True
    for headers, status in ((alice.headers, 401), (script, 200)):
        assert (await api.get(f"{V1}/auth/me", headers=headers)).status_code == status
    refresh = {"refresh_token": session["refresh_token"]}
    assert (await api.post(f"{V1}/auth/refresh", json=refresh)).status_code == 401
    assert (await api.post(f"{V1}/auth/login", json=login)).status_code == 200


async def test_the_last_active_administrator_stays_one(api, admin, alice):
    for path, body in (("deactivate", None), ("role", {"role": "viewer"})):
        answer = await put(api, admin, path, admin, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
    await put(api, admin, "role", alice, {"role": "admin"})
    await put(api, admin, "deactivate", alice)
    assert (await put(api, admin, "role", admin, {"role": "submitter"})).status_code == 409
    await put(api, admin, "activate", alice)
    assert (await put(api, admin, "role", admin, {"role": "submitter"})).status_code == 200


async def test_of_administrators_who_demote_each_other_at_once_one_stays(api, wiring, admin):
    others = [await make_person(wiring, f"admin{number}", admin=True) for number in range(3)]
    people = [admin, *others]
    answers = await asyncio.gather(
        *(put(api, person, "role", person, {"role": "submitter"}) for person in people),
        *(put(api, person, "deactivate", person) for person in people),
    )
    assert {answer.status_code for answer in answers} <= {200, 401, 403, 409}
    async with wiring.reading() as unit:
        left = (await unit.session.scalars(select(Account).where(Account.role == "admin", Account.active))).all()
    assert len(left) == 1


async def test_an_account_that_only_reads_creates_and_changes_nothing(api, admin, alice):
    project = (await api.post(f"{V1}/projects", json=PROJECT, headers=alice.headers)).json()["accession"]
    body = {"project_accession": project, **SAMPLE}
    sample = (await api.post(f"{V1}/samples", json=body, headers=alice.headers)).json()["accession"]
    await put(api, admin, "role", alice, {"role": "viewer"})
    refused = [
        await api.post(f"{V1}/projects", json={**PROJECT, "title": "Another"}, headers=alice.headers),
        await api.post(f"{V1}/samples", json=body, headers=alice.headers),
        await api.patch(f"{V1}/projects/{project}", json={"title": "x"}, headers=alice.headers),
        await api.patch(f"{V1}/samples/{sample}", json={"tissue": "x"}, headers=alice.headers),
        await api.delete(f"{V1}/samples/{sample}", headers=alice.headers),
        await api.post(f"{V1}/organisations", json={"slug": "lab", "title": "Lab"}, headers=alice.headers),
    ]
    for answer in refused:
        assert answer.status_code == 403, (answer.request.url, answer.text)
        assert "may only read" in answer.json()["detail"], answer.request.url
    assert (await api.get(f"{V1}/samples/{sample}", headers=alice.headers)).status_code == 200
    made = await api.post(f"{V1}/auth/tokens", json={"name": "reader"}, headers=alice.headers)
    assert made.status_code == 201


async def test_an_account_that_only_reads_sends_and_deletes_no_files(api, admin, alice, store):
    files = {"file": ("a.txt", b"content")}
    staged = (await api.post(f"{V1}/staging/upload", files=files, headers=alice.headers)).json()["id"]
    promise = {"filename": "b.txt", "file_size": 3}
    begun = await api.post(f"{V1}/staging/initiate", json=promise, headers=alice.headers)
    assert begun.status_code == 200
    await put(api, admin, "role", alice, {"role": "viewer"})
    refused = [
        await api.post(f"{V1}/staging/upload", files=files, headers=alice.headers),
        await api.post(f"{V1}/staging/initiate", json=promise, headers=alice.headers),
        await api.post(f"{V1}/staging/complete/{begun.json()['staged_file_id']}", headers=alice.headers),
        await api.delete(f"{V1}/staging/files/{staged}", headers=alice.headers),
    ]
    for answer in refused:
        assert answer.status_code == 403, (answer.request.url, answer.text)
        assert "may only read" in answer.json()["detail"]
    assert [file["id"] for file in (await api.get(f"{V1}/staging/files", headers=alice.headers)).json()][-1] == staged
