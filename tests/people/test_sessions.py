"""Refresh tokens rotate, forgive a lost answer for a minute, and end the whole session when an old one is reused."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select, update

from accession.people import sessions
from accession.people.credentials import RefreshToken
from accession.people.models import Account
from accession.projects.registration import add_account

pytestmark = pytest.mark.anyio


@pytest.fixture
async def account_id(wiring):
    return await add_account(wiring, name="ana", email="ana@example.org", password="correct horse")


async def begun(wiring, account_id):
    async with wiring.writing() as unit:
        return await sessions.begin(unit, account_id, days=7)


async def rotated(wiring, token):
    """The next token, or None where the session holds no more."""
    async with wiring.writing() as unit:
        answer = await sessions.rotate(unit, token, days=7)
    return answer and answer[1]


async def test_each_refresh_gives_the_account_and_another_token(wiring, account_id):
    token = await begun(wiring, account_id)
    async with wiring.writing() as unit:
        answered, following = await sessions.rotate(unit, token, days=7)
    assert answered == account_id
    assert following != token
    assert await rotated(wiring, following)


async def test_two_refreshes_at_once_with_one_token_give_two_working_tokens(wiring, account_id):
    token = await begun(wiring, account_id)
    first, second = await asyncio.gather(rotated(wiring, token), rotated(wiring, token))
    assert first
    assert second
    assert first != second
    assert await rotated(wiring, first)
    assert await rotated(wiring, second)


async def test_a_used_token_is_good_for_a_minute_and_after_that_ends_the_session(wiring, account_id, clock):
    token = await begun(wiring, account_id)
    following = await rotated(wiring, token)
    clock.advance(seconds=55)
    sibling = await rotated(wiring, token)
    assert sibling
    clock.advance(seconds=10)
    assert await rotated(wiring, token) is None
    assert await rotated(wiring, following) is None
    assert await rotated(wiring, sibling) is None


async def test_the_grace_counts_from_the_first_use(wiring, account_id, clock):
    token = await begun(wiring, account_id)
    await rotated(wiring, token)
    clock.advance(seconds=40)
    assert await rotated(wiring, token)
    clock.advance(seconds=40)
    assert await rotated(wiring, token) is None


async def test_another_session_of_the_account_goes_on(wiring, account_id, clock):
    stolen, other = await begun(wiring, account_id), await begun(wiring, account_id)
    await rotated(wiring, stolen)
    clock.advance(seconds=61)
    assert await rotated(wiring, stolen) is None
    assert await rotated(wiring, other)


async def test_a_reuse_leaves_no_token_alive_that_is_made_in_the_same_moment(wiring, account_id, clock):
    for _ in range(5):
        old = await begun(wiring, account_id)
        newest = await rotated(wiring, old)
        clock.advance(seconds=61)
        _, raced = await asyncio.gather(rotated(wiring, old), rotated(wiring, newest))
        assert await rotated(wiring, newest) is None
        assert raced is None or await rotated(wiring, raced) is None


async def test_ending_all_sessions_leaves_no_token_alive_that_is_made_in_the_same_moment(wiring, account_id):
    async def end_all():
        async with wiring.writing() as unit:
            await sessions.end_all(unit, account_id)

    for _ in range(5):
        token = await begun(wiring, account_id)
        raced, _ = await asyncio.gather(rotated(wiring, token), end_all())
        assert await rotated(wiring, token) is None
        assert raced is None or await rotated(wiring, raced) is None
    assert await rotated(wiring, await begun(wiring, account_id))


async def test_a_refresh_token_lasts_seven_days(wiring, account_id, clock):
    early, late = await begun(wiring, account_id), await begun(wiring, account_id)
    clock.advance(days=6, hours=23)
    assert await rotated(wiring, early)
    clock.advance(hours=1)
    assert await rotated(wiring, late) is None


async def test_ending_a_session_ends_all_its_tokens(wiring, account_id):
    token = await begun(wiring, account_id)
    following = await rotated(wiring, token)
    async with wiring.writing() as unit:
        await sessions.end(unit, token)
        await sessions.end(unit, "unknown")
    assert await rotated(wiring, token) is None
    assert await rotated(wiring, following) is None


async def test_a_deactivated_account_refreshes_nothing(wiring, account_id):
    token = await begun(wiring, account_id)
    async with wiring.writing() as unit:
        await unit.session.execute(update(Account).values(active=False))
    assert await rotated(wiring, token) is None


async def test_any_other_text_is_no_refresh_token(wiring):
    for token in ("", "unknown", "nul\0", "\ud800", "x" * 100_000):
        assert await rotated(wiring, token) is None


async def test_only_the_digest_is_kept_and_the_next_login_forgets_expired_ones(wiring, account_id, clock):
    token = await begun(wiring, account_id)
    async with wiring.reading() as unit:
        row = (await unit.session.scalars(select(RefreshToken))).one()
    assert token not in str(vars(row))
    clock.advance(days=6)
    alive = await begun(wiring, account_id)
    clock.advance(days=2)
    await begun(wiring, account_id)
    async with wiring.reading() as unit:
        assert await unit.session.scalar(select(func.count()).select_from(RefreshToken)) == 2
    assert await rotated(wiring, alive)
