"""Personal access tokens over HTTP: made once, listed without their texts, held to their scopes, and ended at once."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from accession.people import sessions, tokens
from accession.people.credentials import AccessToken
from accession.people.models import Account
from app.http.signing import is_signed, signed
from app.secrets import Keys
from tests.dialects.archive.records import PROJECT

pytestmark = pytest.mark.anyio
V1 = "/api/v1"
TOKENS, CLIENTS = f"{V1}/auth/tokens", f"{V1}/auth/clients"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


async def made(api, person, path=TOKENS, **body):
    answer = await api.post(path, json={"name": "laptop", **body}, headers=person.headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_token_is_told_once_and_works_until_it_is_revoked(api, alice):
    answer = await api.post(TOKENS, json={"name": "laptop", "expires_in_days": 9}, headers=alice.headers)
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    token = answer.json()
    assert (await api.get(f"{V1}/auth/me", headers=bearer(token["token"]))).json()["email"] == alice.email
    listed = await api.get(TOKENS, headers=bearer(token["token"]))
    text = token.pop("token")
    assert (listed.json(), listed.headers["x-total-count"]) == ([token], "1")
    assert text not in listed.text
    assert (await api.delete(f"{TOKENS}/{token['id']}", headers=alice.headers)).status_code == 204
    for path in (f"{V1}/auth/me", TOKENS, f"{V1}/projects"):
        refused = await api.get(path, headers=bearer(text))
        assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")
    assert (await api.get(TOKENS, headers=alice.headers)).json() == []


async def test_lists_are_paged_and_show_the_own_ones_newest_first(api, alice, bob):
    for path in (TOKENS, CLIENTS):
        ids = [(await made(api, alice, path))["id"] for _ in range(3)]
        await made(api, bob, path)
        page = await api.get(f"{path}?per_page=2", headers=alice.headers)
        assert [row["id"] for row in page.json()] == [ids[2], ids[1]]
        assert 'rel="next"' in page.headers["link"]
        rest = await api.get(f"{path}?per_page=2&page=2", headers=alice.headers)
        assert [row["id"] for row in rest.json()] == [ids[0]]


async def test_nobody_sees_or_ends_what_is_not_theirs(api, alice, bob):
    for path in (TOKENS, CLIENTS):
        made_by_alice = (await made(api, alice, path))["id"]
        assert (await api.get(path, headers=bob.headers)).json() == []
        theirs = await api.delete(f"{path}/{made_by_alice}", headers=bob.headers)
        none = await api.delete(f"{path}/{uuid4()}", headers=bob.headers)
        assert (theirs.status_code, theirs.json()) == (404, none.json())
        for call in (api.get(path), api.post(path, json={"name": "x"}), api.delete(f"{path}/{made_by_alice}")):
            assert (await call).status_code == 401


async def test_everything_wrong_with_a_wish_is_named_at_once(api, alice):
    body = {"name": "", "scopes": ["root"], "expires_in_days": 0}
    for path in (TOKENS, CLIENTS):
        answer = await api.post(path, json=body, headers=alice.headers)
        assert answer.status_code == 422
        assert [issue["field"] for issue in answer.json()["issues"]] == ["name", "scopes", "expires_in_days"]
        for unreadable in ({"name": "x", "role": "admin"}, {"name": 7}, {}, {"name": "x", "expires_at": "soon"}):
            assert (await api.post(path, json=unreadable, headers=alice.headers)).status_code == 400


async def test_a_token_for_reading_changes_nothing_anywhere(api, alice):
    token = (await made(api, alice, scopes=["read"]))["token"]
    project = (await api.post(f"{V1}/projects", json=PROJECT, headers=alice.headers)).json()["accession"]
    calls = [
        ("POST", f"{V1}/projects", PROJECT),
        ("PATCH", f"{V1}/projects/{project}", {"title": "Changed"}),
        ("DELETE", f"{V1}/projects/{project}", None),
        ("POST", TOKENS, {"name": "another", "scopes": ["read"]}),
        ("POST", CLIENTS, {"name": "another", "scopes": ["read"]}),
        ("DELETE", f"{TOKENS}/{uuid4()}", None),
    ]
    for method, path, body in calls:
        answer = await api.request(method, path, json=body, headers=bearer(token))
        assert (method, path, answer.status_code) == (method, path, 403)
        assert answer.json()["code"] == "insufficient_scope"
        assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'
    seen = await api.get(f"{V1}/projects/{project}", headers=bearer(token))
    assert (seen.status_code, seen.json()["title"]) == (200, PROJECT["title"])


async def test_every_operation_that_changes_something_is_closed_to_a_token_for_reading(api, alice):
    token = (await made(api, alice, scopes=["read"]))["token"]
    paths = (await api.get(f"{V1}/openapi.json")).json()["paths"]
    asked = 0
    for path, operations in paths.items():
        for method, operation in operations.items():
            if method in {"get", "head"} or operation["security"] != [{"bearer": []}] or path.endswith("/validate"):
                continue
            filled = re.sub(r"\{(client|\w+_id)\}", str(uuid4()), path)
            answer = await api.request(method.upper(), V1 + filled, headers=bearer(token))
            assert (method, path, answer.status_code) == (method, path, 403)
            asked += 1
    assert asked > 15


async def test_checking_a_sheet_changes_nothing_and_is_open_to_a_token_for_reading(api, alice):
    token = (await made(api, alice, scopes=["read"]))["token"]
    form = {"data": {"checklist_id": "ERC000011"}, "files": {"file": ("s.tsv", b"sample_alias\nx\n")}}
    answer = await api.post(f"{V1}/bulk-submit/validate", **form, headers=bearer(token))
    assert (answer.status_code, answer.json()["valid"]) == (200, False)


async def test_a_token_cannot_make_a_wider_one(api, alice):
    token = (await made(api, alice, scopes=["write"]))["token"]
    for path, scopes in product((TOKENS, CLIENTS), (None, ["admin"])):
        answer = await api.post(path, json={"name": "wider", "scopes": scopes}, headers=bearer(token))
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    narrow = await api.post(TOKENS, json={"name": "same", "scopes": ["write"]}, headers=bearer(token))
    assert narrow.json()["scopes"] == ["read", "write"]


async def test_the_last_use_is_told_after_it_was_written_down(api, wiring, alice):
    token = await made(api, alice)
    await api.get(f"{V1}/projects", headers=bearer(token["token"]))
    async with wiring.reading() as unit:
        assert await unit.session.scalar(select(AccessToken.last_used_at)) is None
    await wiring.uses.write()
    (row,) = (await api.get(TOKENS, headers=alice.headers)).json()
    assert row["last_used_at"] is not None


async def test_a_bad_token_of_any_kind_is_refused_on_public_records_too(api, wiring, alice, clock):
    project = (await api.post(f"{V1}/projects", json=PROJECT, headers=alice.headers)).json()["accession"]
    async with wiring.writing() as unit:
        await sessions.end_all(unit, alice.id)
    held = {"ended": alice.headers["Authorization"].split()[1], "unknown": "sqk_x", "reviewer": "sqr_x"}
    held["expired"] = tokens.access_token(wiring.keys, alice.id, now=clock.now() - timedelta(hours=1), minutes=30)
    for path in (f"{V1}/projects", f"{V1}/projects/{project}", f"{V1}/checklists", f"{V1}/runs/NFDP-RUN-000009/qc"):
        for kind, token in held.items():
            answer = await api.get(path, headers=bearer(token))
            assert (kind, path, answer.status_code) == (kind, path, 401)
    assert (await api.get(f"{V1}/projects/{project}")).status_code == 200


async def test_an_access_token_that_was_on_its_way_when_all_sessions_ended_has_ended_too(
    api, wiring, alice, monkeypatch
):
    login = await api.post(f"{V1}/auth/login", json={"email": alice.email, "password": alice.password})
    rotate = sessions.rotate

    async def slow(unit, token, *, days):
        """The answer of a refresh that is overtaken by the end of all sessions, between its commit and its token."""
        unit.after_commit(end_all)
        return await rotate(unit, token, days=days)

    async def end_all():
        async with wiring.writing() as unit:
            await sessions.end_all(unit, alice.id)

    monkeypatch.setattr(sessions, "rotate", slow)
    answer = await api.post(f"{V1}/auth/refresh", json={"refresh_token": login.json()["refresh_token"]})
    monkeypatch.undo()
    assert answer.status_code == 200
    assert (await api.get(f"{V1}/auth/me", headers=bearer(answer.json()["access_token"]))).status_code == 401
    again = await api.post(f"{V1}/auth/refresh", json={"refresh_token": answer.json()["refresh_token"]})
    assert again.status_code == 401


async def test_tokens_and_links_survive_a_change_of_keys_until_the_old_key_goes(api, wiring, alice):
    old = wiring.keys
    new = Keys(access_token=(b"n" * 32, *old.access_token), signed_link=(b"m" * 32, *old.signed_link))
    link = signed(wiring, "/qc/x", lives=timedelta(minutes=1)).partition("?")[2]
    query = dict(pair.split("=") for pair in link.split("&"))
    wiring.keys = new
    assert (await api.get(f"{V1}/auth/me", headers=alice.headers)).status_code == 200
    assert is_signed(wiring, "/qc/x", **query)
    login = await api.post(f"{V1}/auth/login", json={"email": alice.email, "password": alice.password})
    wiring.keys = Keys(access_token=new.access_token[:1], signed_link=new.signed_link[:1])
    assert (await api.get(f"{V1}/auth/me", headers=bearer(login.json()["access_token"]))).status_code == 200
    assert (await api.get(f"{V1}/auth/me", headers=alice.headers)).status_code == 401
    assert not is_signed(wiring, "/qc/x", **query)


async def test_an_administrators_token_without_the_scope_admin_sees_what_anybody_sees(api, wiring, alice, admin):
    body = {**PROJECT, "visibility": "private"}
    private = (await api.post(f"{V1}/projects", json=body, headers=alice.headers)).json()["accession"]
    seen = {}
    for scopes in (None, ["read"], ["read", "admin"]):
        token = (await made(api, admin, scopes=scopes))["token"]
        seen[str(scopes)] = (await api.get(f"{V1}/projects/{private}", headers=bearer(token))).status_code
    assert seen == {"None": 200, "['read']": 404, "['read', 'admin']": 200}
    async with wiring.writing() as unit:
        await unit.session.execute(update(Account).where(Account.id == admin.id).values(active=False))
    assert (await api.get(f"{V1}/projects", headers=admin.headers)).status_code == 401
