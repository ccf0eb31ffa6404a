"""Signing up, in and out over HTTP, and what a bearer token opens."""

from __future__ import annotations

import asyncio
from itertools import product

import msgspec
import pytest
from sqlalchemy import update

from accession.people import inviting
from accession.people.models import Account
from accession.people.rules import AccountRole, MemberRole
from app.api.archive.app import archive_app

pytestmark = pytest.mark.anyio
ROOT = "/api/v1/auth"
ANA = {"email": "Ana@Example.org", "password": "correct horse", "full_name": "Ana Example"}
UNREADABLE = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"\xff",
    b'{"email": 7, "password": "x", "full_name": "x", "refresh_token": 7}',
    b'{"email": "\\ud800", "password": "\\ud800", "full_name": "x", "refresh_token": "\\ud800"}',
]
BAD_CREDENTIALS = [
    "Bearer",
    "Bearer ",
    "Basic YW5hOng=",
    "Bearer x",
    "Bearer sqk_unknown",
    "Bearer a.b.c",
    "Bearer \xe4\xf6",
    "Bearer x y",
]


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def registered(api):
    answer = await api.post(f"{ROOT}/register", json=ANA)
    assert answer.status_code == 201
    return answer.json()


@pytest.fixture
async def session(api, registered):
    answer = await api.post(f"{ROOT}/login", json={"email": ANA["email"], "password": ANA["password"]})
    assert answer.status_code == 200
    return answer.json()


async def refreshed(api, token):
    return await api.post(f"{ROOT}/refresh", json={"refresh_token": token})


async def test_whoever_registers_is_a_submitter_and_never_sees_the_password_again(api, registered):
    assert registered["email"] == "ana@example.org"
    assert (registered["name"], registered["full_name"], registered["role"]) == ("ana", "Ana Example", "submitter")
    assert set(registered) == {
        *("id", "name", "email", "full_name", "role", "can_run_pipelines", "created_at"),
        *("affiliation", "orcid", "email_verified"),
    }
    assert registered["can_run_pipelines"] is False


async def test_no_body_can_ask_for_more(api):
    for key, value in {"role": "admin", "can_run_pipelines": True, "name": "root", "active": True}.items():
        answer = await api.post(f"{ROOT}/register", json=ANA | {key: value})
        assert answer.status_code == 400
        assert key in answer.json()["detail"]


async def test_a_second_account_with_the_address_is_a_conflict(api, registered):
    answer = await api.post(f"{ROOT}/register", json=ANA | {"email": "ana@EXAMPLE.org"})
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


async def test_every_fault_of_a_registration_is_named_at_once(api):
    answer = await api.post(f"{ROOT}/register", json={"email": "ana", "password": "short", "full_name": " "})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [issue["field"] for issue in answer.json()["issues"]] == ["email", "password", "full_name"]


async def test_an_unreadable_body_is_malformed(api):
    for path, body in product(("register", "login", "refresh", "logout"), UNREADABLE):
        answer = await api.post(f"{ROOT}/{path}", content=body, headers={"Content-Type": "application/json"})
        assert (path, body, answer.status_code, answer.json()["code"]) == (path, body, 400, "malformed")


async def test_nul_in_a_field_is_refused_by_name(api):
    for field, value in ANA.items():
        answer = await api.post(f"{ROOT}/register", json=ANA | {field: "nul\0" + value})
        assert answer.status_code == 422
        assert [issue["field"] for issue in answer.json()["issues"]] == [field]


async def test_a_huge_body_is_too_large(api):
    answer = await api.post(f"{ROOT}/register", json=ANA | {"full_name": "x" * 100_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def invited(wiring, admin, email, role="viewer"):
    async with wiring.writing(admin.actor) as unit:
        return (await inviting.invite_to_archive(unit, email, AccountRole(role))).token


def registering(wiring, mode):
    wiring.settings = msgspec.structs.replace(wiring.settings, registration=mode)


async def test_where_registration_is_not_open_nobody_registers_unasked(api, wiring, admin):
    token = await invited(wiring, admin, "ana@example.org")
    for mode, body in (("invite", ANA), ("closed", ANA), ("closed", {**ANA, "invitation": token})):
        registering(wiring, mode)
        answer = await api.post(f"{ROOT}/register", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "registration_closed")
        assert "administrator" in answer.json()["detail"]


async def test_an_invitation_opens_one_account_for_its_address_in_its_role(api, wiring, admin):
    registering(wiring, "invite")
    token = await invited(wiring, admin, "ana@example.org")
    for body in ({"invitation": "unknown"}, {"invitation": token, "email": "other@example.org"}):
        answer = await api.post(f"{ROOT}/register", json=ANA | body)
        assert (answer.status_code, [issue["field"] for issue in answer.json()["issues"]]) == (422, ["invitation"])
    answer = await api.post(f"{ROOT}/register", json=ANA | {"invitation": token})
    assert (answer.status_code, answer.json()["role"]) == (201, "viewer")
    again = await api.post(f"{ROOT}/register", json=ANA | {"invitation": token, "email": "other@example.org"})
    assert again.status_code == 422


async def test_a_newcomer_joins_the_organisation_that_the_invitation_is_to(api, wiring, alice):
    lab = await api.post("/api/v1/organisations", json={"slug": "lab", "title": "The lab"}, headers=alice.headers)
    assert lab.status_code == 201
    async with wiring.writing(alice.actor) as unit:
        made = await inviting.invite_to_organisation(unit, "lab", "ana@example.org", MemberRole.CONTRIBUTOR)
    registering(wiring, "invite")
    answer = await api.post(f"{ROOT}/register", json=ANA | {"invitation": made.token})
    assert (answer.status_code, answer.json()["role"]) == (201, "submitter")
    session = await api.post(f"{ROOT}/login", json={"email": "ana", "password": ANA["password"]})
    me = (await api.get(f"{ROOT}/me", headers=bearer(session.json()["access_token"]))).json()
    assert [(place["slug"], place["role"]) for place in me["organisations"]] == [
        ("lab", "contributor"),
        ("personal-ana", "owner"),
    ]


async def test_an_account_pauses_after_as_many_wrong_passwords_as_the_settings_say(api, wiring, registered, clock):
    wiring.settings = msgspec.structs.replace(wiring.settings, lockout_attempts=2, lockout_minutes=3)
    right = {"email": ANA["email"], "password": ANA["password"]}
    wrong = [await api.post(f"{ROOT}/login", json={**right, "password": "wrong"}) for _ in range(2)]
    paused = await api.post(f"{ROOT}/login", json=right)
    assert paused.status_code == 401
    assert paused.json() == wrong[0].json() == wrong[1].json()
    clock.advance(minutes=3)
    assert (await api.post(f"{ROOT}/login", json=right)).status_code == 200


async def test_a_login_gives_tokens_that_no_cache_keeps(api, registered):
    answer = await api.post(f"{ROOT}/login", json={"email": "ANA", "password": ANA["password"]})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("bearer", 1800)
    me = await api.get(f"{ROOT}/me", headers=bearer(body["access_token"]))
    told = me.json()
    assert [place["slug"] for place in told.pop("organisations")] == ["personal-ana"]
    assert (me.status_code, told) == (200, registered)


async def test_an_unknown_account_and_a_wrong_password_answer_alike(api, registered):
    unknown = await api.post(f"{ROOT}/login", json={"email": "no@example.org", "password": "x" * 10})
    wrong = await api.post(f"{ROOT}/login", json={"email": ANA["email"], "password": "x" * 10})
    nul = await api.post(f"{ROOT}/login", json={"email": "a\0", "password": "x\0"})
    assert unknown.status_code == 401
    assert unknown.headers["www-authenticate"] == "Bearer"
    assert unknown.json() == wrong.json() == nul.json()


async def test_nobody_is_nobody(api):
    answer = await api.get(f"{ROOT}/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_a_bad_credential_is_refused_even_where_none_is_needed(api):
    assert (await api.get("/api/v1/projects")).status_code == 200
    for header, path in product(BAD_CREDENTIALS, (f"{ROOT}/me", "/api/v1/projects")):
        answer = await api.get(path, headers={"Authorization": header.encode("latin-1")})
        assert (header, path, answer.status_code) == (header, path, 401)
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_refresh_token_is_no_access_token_and_the_other_way_round(api, session):
    assert (await api.get(f"{ROOT}/me", headers=bearer(session["refresh_token"]))).status_code == 401
    assert (await refreshed(api, session["access_token"])).status_code == 401


async def test_an_access_token_expires_and_a_refresh_gives_the_next(api, session, clock):
    clock.advance(minutes=31)
    stale = bearer(session["access_token"])
    refused = await api.get(f"{ROOT}/me", headers=stale)
    assert (refused.status_code, refused.json()["code"]) == (401, "expired_token")
    answer = await api.post(f"{ROOT}/refresh", json={"refresh_token": session["refresh_token"]}, headers=stale)
    assert answer.status_code == 200
    fresh = answer.json()
    assert fresh["refresh_token"] != session["refresh_token"]
    assert (await api.get(f"{ROOT}/me", headers=bearer(fresh["access_token"]))).status_code == 200


async def test_two_refreshes_at_once_both_work_on(api, session):
    token = session["refresh_token"]
    answers = await asyncio.gather(refreshed(api, token), refreshed(api, token))
    assert [answer.status_code for answer in answers] == [200, 200]
    for answer in answers:
        assert (await api.get(f"{ROOT}/me", headers=bearer(answer.json()["access_token"]))).status_code == 200
        assert (await refreshed(api, answer.json()["refresh_token"])).status_code == 200


async def test_a_refresh_token_reused_after_a_minute_ends_the_session_for_good(api, session, clock):
    following = (await refreshed(api, session["refresh_token"])).json()["refresh_token"]
    clock.advance(seconds=61)
    assert (await refreshed(api, session["refresh_token"])).status_code == 401
    assert (await refreshed(api, following)).status_code == 401


async def test_logging_out_ends_the_session_and_does_not_tell_unknown_tokens(api, session):
    for token in (session["refresh_token"], "unknown", "nul\0"):
        answer = await api.post(f"{ROOT}/logout", json={"refresh_token": token})
        assert (answer.status_code, answer.content) == (204, b"")
    assert (await refreshed(api, session["refresh_token"])).status_code == 401


async def test_a_deactivated_account_is_locked_out_at_once(api, wiring, session):
    async with wiring.writing() as unit:
        await unit.session.execute(update(Account).values(active=False))
    assert (await api.get(f"{ROOT}/me", headers=bearer(session["access_token"]))).status_code == 401
    assert (await refreshed(api, session["refresh_token"])).status_code == 401
    login = await api.post(f"{ROOT}/login", json={"email": ANA["email"], "password": ANA["password"]})
    assert login.status_code == 401


async def test_the_document_tells_every_answer_with_an_example(wiring):
    document = archive_app(wiring).openapi_schema.to_schema()
    told = {path: next(iter(item.values())) for path, item in document["paths"].items() if path.startswith("/auth/")}
    statuses = {path: set(operation["responses"]) for path, operation in told.items()}
    always = {"400", "401", "429"}
    assert statuses["/auth/register"] == {"201", "403", "409", "413", "422"} | always
    assert statuses["/auth/login"] == {"200", "413"} | always
    assert statuses["/auth/refresh"] == {"200", "413"} | always
    assert statuses["/auth/logout"] == {"204", "413"} | always
    assert statuses["/auth/me"] == {"200"} | always
    assert statuses["/auth/change-password"] == {"200", "403", "413", "422"} | always
    assert statuses["/auth/forgot-password"] == {"202", "413"} | always
    assert statuses["/auth/reset-password"] == {"204", "413", "422"} | always
    schemas = document["components"]["schemas"]
    for name in ("RegisterIn", "LoginIn", "RefreshIn", "PasswordIn", "ForgotIn", "ResetIn", "ProfilePatch"):
        assert all(field["examples"] for field in schemas[name]["properties"].values())
    assert schemas["RegisterIn"]["properties"]["password"]["minLength"] == 8
