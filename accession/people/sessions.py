"""Login sessions: chains of refresh tokens, each good for one use, where the reuse of an old one ends the chain."""

from __future__ import annotations

from datetime import timedelta
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from accession.base import new_id
from accession.errors import Unauthenticated
from accession.people.credentials import RefreshToken
from accession.people.models import Account
from accession.people.tokens import digest_of

if TYPE_CHECKING:
    from uuid import UUID

    from accession.unit import Unit

GRACE = timedelta(seconds=60)
_LONGEST = 512


async def begin(unit: Unit, account_id: UUID, *, days: float) -> str:
    """Begin a session of an active account: the first refresh token of a new chain. Its expired ones are forgotten."""
    if not await _lock(unit, account_id):
        raise Unauthenticated("This account is deactivated; ask the archive's administrator.", code="inactive_account")
    expired = delete(RefreshToken).where(RefreshToken.account_id == account_id, RefreshToken.expires_at <= unit.now)
    await unit.session.execute(expired.execution_options(synchronize_session=False))
    return _add_link(unit, account_id, new_id(), days)


async def rotate(unit: Unit, token: str, *, days: float) -> tuple[UUID, str] | None:
    """Trade a refresh token for the account that it speaks for and the next token of the chain.

    A used token is good for another `GRACE`, since two tabs may refresh at once and an answer may get lost. After that
    it can only be a stolen one: the chain ends. None: the token holds no more. The caller must not raise inside the
    unit then, or the end of the chain is rolled back with it.
    """
    chain = await _chain(unit, token)
    if chain is None:
        return None
    account_id, family = chain
    active = await _lock(unit, account_id)
    link = await unit.session.scalar(select(RefreshToken).where(RefreshToken.digest == digest_of(token)))
    if not active or link is None or link.revoked_at is not None or link.expires_at <= unit.now:
        return None
    if link.used_at is not None and unit.now - link.used_at > GRACE:
        await _end_chain(unit, family)
        return None
    link.used_at = link.used_at or unit.now
    return account_id, _add_link(unit, account_id, family, days)


async def end(unit: Unit, token: str) -> None:
    """End the session that a refresh token belongs to; an unknown token is none to end."""
    chain = await _chain(unit, token)
    if chain is not None:
        account_id, family = chain
        await _lock(unit, account_id)
        await _end_chain(unit, family)


async def end_all(unit: Unit, account_id: UUID) -> None:
    """End all sessions of an account: its refresh tokens, and the access tokens that were made until now.

    For a new password, a reset, and the end of an account. Personal access tokens and machine clients are credentials
    of their own and stay.
    """
    await _lock(unit, account_id)
    chains = update(RefreshToken).where(RefreshToken.account_id == account_id, RefreshToken.revoked_at.is_(None))
    cut = update(Account).where(Account.id == account_id).values(tokens_valid_from=unit.now)
    for statement in (chains.values(revoked_at=unit.now), cut):
        await unit.session.execute(statement.execution_options(synchronize_session=False))


async def _chain(unit: Unit, token: str) -> tuple[UUID, UUID] | None:
    """The account and the family of a refresh token; neither ever changes."""
    if len(token) > _LONGEST:
        return None
    statement = select(RefreshToken.account_id, RefreshToken.family).where(RefreshToken.digest == digest_of(token))
    row = (await unit.session.execute(statement)).one_or_none()
    return None if row is None else (row.account_id, row.family)


async def _lock(unit: Unit, account_id: UUID) -> bool:
    """Make the sessions of one account wait for each other; whether the account is active.

    Without it, a token could be added to a chain in the moment in which another request ends that chain.
    """
    lock = select(Account.active).where(Account.id == account_id).with_for_update(key_share=True)
    return bool(await unit.session.scalar(lock))


def _add_link(unit: Unit, account_id: UUID, family: UUID, days: float) -> str:
    """Add a fresh token to a chain."""
    token = token_urlsafe(32)
    expires_at = unit.now + timedelta(days=days)
    unit.session.add(RefreshToken(account_id=account_id, family=family, digest=digest_of(token), expires_at=expires_at))
    return token


async def _end_chain(unit: Unit, family: UUID) -> None:
    """Revoke every token of a chain."""
    statement = update(RefreshToken).where(RefreshToken.family == family, RefreshToken.revoked_at.is_(None))
    await unit.session.execute(statement.values(revoked_at=unit.now).execution_options(synchronize_session=False))
