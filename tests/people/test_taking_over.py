"""Who opened an account with somebody else's address, or held it for a while, is out once its owner sets a password."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from accession.audit.models import Event
from accession.errors import Unauthenticated
from accession.people import bearers, clients, identities, personal, resets, sessions, sign_in
from accession.people.credentials import Identity, PasswordReset
from accession.people.identities import Vouched
from accession.people.models import Account
from accession.people.tokens import digest_of
from accession.people.wishes import Wish
from accession.projects.arriving import come_back

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_passwords")]
THEIRS = Vouched("https://id.example.org", "mallory", "mallory@example.org", email_verified=True)


async def held(wiring, person):
    """A personal token, a client's id and secret, and an identity, all of whoever has the account now."""
    async with wiring.writing(person.actor) as unit:
        _, token = await personal.add_token(unit, person.id, Wish(name="kept"))
        row, secret = await clients.add_client(unit, person.id, Wish(name="kept"))
        await identities.link(unit, person.id, THEIRS)
    return token, row.client_id, secret


async def reset(wiring, person):
    """Set a password as whoever reads the mail to the account's address does."""
    async with wiring.writing() as unit:
        ends = unit.now + timedelta(hours=1)
        unit.session.add(PasswordReset(account_id=person.id, digest=digest_of("mailed"), expires_at=ends))
    await resets.redeem(wiring, "mailed", "a password of mine")


async def alive(wiring, token, client_id, secret):
    async with wiring.reading() as unit:
        try:
            by_token = (await bearers.actor_of(unit, wiring.keys, token)).signed_in
        except Unauthenticated:
            by_token = False
        by_client = await clients.known_by_secret(unit, client_id, secret) is not None
        return by_token, by_client, await unit.session.scalar(select(func.count()).select_from(Identity))


async def test_what_was_made_before_the_address_was_proven_opens_the_account_no_more(wiring, alice):
    kept = await held(wiring, alice)
    assert await alive(wiring, *kept) == (True, True, 1)
    await reset(wiring, alice)
    assert await alive(wiring, *kept) == (False, False, 0)
    async with wiring.reading() as unit:
        told = (await unit.session.scalars(select(Event).where(Event.verb == "account.credentials_end"))).one()
    assert (told.subject, told.detail) == (str(alice.id), {"tokens": 1, "clients": 1, "identities": 1})


async def test_a_reset_at_a_proven_address_leaves_scripts_and_identities_alone(wiring, alice):
    async with wiring.writing() as unit:
        await unit.session.execute(update(Account).values(email_verified=True))
    kept = await held(wiring, alice)
    await reset(wiring, alice)
    assert await alive(wiring, *kept) == (True, True, 1)


async def test_no_session_begins_in_a_deactivated_account(wiring, alice):
    async with wiring.writing() as unit:
        await unit.session.execute(update(Account).values(active=False))
    with pytest.raises(Unauthenticated):
        async with wiring.writing() as unit:
            await sessions.begin(unit, alice.id, days=7)


async def begun(wiring, person):
    """The state of a sign-in that is to link an identity to somebody's account."""
    going = sign_in.departure()
    async with wiring.writing(person.actor) as unit:
        await sign_in.keep(unit, going, account_id=person.id)
    return going.state


async def come(wiring, state):
    async with wiring.writing() as unit:
        kept = await sign_in.take(unit, state)
        return await come_back(unit, THEIRS, kept, registration="open")


@pytest.mark.parametrize("change", ["a reset", "deactivation"])
async def test_a_link_that_was_begun_before_the_sessions_ended_is_not_finished(wiring, alice, change):
    state = await begun(wiring, alice)
    if change == "a reset":
        await reset(wiring, alice)
    else:
        async with wiring.writing() as unit:
            await unit.session.execute(update(Account).values(active=False))
    with pytest.raises(Unauthenticated):
        await come(wiring, state)
    async with wiring.reading() as unit:
        assert await unit.session.scalar(select(func.count()).select_from(Identity)) == 0


async def test_a_link_that_was_begun_later_is_finished(wiring, alice):
    await reset(wiring, alice)
    assert (await come(wiring, await begun(wiring, alice))).id == alice.id


async def test_tokens_of_scripts_link_no_identity(api, alice):
    whole = (await api.post("/api/v1/auth/tokens", json={"name": "x"}, headers=alice.headers)).json()["token"]
    made = (await api.post("/api/v1/auth/clients", json={"name": "x"}, headers=alice.headers)).json()
    form, basic = {"grant_type": "client_credentials"}, (made["client_id"], made["client_secret"])
    robot = (await api.post("/oauth2/token", data=form, auth=basic)).json()["access_token"]
    for token in (whole, robot):
        answer = await api.post("/api/v1/auth/oidc/link", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


async def test_a_token_makes_none_that_outlives_it(api, alice):
    week = {"name": "week", "expires_in_days": 7}
    mine = (await api.post("/api/v1/auth/tokens", json=week, headers=alice.headers)).json()["token"]
    made = (await api.post("/api/v1/auth/clients", json=week, headers=alice.headers)).json()
    form, basic = {"grant_type": "client_credentials"}, (made["client_id"], made["client_secret"])
    robot = (await api.post("/oauth2/token", data=form, auth=basic)).json()["access_token"]
    for token in (mine, robot):
        for path in ("tokens", "clients"):
            for days, status in ((None, 422), (8, 422), (6, 201)):
                body = {"name": "next", "expires_in_days": days}
                answer = await api.post(f"/api/v1/auth/{path}", json=body, headers={"Authorization": f"Bearer {token}"})
                assert answer.status_code == status
                assert status == 201 or answer.json()["issues"][0]["code"] == "outlives_own"
