"""Wrong passwords cost the same whoever is meant, and many of them in a row pause an account for a while."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import event, func, select, update

from accession.audit.models import Event
from accession.errors import Denied, Rejected, Unauthenticated
from accession.limits import RequestCount
from accession.people import logins, passwords, sessions
from accession.people.credentials import RefreshToken
from accession.people.models import Account
from accession.people.rules import Lockout

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_passwords")]
LOCKOUT = Lockout(attempts=3, pause=timedelta(minutes=15))


async def tried(wiring, who, password):
    """The refusal's code and words, or None for a login."""
    try:
        await logins.check_login(wiring, who, password, lockout=LOCKOUT)
    except Unauthenticated as refused:
        return refused.code, refused.detail
    return None


async def failed(wiring, who, times):
    for _ in range(times):
        assert await tried(wiring, who, "wrong") is not None


async def changed(wiring, person, **values):
    async with wiring.writing() as unit:
        await unit.session.execute(update(Account).where(Account.id == person.id).values(**values))


async def row(wiring, person):
    async with wiring.reading() as unit:
        return await unit.session.get(Account, person.id)


@pytest.fixture
def checks(monkeypatch):
    """The hashes that passwords were compared with."""
    compared = []
    real = Argon2Hasher.verify

    def verify(self, password, password_hash):
        compared.append(password_hash)
        return real(self, password, password_hash)

    monkeypatch.setattr(Argon2Hasher, "verify", verify)
    return compared


@pytest.fixture
def writes(wiring):
    """The tables that statements wrote to."""
    written = []

    def watch(connection, cursor, statement, parameters, context, executemany):
        verb, *rest = statement.split()
        if verb in {"INSERT", "UPDATE", "DELETE"}:
            written.append(rest[rest[0] in {"INTO", "FROM"}])

    event.listen(wiring.engines.write.sync_engine, "before_cursor_execute", watch)
    return written


async def test_whatever_is_wrong_one_check_is_made_one_write_and_one_answer(wiring, alice, bob, admin, checks, writes):
    await changed(wiring, bob, active=False)
    await changed(wiring, admin, password_hash=None)
    await failed(wiring, "alice", 3)
    refusals = set()
    for who, password in [
        ("nobody", "wrong"),
        ("nobody", alice.password),
        ("a\0", "wrong"),
        ("x" * 500, "wrong"),
        ("bob", "wrong"),
        ("bob", bob.password),
        ("root", "wrong"),
        ("root", admin.password),
        ("alice", "wrong"),
        ("alice", alice.password),
        ("alice", "x" * 5000),
        ("alice", "nul\0"),
    ]:
        checks.clear()
        writes.clear()
        refusals.add(await tried(wiring, who, password))
        assert (who, password, len(checks)) == (who, password, 1)
        assert "request_counts" in writes, (who, password)
    assert len(refusals) == 1
    async with wiring.reading() as unit:
        assert await unit.session.scalar(select(func.sum(RequestCount.count))) == 15


async def test_too_many_wrong_passwords_in_a_row_pause_the_account_and_the_pause_ends(wiring, alice, clock):
    await failed(wiring, "alice", 2)
    assert await tried(wiring, "alice", alice.password) is None
    await failed(wiring, alice.email, 3)
    assert await tried(wiring, "alice", alice.password) is not None
    clock.advance(minutes=14)
    assert await tried(wiring, "alice", alice.password) is not None
    clock.advance(minutes=2)
    await failed(wiring, "alice", 2)
    assert await tried(wiring, "alice", alice.password) is None
    assert (await row(wiring, alice)).failed_logins == 0
    async with wiring.reading() as unit:
        paused = (await unit.session.scalars(select(Event).where(Event.verb == "account.pause"))).all()
    assert [found.subject for found in paused] == [str(alice.id)]


async def test_tries_within_a_pause_do_not_make_it_longer(wiring, alice, clock):
    await failed(wiring, "alice", 3)
    clock.advance(minutes=10)
    await failed(wiring, "alice", 5)
    clock.advance(minutes=6)
    assert await tried(wiring, "alice", alice.password) is None


async def test_of_many_guesses_at_once_no_more_than_the_allowed_ones_count(wiring, alice, monkeypatch):
    """The right password among them is found by a check, but not answered once the others have paused the account."""
    checked, paused = [], asyncio.Event()
    all_checked = asyncio.Event()

    async def together(password, password_hash):
        checked.append(password)
        if len(checked) == 12:
            all_checked.set()
        await (paused if password == alice.password else all_checked).wait()
        return passwords.Match(right=password == alice.password)

    monkeypatch.setattr(passwords, "match", together)
    right = asyncio.create_task(tried(wiring, "alice", alice.password))
    wrong = await asyncio.gather(*(tried(wiring, "alice", f"guess-{number}") for number in range(11)))
    paused.set()
    assert None not in [*wrong, await right]
    account = await row(wiring, alice)
    assert account.failed_logins == 3
    assert account.locked_until is not None


async def test_many_right_logins_at_once_all_get_in(wiring, alice):
    assert await asyncio.gather(*(tried(wiring, "alice", alice.password) for _ in range(6))) == [None] * 6


async def test_a_password_that_was_changed_during_its_check_is_a_wrong_one(wiring, alice, monkeypatch):
    async def slow(password, password_hash):
        await changed(wiring, alice, password_hash="another")
        return passwords.Match(right=True)

    monkeypatch.setattr(passwords, "match", slow)
    assert await tried(wiring, "alice", alice.password) is not None


async def test_a_login_renews_a_hash_that_was_made_with_less_effort(wiring, alice):
    weak = Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1).hash(alice.password)
    await changed(wiring, alice, password_hash=weak)
    assert await tried(wiring, "alice", "wrong") is not None
    assert (await row(wiring, alice)).password_hash == weak
    assert await tried(wiring, "alice", alice.password) is None
    renewed = (await row(wiring, alice)).password_hash
    assert "m=1024,t=1,p=1" in renewed
    assert await tried(wiring, "alice", alice.password) is None


async def test_a_new_password_ends_every_session_but_the_one_that_begins_with_it(wiring, alice):
    async with wiring.writing() as unit:
        old = await sessions.begin(unit, alice.id, days=7)
    account_id, new = await logins.change_password(wiring, alice.actor, alice.password, "another password", days=7)
    assert account_id == alice.id
    async with wiring.writing() as unit:
        assert await sessions.rotate(unit, old, days=7) is None
    async with wiring.writing() as unit:
        assert await sessions.rotate(unit, new, days=7) is not None
    assert await tried(wiring, "alice", alice.password) is not None
    assert await tried(wiring, "alice", "another password") is None


async def test_a_new_password_needs_the_right_current_one_and_wrong_ones_count(wiring, alice):
    with pytest.raises(Rejected) as rejected:
        await logins.change_password(wiring, alice.actor, alice.password, "short", days=7)
    assert [issue.field for issue in rejected.value.issues] == ["new_password"]
    for _ in range(3):
        with pytest.raises(Denied):
            await logins.change_password(wiring, alice.actor, "wrong", "another password", days=7, lockout=LOCKOUT)
    with pytest.raises(Denied):
        await logins.change_password(wiring, alice.actor, alice.password, "another password", days=7, lockout=LOCKOUT)
    async with wiring.reading() as unit:
        assert await unit.session.scalar(select(func.count()).select_from(RefreshToken)) == 0
