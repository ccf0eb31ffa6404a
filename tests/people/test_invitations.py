"""Invitations by mail: only the mailbox gets the token, and it opens an account that belongs at once."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from accession.outbox import Letter
from accession.people.models import Account
from app.settings import Settings
from tests.dialects.archive.sharing import make_group, make_organisation

pytestmark = pytest.mark.anyio
V1 = "/api/v1"


@pytest.fixture
def settings(database_url, tmp_path):
    return Settings(
        data_dir=tmp_path,
        database_url=database_url,
        s3_endpoint="none",
        secret_key="k" * 40,
        smtp_url="smtp://127.0.0.1:25",
        registration="invite",
    )


async def mailed_token(wiring, email):
    """The token in the one mail to an address."""
    async with wiring.reading() as unit:
        letter = (await unit.session.scalars(select(Letter).where(Letter.recipient == email))).one()
    return re.search(r"sqi_\S+", letter.body).group()


async def register(api, email, invitation):
    body = {"email": email, "password": "a-good-password-1", "full_name": "Nina New", "invitation": invitation}
    return await api.post(f"{V1}/auth/register", json=body)


async def test_the_token_goes_to_the_mailbox_and_not_to_the_inviter(api, wiring, alice):
    slug = await make_organisation(api, alice, "lab")
    path = f"{V1}/organisations/{slug}/invitations"
    made = await api.post(path, json={"email": "nina@example.org", "role": "viewer"}, headers=alice.headers)
    assert (made.status_code, made.json()["token"]) == (201, None)
    token = await mailed_token(wiring, "nina@example.org")
    assert token not in made.text
    assert (await register(api, "other@example.org", token)).status_code == 422
    assert (await register(api, "nina@example.org", token)).status_code == 201
    members = (await api.get(f"{V1}/organisations/{slug}/members", headers=alice.headers)).json()
    assert {member["full_name"]: member["role"] for member in members}["Nina New"] == "viewer"
    assert (await register(api, "nina2@example.org", token)).status_code == 422
    async with wiring.reading() as unit:
        emails = (await unit.session.scalars(select(Account.email))).all()
    assert sorted(emails) == ["alice@example.org", "nina@example.org"], "a refused registration leaves no account"


async def test_groups_and_the_archive_invite_newcomers_too(api, wiring, alice, admin):
    slug = await make_group(api, alice, "friends")
    await api.post(f"{V1}/groups/{slug}/invitations", json={"email": "g@example.org"}, headers=alice.headers)
    await api.post(f"{V1}/invitations", json={"email": "v@example.org", "role": "viewer"}, headers=admin.headers)
    for email, role in (("g@example.org", "submitter"), ("v@example.org", "viewer")):
        opened = await register(api, email, await mailed_token(wiring, email))
        assert (opened.status_code, opened.json()["role"]) == (201, role)
    members = (await api.get(f"{V1}/groups/{slug}/members", headers=alice.headers)).json()
    assert [member["name"] for member in members] == ["alice", "g"]


async def test_without_an_invitation_that_holds_nobody_learns_which_addresses_have_an_account(api, wiring, alice):
    refusals = {(await register(api, email, "sqi_none")).text for email in (alice.email, "nobody@example.org")}
    assert len(refusals) == 1
    slug = await make_organisation(api, alice, "lab")
    await api.post(f"{V1}/organisations/{slug}/invitations", json={"email": alice.email}, headers=alice.headers)
    taken = await register(api, alice.email, await mailed_token(wiring, alice.email))
    assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")
