"""Whose a bearer token is: it ends when it is revoked or expires, with its account, and when all sessions are ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from accession.actor import Actor
from accession.audit.models import Event
from accession.base import new_id
from accession.errors import InsufficientScope, NotFound, Rejected, Unauthenticated
from accession.people import bearers, clients, personal, sessions, tokens
from accession.people.credentials import AccessToken, MachineClient
from accession.people.models import Account, ReviewerLink, Scope
from accession.people.tokens import digest_of
from accession.people.wishes import Wish
from accession.projects.models import Project
from app.asgi import service
from app.wiring import Wiring

pytestmark = pytest.mark.anyio


async def who(wiring, token):
    async with wiring.reading(Actor(address="10.0.0.7", request_id="r1")) as unit:
        return await bearers.actor_of(unit, wiring.keys, token)


async def refused(wiring, token):
    with pytest.raises(Unauthenticated) as error:
        await who(wiring, token)
    return error.value.code


async def made(wiring, person, *, by=None, **wish):
    async with wiring.writing(by or person.actor) as unit:
        return (await personal.add_token(unit, person.id, Wish(name="laptop", **wish)))[1]


async def client_token(wiring, person, **wish):
    """An access token of a new client, and the client's row."""
    async with wiring.writing(person.actor) as unit:
        row, secret = await clients.add_client(unit, person.id, Wish(name="robot", **wish))
    async with wiring.reading() as unit:
        known = await clients.known_by_secret(unit, row.client_id, secret)
    token = tokens.access_token(
        wiring.keys,
        known.account_id,
        now=wiring.clock.now(),
        minutes=30,
        scopes=None if known.whole else known.scopes,
        client_id=known.client_id,
    )
    return token, row


async def link(wiring, person, *, hides_owner=False):
    """The token of a reviewer link to somebody's personal project."""
    async with wiring.writing(person.actor) as unit:
        unit.session.add(
            ReviewerLink(
                scope_id=person.actor.personal_project_id,
                name="referee 2",
                digest=digest_of("sqr_referee"),
                hides_owner=hides_owner,
                created_by=person.id,
                expires_at=unit.now + timedelta(days=30),
            )
        )
    return "sqr_referee"


async def test_a_personal_access_token_is_told_once_and_kept_as_a_digest(wiring, alice):
    token = await made(wiring, alice)
    assert token.startswith("sqk_")
    async with wiring.reading() as unit:
        row = (await unit.session.scalars(select(AccessToken))).one()
        event = (await unit.session.scalars(select(Event).where(Event.verb == "token.create"))).one()
    assert (row.name, len(row.digest)) == ("laptop", 64)
    assert token not in f"{vars(row)} {vars(event)}"
    actor = await who(wiring, token)
    assert (actor.account_id, actor.address, actor.request_id) == (alice.id, "10.0.0.7", "r1")
    assert (actor.scopes, actor.token_id) == (None, row.id)
    assert list(actor.organisations.values()) == ["owner"]


async def test_a_personal_access_token_ends_when_it_expires(wiring, alice, clock):
    token = await made(wiring, alice, days=7)
    dated = await made(wiring, alice, expires_at=clock.now() + timedelta(days=7))
    clock.advance(days=6)
    assert (await who(wiring, token)).account_id == (await who(wiring, dated)).account_id == alice.id
    clock.advance(days=1)
    assert await refused(wiring, token) == await refused(wiring, dated) == "invalid_token"


async def test_revoking_ends_one_token_and_nobody_revokes_somebody_elses(wiring, alice, bob):
    lost, kept = await made(wiring, alice), await made(wiring, alice)
    token_id = (await who(wiring, lost)).token_id
    for somebody, which in ((bob, token_id), (alice, new_id())):
        with pytest.raises(NotFound):
            async with wiring.writing(somebody.actor) as unit:
                await personal.revoke(unit, somebody.id, which)
    async with wiring.writing(alice.actor) as unit:
        await personal.revoke(unit, alice.id, token_id)
    assert await refused(wiring, lost) == "invalid_token"
    assert (await who(wiring, kept)).account_id == alice.id
    with pytest.raises(NotFound):
        async with wiring.writing(alice.actor) as unit:
            await personal.revoke(unit, alice.id, token_id)


async def test_without_the_scope_admin_an_administrators_token_has_no_such_powers(wiring, admin):
    roles = {}
    for scopes in (None, ["read"], ["write"], ["read", "admin"]):
        actor = await who(wiring, await made(wiring, admin, scopes=scopes))
        roles[str(scopes)] = (actor.admin, actor.may_write)
        client, _ = await client_token(wiring, admin, scopes=scopes)
        actor = await who(wiring, client)
        assert (actor.admin, actor.may_write) == roles[str(scopes)]
    assert roles == {
        "None": (True, True),
        "['read']": (False, False),
        "['write']": (False, True),
        "['read', 'admin']": (True, False),
    }


async def test_the_scope_admin_makes_no_administrator(wiring, alice):
    assert not (await who(wiring, await made(wiring, alice, scopes=["admin", "write"]))).admin


async def test_a_token_makes_none_with_wider_scopes_than_its_own(wiring, alice):
    narrow = await who(wiring, await made(wiring, alice, scopes=["write"]))
    assert (await who(wiring, await made(wiring, alice, by=narrow, scopes=["read"]))).scopes == {"read"}
    for wider in (None, ["admin"], ["read", "write", "admin"]):
        for add in (personal.add_token, clients.add_client):
            async with wiring.writing(narrow) as unit:
                with pytest.raises(InsufficientScope):
                    await add(unit, alice.id, Wish(name="wider", scopes=wider))


async def test_a_clients_token_ends_with_the_client(wiring, alice, bob, clock):
    token, row = await client_token(wiring, alice, scopes=["read"])
    assert (await who(wiring, token)).scopes == {"read"}
    short, _ = await client_token(wiring, alice, days=1)
    with pytest.raises(NotFound):
        async with wiring.writing(bob.actor) as unit:
            await clients.revoke(unit, bob.id, row.id)
    async with wiring.writing(alice.actor) as unit:
        await clients.revoke(unit, alice.id, row.id)
    assert await refused(wiring, token) == "invalid_token"
    assert (await who(wiring, short)).account_id == alice.id
    clock.advance(days=1)
    assert await refused(wiring, short) == "expired_token"
    async with wiring.reading() as unit:
        kept = [vars(row) for row in await unit.session.scalars(select(MachineClient))]
    assert "sqs_" not in str(kept)


async def test_a_clients_id_in_a_token_of_somebody_else_opens_nothing(wiring, alice, bob):
    _, row = await client_token(wiring, alice)
    forged = tokens.access_token(wiring.keys, bob.id, now=wiring.clock.now(), minutes=30, client_id=row.client_id)
    assert await refused(wiring, forged) == "invalid_token"


@pytest.mark.parametrize("end", ["deactivated", "deleted"])
async def test_no_token_outlives_its_account(wiring, alice, end):
    held = [await made(wiring, alice), (await client_token(wiring, alice))[0]]
    held.append(tokens.access_token(wiring.keys, alice.id, now=wiring.clock.now(), minutes=30))
    for token in held:
        assert (await who(wiring, token)).account_id == alice.id
    async with wiring.writing() as unit:
        if end == "deactivated":
            await unit.session.execute(update(Account).values(active=False))
        else:
            for model in (Project, Scope, Account):
                await unit.session.execute(delete(model))
    assert {await refused(wiring, token) for token in held} == {"invalid_token"}


async def test_ending_all_sessions_ends_what_was_signed_until_then_and_nothing_later(wiring, alice, bob):
    def signed(person):
        return tokens.access_token(wiring.keys, person.id, now=wiring.clock.now(), minutes=30)

    script, (robot, _) = await made(wiring, alice), await client_token(wiring, alice)
    before, others = signed(alice), signed(bob)
    async with wiring.writing() as unit:
        chains = [await sessions.begin(unit, person.id, days=7) for person in (alice, alice, bob)]
    async with wiring.writing() as unit:
        await sessions.end_all(unit, alice.id)
    after = signed(alice)
    assert await refused(wiring, before) == await refused(wiring, robot) == "invalid_token"
    for token in (after, script):
        assert (await who(wiring, token)).account_id == alice.id
    assert (await who(wiring, others)).account_id == bob.id
    async with wiring.writing() as unit:
        alive = [await sessions.rotate(unit, token, days=7) is not None for token in chains]
    assert alive == [False, False, True]


async def test_a_reviewer_link_opens_one_project_to_somebody_without_an_account(wiring, alice):
    token = await link(wiring, alice, hides_owner=True)
    actor = await who(wiring, token)
    assert (actor.account_id, actor.admin, actor.signed_in, actor.request_id) == (None, False, False, "r1")
    assert (actor.review.scope_id, actor.review.hides_owner) == (alice.actor.personal_project_id, True)


@pytest.mark.parametrize("end", ["revoked", "expired", "another"])
async def test_a_reviewer_link_ends(wiring, alice, clock, end):
    token = await link(wiring, alice)
    if end == "revoked":
        async with wiring.writing() as unit:
            await unit.session.execute(update(ReviewerLink).values(revoked_at=unit.now))
    elif end == "expired":
        clock.advance(days=30)
    assert await refused(wiring, token + ("x" if end == "another" else "")) == "invalid_token"


@pytest.mark.parametrize(
    ("wish", "fields"),
    [
        ({"name": ""}, ["name"]),
        ({"name": "x" * 101}, ["name"]),
        ({"name": "two\nlines", "scopes": []}, ["name", "scopes"]),
        ({"name": "nul\0", "scopes": ["read", "root"]}, ["name", "scopes"]),
        ({"days": 0}, ["expires_in_days"]),
        ({"days": 3651}, ["expires_in_days"]),
        ({"days": 1, "expires_at": "future"}, ["expires_at"]),
        ({"expires_at": "past"}, ["expires_at"]),
        ({"expires_at": "naive"}, ["expires_at"]),
        ({"expires_at": "far"}, ["expires_at"]),
    ],
)
async def test_everything_that_is_wrong_with_a_wish_is_told(wiring, alice, wish, fields):
    now = wiring.clock.now()
    moments = {
        "future": now + timedelta(days=1),
        "past": now - timedelta(seconds=1),
        "naive": (now + timedelta(days=1)).replace(tzinfo=None),
        "far": now + timedelta(days=3651),
    }
    if "expires_at" in wish:
        wish = wish | {"expires_at": moments[wish["expires_at"]]}
    for add in (personal.add_token, clients.add_client):
        async with wiring.writing(alice.actor) as unit:
            with pytest.raises(Rejected) as rejected:
                await add(unit, alice.id, Wish(**{"name": "laptop", **wish}))
        assert [issue.field for issue in rejected.value.issues] == fields


async def test_the_last_use_is_written_at_most_once_an_hour_and_never_by_the_reader(wiring, alice, clock):
    token_id = (await who(wiring, await made(wiring, alice))).token_id

    async def last_used():
        async with wiring.reading() as unit:
            return await unit.session.scalar(select(AccessToken.last_used_at).where(AccessToken.id == token_id))

    assert await last_used() is None
    wiring.uses.note(token_id)
    assert await last_used() is None
    await wiring.uses.write()
    first = await last_used()
    assert first is not None
    clock.advance(minutes=59)
    wiring.uses.note(token_id)
    await wiring.uses.write()
    assert await last_used() == first
    clock.advance(minutes=2)
    await wiring.uses.write()
    assert await last_used() == first
    wiring.uses.note(token_id)
    await wiring.uses.write()
    assert await last_used() - first > timedelta(hours=1)


async def test_what_was_used_last_is_written_down_when_the_service_ends(wiring, settings, alice):
    token_id = (await who(wiring, await made(wiring, alice))).token_id
    async with service(wiring).root.lifespan():
        wiring.uses.note(token_id)
    again = Wiring(settings)
    async with again.reading() as unit:
        assert await unit.session.scalar(select(AccessToken.last_used_at)) is not None
    await again.close()


async def test_any_other_text_is_no_token(wiring):
    for token in (
        "sqk_",
        "sqk_unknown",
        "sqk_\0",
        "sqk_\ud800",
        "sqk_" + "x" * 100_000,
        "sqr_",
        "sqr_\0",
        "sqr_\ud800",
    ):
        assert await refused(wiring, token) == "invalid_token"
