"""Personal access tokens: named, within scopes, until a day or for good; for scripts that speak for an account."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, or_, select, update

from accession.audit.service import record
from accession.base import Time
from accession.errors import NotFound
from accession.people.accounts import actor_columns, actor_from
from accession.people.credentials import AccessToken
from accession.people.lists import page_of
from accession.people.models import Account
from accession.people.scopes import kept, require_within
from accession.people.tokens import digest_of
from accession.people.wishes import Wish, end_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy import Row, Select

    from accession.actor import Actor
    from accession.paging import Page, PageRequest
    from accession.unit import Unit

PREFIX = "sqk_"
_USE_IS_KNOWN_TO = timedelta(hours=1)


async def actor_of(unit: Unit, token: str) -> Actor:
    """The Actor that a personal access token speaks for, or `Unauthenticated`."""
    rows = await unit.fetch(_bearer(), {"digest": digest_of(token), "now": unit.now})
    actor = actor_from(unit, rows)
    found, scopes = rows[0], rows[0].token_scopes
    within = actor.within(None if scopes is None else frozenset(scopes))
    return within.by_delegate(found.token_ends, token_id=found.token_id)


@cache
def _bearer() -> Select[Any]:
    """The account of a token that holds."""
    alive = or_(AccessToken.expires_at.is_(None), AccessToken.expires_at > bindparam("now", type_=Time))
    return (
        actor_columns()
        .add_columns(
            AccessToken.id.label("token_id"),
            AccessToken.scopes.label("token_scopes"),
            AccessToken.expires_at.label("token_ends"),
        )
        .join(AccessToken, AccessToken.account_id == Account.id)
        .where(AccessToken.digest == bindparam("digest"), AccessToken.revoked_at.is_(None), alive)
    )


async def add_token(unit: Unit, account_id: UUID, wish: Wish) -> tuple[AccessToken, str]:
    """Make a token for an account, within the scopes and the time of whoever asks; its text is told here only."""
    expires_at = end_of(wish, unit.now, unit.actor.until)
    require_within(wish.scopes, unit.actor.scopes)
    text = PREFIX + token_urlsafe(32)
    row = AccessToken(
        account_id=account_id,
        name=wish.name.strip(),
        digest=digest_of(text),
        scopes=kept(wish.scopes),
        expires_at=expires_at,
    )
    unit.session.add(row)
    await unit.session.flush()
    record(unit, "token.create", str(row.id), account=str(account_id), name=row.name, scopes=row.scopes)
    return row, text


async def list_tokens(unit: Unit, account_id: UUID, wanted: PageRequest) -> Page[Row[Any]]:
    """One page of an account's tokens that are not revoked, newest first."""
    columns = (
        AccessToken.id,
        AccessToken.name,
        AccessToken.scopes,
        AccessToken.created_at,
        AccessToken.expires_at,
        AccessToken.last_used_at,
    )
    rows = select(*columns).where(AccessToken.account_id == account_id, AccessToken.revoked_at.is_(None))
    return await page_of(unit, rows, wanted, AccessToken.id.desc())


async def revoke(unit: Unit, account_id: UUID, token_id: UUID) -> None:
    """End one of the account's tokens; `NotFound` where it has no such token."""
    if not await _revoke_where(unit, account_id, AccessToken.id == token_id):
        raise NotFound("There is no such token, or it is not yours.")


async def revoke_named(unit: Unit, account_id: UUID, name: str) -> int:
    """End the account's tokens of this name; how many there were."""
    return await _revoke_where(unit, account_id, AccessToken.name == name)


async def _revoke_where(unit: Unit, account_id: UUID, which: Any) -> int:
    statement = (
        update(AccessToken)
        .where(AccessToken.account_id == account_id, which, AccessToken.revoked_at.is_(None))
        .values(revoked_at=unit.now)
        .returning(AccessToken.id, AccessToken.name)
        .execution_options(synchronize_session=False)
    )
    ended = (await unit.session.execute(statement)).all()
    for token_id, name in ended:
        record(unit, "token.revoke", str(token_id), account=str(account_id), name=name)
    return len(ended)


async def note_uses(unit: Unit, token_ids: Collection[UUID]) -> None:
    """Write down that tokens were used now, where that was not written within the hour."""
    before = unit.now - _USE_IS_KNOWN_TO
    due = or_(AccessToken.last_used_at.is_(None), AccessToken.last_used_at <= before)
    statement = update(AccessToken).where(AccessToken.id.in_(token_ids), due).values(last_used_at=unit.now)
    await unit.session.execute(statement.execution_options(synchronize_session=False))
