"""People's own accounts over HTTP: the profile, another password, and the answer to a forgotten one."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from accession.audit.models import Event
from accession.outbox import Letter
from accession.people.credentials import PasswordReset
from accession.people.models import Account

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_passwords")]
ME = "/api/v1/auth/me"
AUTH = "/api/v1/auth"


async def login(api, who, password):
    return await api.post(f"{AUTH}/login", json={"email": who, "password": password})


async def letters(wiring):
    async with wiring.reading() as unit:
        return (await unit.session.scalars(select(Letter).order_by(Letter.id))).all()


async def test_one_sees_oneself_with_ones_organisations(api, alice):
    told = (await api.get(ME, headers=alice.headers)).json()
    assert (told["email"], told["affiliation"], told["orcid"], told["email_verified"]) == (
        alice.email,
        None,
        None,
        False,
    )
    assert told["organisations"] == [
        {
            "slug": "personal-alice",
            "title": "Personal organisation of alice",
            "personal": True,
            "role": "owner",
        }
    ]


async def test_a_profile_is_merged_and_null_clears(api, wiring, alice):
    given = {
        "full_name": " Alice A. ",
        "affiliation": "Reef Institute",
        "orcid": "https://orcid.org/0000-0002-1694-233x",
    }
    answer = await api.patch(ME, json=given, headers=alice.headers)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["full_name"], told["affiliation"], told["orcid"]) == (
        "Alice A.",
        "Reef Institute",
        "0000-0002-1694-233X",
    )
    cleared = (await api.patch(ME, json={"orcid": None}, headers=alice.headers)).json()
    assert (cleared["affiliation"], cleared["orcid"]) == ("Reef Institute", None)
    async with wiring.reading() as unit:
        changes = (await unit.session.scalars(select(Event).where(Event.verb == "account.change"))).all()
    assert [(event.actor_id, event.detail["fields"]) for event in changes] == [
        (alice.id, ["affiliation", "full_name", "orcid"]),
        (alice.id, ["orcid"]),
    ]


async def test_every_fault_of_a_profile_is_named_at_once_and_nothing_is_changed(api, alice):
    given = {"full_name": " ", "affiliation": "x" * 201, "orcid": "0000-0002-1825-0098", "email": "no"}
    answer = await api.patch(ME, json=given, headers=alice.headers)
    assert answer.status_code == 422
    assert [issue["field"] for issue in answer.json()["issues"]] == ["full_name", "affiliation", "orcid", "email"]
    for body in ({"role": "admin"}, {"email_verified": True}, {"active": False}):
        assert (await api.patch(ME, json=body, headers=alice.headers)).status_code == 400
    assert (await api.get(ME, headers=alice.headers)).json()["full_name"] == "alice"


async def test_another_address_needs_the_password_and_is_unverified_and_the_old_one_is_told(api, wiring, alice, bob):
    async with wiring.writing() as unit:
        await unit.session.execute(update(Account).values(email_verified=True))
    wanted = {"email": "New@Example.org"}
    missing = await api.patch(ME, json=wanted, headers=alice.headers)
    assert (missing.status_code, missing.json()["issues"][0]["field"]) == (422, "current_password")
    wrong = await api.patch(ME, json={**wanted, "current_password": "wrong"}, headers=alice.headers)
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
    taken = await api.patch(
        ME, json={"email": bob.email.upper(), "current_password": alice.password}, headers=alice.headers
    )
    assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")
    assert await letters(wiring) == []
    moved = await api.patch(ME, json={**wanted, "current_password": alice.password}, headers=alice.headers)
    assert (moved.json()["email"], moved.json()["email_verified"]) == ("new@example.org", False)
    assert [(letter.recipient, letter.kind) for letter in await letters(wiring)] == [(alice.email, "plain")]
    assert (await login(api, "new@example.org", alice.password)).status_code == 200
    assert (await login(api, alice.email, alice.password)).status_code == 401


async def test_the_same_address_needs_no_password(api, alice):
    answer = await api.patch(ME, json={"email": alice.email.upper(), "affiliation": "x"}, headers=alice.headers)
    assert (answer.status_code, answer.json()["affiliation"]) == (200, "x")


async def test_what_was_mailed_to_the_old_address_sets_no_password(api, wiring, alice, clock):
    async with wiring.writing() as unit:
        row = PasswordReset(account_id=alice.id, digest="d" * 64, expires_at=unit.now.replace(year=2999))
        unit.session.add(row)
    change = {"email": "new@example.org", "current_password": alice.password}
    assert (await api.patch(ME, json=change, headers=alice.headers)).status_code == 200
    async with wiring.reading() as unit:
        assert (await unit.session.scalars(select(PasswordReset))).all() == []


async def test_another_password_ends_all_sessions_and_begins_one(api, alice):
    old = (await login(api, "alice", alice.password)).json()
    bearer = {"Authorization": f"Bearer {old['access_token']}"}
    body = {"current_password": alice.password, "new_password": "another password"}
    wrong = await api.post(f"{AUTH}/change-password", json={**body, "current_password": "x"}, headers=bearer)
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
    assert (await api.get(ME, headers=bearer)).status_code == 200
    answer = await api.post(f"{AUTH}/change-password", json=body, headers=bearer)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert (await api.get(ME, headers=bearer)).status_code == 401
    assert (await api.get(ME, headers=alice.headers)).status_code == 401
    assert (await api.post(f"{AUTH}/refresh", json={"refresh_token": old["refresh_token"]})).status_code == 401
    new = answer.json()
    assert (await api.get(ME, headers={"Authorization": f"Bearer {new['access_token']}"})).status_code == 200
    assert (await api.post(f"{AUTH}/refresh", json={"refresh_token": new["refresh_token"]})).status_code == 200
    assert (await login(api, "alice", alice.password)).status_code == 401


async def test_nobody_changes_nothing(api):
    assert (await api.patch(ME, json={"full_name": "x"})).status_code == 401
    body = {"current_password": "x" * 9, "new_password": "y" * 9}
    assert (await api.post(f"{AUTH}/change-password", json=body)).status_code == 401


async def test_forgetting_a_password_answers_and_leaves_the_same_for_every_address(api, wiring, alice, admin, bob):
    async with wiring.writing() as unit:
        await unit.session.execute(update(Account).where(Account.id == bob.id).values(active=False))
        await unit.session.execute(update(Account).where(Account.id == admin.id).values(password_hash=None))
    answers = set()
    for address in (alice.email, bob.email, admin.email, "nobody@example.org"):
        answer = await api.post(f"{AUTH}/forgot-password", json={"email": address})
        answers.add((answer.status_code, answer.text, answer.headers["content-length"]))
    assert len(answers) == 1
    assert answers.pop()[0] == 202
    left = await letters(wiring)
    assert [letter.recipient for letter in left] == [alice.email, bob.email, admin.email, "nobody@example.org"]
    assert {(letter.kind, letter.body, letter.outcome) for letter in left} == {("password_reset", None, None)}
    async with wiring.reading() as unit:
        assert (await unit.session.scalars(select(PasswordReset))).all() == []


async def test_an_address_gets_a_few_mails_an_hour_and_the_answer_does_not_tell(api, wiring, clock, alice):
    for address in (alice.email, "nobody@example.org"):
        for _ in range(5):
            assert (await api.post(f"{AUTH}/forgot-password", json={"email": address.upper()})).status_code == 202
    assert len(await letters(wiring)) == 6
    clock.advance(minutes=61)
    assert (await api.post(f"{AUTH}/forgot-password", json={"email": alice.email})).status_code == 202
    assert len(await letters(wiring)) == 7


async def test_what_is_no_address_gets_no_mail_and_the_same_answer(api, wiring):
    answers = set()
    for address in ("", "no", "nul\0@example.org", "a@b\r\nBcc: c@example.org", "x" * 5000, "ana@example.org"):
        answer = await api.post(f"{AUTH}/forgot-password", json={"email": address})
        answers.add((answer.status_code, answer.text))
    assert len(answers) == 1
    assert [letter.recipient for letter in await letters(wiring)] == ["ana@example.org"]


async def test_a_token_that_was_not_mailed_sets_no_password(api):
    for token in ("", "unknown", "nul\0", "x" * 9000):
        answer = await api.post(f"{AUTH}/reset-password", json={"token": token, "new_password": "another password"})
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
