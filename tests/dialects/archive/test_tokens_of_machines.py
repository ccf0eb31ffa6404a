"""Machine credentials: `POST /oauth2/token` as RFC 6749 has it, and what its tokens open."""

from __future__ import annotations

from base64 import b64encode

import pytest
from sqlalchemy import select, update

from accession.people.credentials import MachineClient
from accession.people.models import Account
from tests.dialects.archive.records import PROJECT

pytestmark = pytest.mark.anyio
V1 = "/api/v1"
CLIENTS, TOKEN = f"{V1}/auth/clients", "/oauth2/token"
GRANT = {"grant_type": "client_credentials"}


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def basic(client, secret=None):
    text = f"{client['client_id']}:{client['client_secret'] if secret is None else secret}"
    return {"Authorization": f"Basic {b64encode(text.encode()).decode()}"}


async def made(api, person, **body):
    answer = await api.post(CLIENTS, json={"name": "robot", **body}, headers=person.headers)
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store"), answer.text
    return answer.json()


async def traded(api, client, **form):
    answer = await api.post(TOKEN, data=GRANT | form, headers=basic(client))
    assert answer.status_code == 200, answer.text
    return answer.json()


def refusal(answer):
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json()) == {"error", "error_description"}
    return answer.status_code, answer.json()["error"]


async def test_a_client_trades_its_secret_for_a_token_in_the_form_or_by_basic(api, alice):
    client = await made(api, alice)
    by_basic = await api.post(TOKEN, data=GRANT, headers=basic(client))
    names = {name: client[name] for name in ("client_id", "client_secret")}
    by_form = await api.post(TOKEN, data=GRANT | names)
    both = await api.post(TOKEN, data=GRANT | {"client_id": client["client_id"]}, headers=basic(client))
    for answer in (by_basic, by_form, both):
        assert answer.status_code == 200, answer.text
        assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
        body = answer.json()
        assert set(body) == {"access_token", "token_type", "expires_in", "scope"}
        assert (body["token_type"], body["expires_in"], body["scope"]) == ("bearer", 1800, "read write")
        me = await api.get(f"{V1}/auth/me", headers=bearer(body["access_token"]))
        assert me.json()["email"] == alice.email
    made_project = await api.post(f"{V1}/projects", json=PROJECT, headers=bearer(body["access_token"]))
    assert made_project.status_code == 201


async def test_the_secret_is_told_once_and_the_last_trade_is_told(api, wiring, alice):
    client = await made(api, alice)
    (before,) = (await api.get(CLIENTS, headers=alice.headers)).json()
    await traded(api, client)
    (after,) = (await api.get(CLIENTS, headers=alice.headers)).json()
    assert before["last_used_at"] is None
    assert after["last_used_at"] is not None
    assert "client_secret" not in after
    async with wiring.reading() as unit:
        row = (await unit.session.scalars(select(MachineClient))).one()
    assert client["client_secret"] not in str(vars(row))


async def test_revoking_a_client_ends_its_tokens_at_once(api, alice):
    client = await made(api, alice)
    token = (await traded(api, client))["access_token"]
    assert (await api.get(f"{V1}/projects", headers=bearer(token))).status_code == 200
    assert (await api.delete(f"{CLIENTS}/{client['id']}", headers=alice.headers)).status_code == 204
    assert (await api.get(f"{V1}/projects", headers=bearer(token))).status_code == 401
    assert refusal(await api.post(TOKEN, data=GRANT, headers=basic(client))) == (401, "invalid_client")


async def test_a_token_has_no_more_scopes_than_were_asked_for_nor_than_the_client_has(api, alice, admin):
    client = await made(api, alice, scopes=["write"])
    assert (await traded(api, client))["scope"] == "read write"
    narrow = await traded(api, client, scope="read")
    assert narrow["scope"] == "read"
    refused = await api.post(f"{V1}/projects", json=PROJECT, headers=bearer(narrow["access_token"]))
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    for scope in ("admin", "read admin", "everything", "read,write"):
        answer = await api.post(TOKEN, data=GRANT | {"scope": scope}, headers=basic(client))
        assert refusal(answer) == (400, "invalid_scope")
    whole = await made(api, admin)
    assert (await traded(api, whole))["scope"] == "read write admin"
    assert (await traded(api, whole, scope="write"))["scope"] == "read write"


async def test_wrong_unknown_ended_and_inactive_clients_are_told_alike(api, wiring, alice, clock):
    client, short = await made(api, alice), await made(api, alice, expires_in_days=1)
    clock.advance(days=1)
    unknown = {"client_id": "sqc_unknown", "client_secret": client["client_secret"]}
    wrong = client | {"client_secret": "sqs_\N{SNOWMAN}"}
    answers = [await api.post(TOKEN, data=GRANT, headers=basic(shown)) for shown in (unknown, wrong, short)]
    async with wiring.writing() as unit:
        await unit.session.execute(update(Account).values(active=False))
    answers.append(await api.post(TOKEN, data=GRANT, headers=basic(client)))
    for answer in answers:
        assert refusal(answer) == (401, "invalid_client")
        assert answer.headers["www-authenticate"].startswith("Basic ")
        assert answer.content == answers[0].content


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("grant_type=password", (400, "unsupported_grant_type")),
        ("scope=read", (400, "unsupported_grant_type")),
        ("", (400, "unsupported_grant_type")),
        ("grant_type=client_credentials&grant_type=client_credentials", (400, "invalid_request")),
        ("grant_type=client_credentials&client_secret=x", (400, "invalid_request")),
        ("grant_type=client_credentials&client_id=another", (400, "invalid_request")),
        ("grant_type=%ff", (400, "invalid_request")),
        ("&".join(f"f{number}=1" for number in range(30)), (400, "invalid_request")),
        ("x=" + "y" * 20_000, (413, "invalid_request")),
    ],
)
async def test_a_form_that_cannot_be_granted_is_refused_in_the_words_of_the_rfc(api, alice, form, expected):
    client = await made(api, alice)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert refusal(await api.post(TOKEN, content=form, headers=basic(client) | kind)) == expected


async def test_only_a_form_with_credentials_is_looked_at(api, alice):
    client = await made(api, alice)
    as_json = await api.post(TOKEN, json=GRANT, headers=basic(client))
    assert refusal(as_json) == (400, "invalid_request")
    for headers in (
        {},
        bearer("x"),
        {"Authorization": "Basic !"},
        {"Authorization": "Basic YQ=="},
        {"Authorization": ""},
    ):
        answer = await api.post(TOKEN, data=GRANT, headers=headers)
        assert (headers, *refusal(answer)) == (headers, 401, "invalid_client")
        assert answer.headers["www-authenticate"].startswith("Basic ")
    half = await api.post(TOKEN, data=GRANT | {"client_id": client["client_id"]})
    assert refusal(half) == (401, "invalid_client")
