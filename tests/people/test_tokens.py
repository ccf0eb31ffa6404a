"""Access tokens and personal access tokens speak for one account, until they end."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import delete, select, update

from accession.actor import Actor
from accession.audit.models import Event
from accession.errors import Rejected, Unauthenticated
from accession.people import tokens
from accession.people.credentials import AccessToken
from accession.people.models import Account, Scope
from accession.projects.models import Project
from accession.projects.registration import add_account

KEYS = SimpleNamespace(access_token=b"k" * 32)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def encoded(claims, *, key=KEYS.access_token, **header):
    """A token as somebody else may have made it."""
    made = tokens.access_token(KEYS, uuid4(), now=NOW, minutes=30)
    own = jwt.decode(made, OctKey.import_key(KEYS.access_token), algorithms=["HS256"])
    return jwt.encode({**own.header, **header}, {**own.claims, **claims}, OctKey.import_key(key))


def part(content):
    return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def test_an_access_token_names_its_account_until_it_expires():
    account_id = uuid4()
    token = tokens.access_token(KEYS, account_id, now=NOW, minutes=30)
    assert tokens.account_of_access_token(KEYS, token, now=NOW) == account_id
    assert tokens.account_of_access_token(KEYS, token, now=NOW + timedelta(minutes=29, seconds=59)) == account_id
    with pytest.raises(Unauthenticated) as refused:
        tokens.account_of_access_token(KEYS, token, now=NOW + timedelta(minutes=30))
    assert refused.value.code == "expired_token"


def test_an_access_token_says_what_it_is():
    token = tokens.access_token(KEYS, uuid4(), now=NOW, minutes=30)
    read = jwt.decode(token, OctKey.import_key(KEYS.access_token), algorithms=["HS256"])
    assert read.header["alg"] == "HS256"
    assert read.header["kid"]
    assert read.claims["typ"] == "access"
    assert read.claims["exp"] - read.claims["iat"] == 1800
    assert set(read.claims) == {"sub", "iat", "exp", "jti", "typ"}


@pytest.mark.parametrize(
    "forged",
    [
        encoded({}, key=b"x" * 32),
        encoded({}, kid="another"),
        encoded({"typ": "refresh"}),
        encoded({"typ": None}),
        encoded({"sub": "somebody"}),
        encoded({"sub": 7}),
        encoded({"exp": "soon"}),
        encoded({"exp": None}),
        encoded({"exp": [1]}),
        f"{part({'alg': 'none', 'typ': 'JWT'})}.{part({'sub': str(uuid4()), 'typ': 'access', 'exp': 9e9})}.",
        f"{part({'alg': 'HS256'})}.{part([])}.x",
        f"{part([])}.{part({})}.x",
        "..",
        "",
        "\u00e4.b.c",
        "a" * 5000,
    ],
)
def test_a_token_that_this_archive_did_not_make_is_refused(forged):
    with pytest.raises(Unauthenticated):
        tokens.account_of_access_token(KEYS, forged, now=NOW)


@given(st.text() | st.lists(st.binary().map(lambda raw: urlsafe_b64encode(raw).decode()), max_size=6).map(".".join))
def test_no_text_makes_reading_a_token_fail_otherwise_than_by_refusing_it(text):
    with pytest.raises(Unauthenticated):
        tokens.account_of_access_token(KEYS, text, now=NOW)


@pytest.fixture
async def account(wiring):
    account_id = await add_account(wiring, name="ana", email="ana@example.org", password="correct horse")
    async with wiring.reading() as unit:
        return await unit.session.get(Account, account_id)


async def who(wiring, token):
    async with wiring.reading(Actor(address="10.0.0.7")) as unit:
        return await tokens.actor_of(unit, wiring.keys, token)


@pytest.mark.anyio
async def test_a_personal_access_token_is_told_once_and_kept_as_a_digest(wiring, account):
    async with wiring.writing() as unit:
        token = await tokens.add_token(unit, account, "my laptop")
    assert token.startswith("sqk_")
    async with wiring.reading() as unit:
        row = (await unit.session.scalars(select(AccessToken))).one()
        event = (await unit.session.scalars(select(Event).where(Event.verb == "token.create"))).one()
    assert (row.name, len(row.digest)) == ("my laptop", 64)
    assert token not in f"{vars(row)} {vars(event)}"
    actor = await who(wiring, token)
    assert (actor.account_id, actor.address) == (account.id, "10.0.0.7")
    assert list(actor.organisations.values()) == ["owner"]


@pytest.mark.anyio
async def test_a_personal_access_token_ends_when_it_expires(wiring, account, clock):
    async with wiring.writing() as unit:
        token = await tokens.add_token(unit, account, "week", lifetime=timedelta(days=7))
    clock.advance(days=6)
    assert (await who(wiring, token)).account_id == account.id
    clock.advance(days=1)
    with pytest.raises(Unauthenticated):
        await who(wiring, token)


@pytest.mark.anyio
async def test_revoking_a_personal_access_token_ends_the_tokens_of_that_name_only(wiring, account):
    async with wiring.writing() as unit:
        lost, kept = await tokens.add_token(unit, account, "lost"), await tokens.add_token(unit, account, "kept")
    async with wiring.writing() as unit:
        assert await tokens.revoke_tokens(unit, account, "lost") == 1
        assert await tokens.revoke_tokens(unit, account, "none") == 0
    assert (await who(wiring, kept)).account_id == account.id
    with pytest.raises(Unauthenticated):
        await who(wiring, lost)


@pytest.mark.anyio
@pytest.mark.parametrize("end", ["deactivated", "deleted"])
async def test_no_token_outlives_its_account(wiring, account, end):
    async with wiring.writing() as unit:
        personal = await tokens.add_token(unit, account, "laptop")
    signed = tokens.access_token(wiring.keys, account.id, now=wiring.clock.now(), minutes=30)
    assert (await who(wiring, personal)).account_id == (await who(wiring, signed)).account_id == account.id
    if end == "deactivated":
        async with wiring.writing() as unit:
            await unit.session.execute(update(Account).values(active=False))
    else:
        async with wiring.writing() as unit:
            for model in (Project, Scope, Account):
                await unit.session.execute(delete(model))
    for token in (personal, signed):
        with pytest.raises(Unauthenticated):
            await who(wiring, token)


@pytest.mark.anyio
async def test_a_token_has_a_readable_name(wiring, account):
    for name in ("", "x" * 101, "two\nlines", "nul\0"):
        async with wiring.writing() as unit:
            with pytest.raises(Rejected):
                await tokens.add_token(unit, account, name)


@pytest.mark.anyio
async def test_an_unknown_personal_access_token_is_refused(wiring):
    for token in ("sqk_", "sqk_unknown", "sqk_\0", "sqk_\ud800", "sqk_" + "x" * 100_000):
        with pytest.raises(Unauthenticated):
            await who(wiring, token)
