"""Machine clients: an id and a secret that trade themselves for short access tokens of an account."""

from __future__ import annotations

import hmac
from functools import cache
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, or_, select, update

from accession.audit.service import record
from accession.base import Time
from accession.errors import NotFound
from accession.people.accounts import actor_columns, actor_from
from accession.people.credentials import MachineClient
from accession.people.lists import page_of
from accession.people.models import Account
from accession.people.scopes import TokenScope, kept, require_within
from accession.people.tokens import digest_of
from accession.people.wishes import Wish, end_of

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Row, Select

    from accession.actor import Actor
    from accession.paging import Page, PageRequest
    from accession.people.tokens import Spoken
    from accession.unit import Unit

_NOBODY = digest_of("")


class Known(msgspec.Struct, frozen=True):
    """A client that has shown its secret: whom it speaks for, and for how much."""

    id: UUID
    client_id: str
    account_id: UUID
    scopes: frozenset[str]
    whole: bool  # it may all that its account may


async def known_by_secret(unit: Unit, client_id: str, secret: str) -> Known | None:
    """The client with this id and secret; None where it is unknown, ended, or its account is not active."""
    rows = await unit.fetch(_holding(), {"client_id": client_id, "now": unit.now})
    right = hmac.compare_digest(digest_of(secret), rows[0].secret_digest if rows else _NOBODY)
    if not rows or not right:
        return None
    row = rows[0]
    own = {TokenScope.READ.value, TokenScope.WRITE.value}
    if row.role == "admin":
        own.add(TokenScope.ADMIN.value)
    scopes = frozenset(own if row.scopes is None else row.scopes)
    return Known(row.id, client_id, row.account_id, scopes, whole=row.scopes is None)


async def actor_of(unit: Unit, said: Spoken) -> Actor:
    """The Actor that a client's access token speaks for while the client holds, or `Unauthenticated`."""
    values = {
        "client_id": said.client_id,
        "account_id": said.account_id,
        "made_at": said.made_at,
        "now": unit.now,
    }
    rows = await unit.fetch(_bearer(), values)
    return actor_from(unit, rows).within(said.scopes).by_delegate(rows[0].client_ends)


@cache
def _holding() -> Select[Any]:
    """A client that holds, with the role of its account."""
    return (
        select(
            MachineClient.id,
            MachineClient.account_id,
            MachineClient.secret_digest,
            MachineClient.scopes,
            Account.role,
        )
        .join(Account, Account.id == MachineClient.account_id)
        .where(*_alive(), Account.active)
    )


@cache
def _bearer() -> Select[Any]:
    """The account of a client that holds, if its tokens of that time do."""
    cut = Account.tokens_valid_from
    return (
        actor_columns()
        .add_columns(MachineClient.expires_at.label("client_ends"))
        .join(MachineClient, MachineClient.account_id == Account.id)
        .where(
            *_alive(),
            Account.id == bindparam("account_id"),
            or_(cut.is_(None), cut <= bindparam("made_at", type_=Time)),
        )
    )


def _alive() -> tuple[ColumnElement[bool], ...]:
    """The conditions that a client of this name is neither revoked nor ended."""
    ends = MachineClient.expires_at
    return (
        MachineClient.client_id == bindparam("client_id"),
        MachineClient.revoked_at.is_(None),
        or_(ends.is_(None), ends > bindparam("now", type_=Time)),
    )


async def add_client(unit: Unit, account_id: UUID, wish: Wish) -> tuple[MachineClient, str]:
    """Make a client of an account, within the scopes and the time of whoever asks; its secret is told here only."""
    expires_at = end_of(wish, unit.now, unit.actor.until)
    require_within(wish.scopes, unit.actor.scopes)
    secret = f"sqs_{token_urlsafe(32)}"
    row = MachineClient(
        account_id=account_id,
        name=wish.name.strip(),
        client_id=f"sqc_{token_urlsafe(16)}",
        secret_digest=digest_of(secret),
        scopes=kept(wish.scopes),
        expires_at=expires_at,
    )
    unit.session.add(row)
    await unit.session.flush()
    record(unit, "client.create", str(row.id), account=str(account_id), name=row.name, scopes=row.scopes)
    return row, secret


async def list_clients(unit: Unit, account_id: UUID, wanted: PageRequest) -> Page[Row[Any]]:
    """One page of an account's clients that are not revoked, newest first."""
    columns = (
        MachineClient.id,
        MachineClient.name,
        MachineClient.client_id,
        MachineClient.scopes,
        MachineClient.created_at,
        MachineClient.expires_at,
        MachineClient.last_used_at,
    )
    rows = select(*columns).where(MachineClient.account_id == account_id, MachineClient.revoked_at.is_(None))
    return await page_of(unit, rows, wanted, MachineClient.id.desc())


async def revoke(unit: Unit, account_id: UUID, client_row: UUID) -> None:
    """End one of the account's clients and with it all tokens that it was given; `NotFound` where it has none such."""
    statement = (
        update(MachineClient)
        .where(
            MachineClient.id == client_row,
            MachineClient.account_id == account_id,
            MachineClient.revoked_at.is_(None),
        )
        .values(revoked_at=unit.now)
        .returning(MachineClient.name)
        .execution_options(synchronize_session=False)
    )
    name = (await unit.session.execute(statement)).scalar_one_or_none()
    if name is None:
        raise NotFound("There is no such client, or it is not yours.")
    record(unit, "client.revoke", str(client_row), account=str(account_id), name=name)


async def note_use(unit: Unit, client_row: UUID) -> None:
    """Write down that a client was given a token now."""
    statement = update(MachineClient).where(MachineClient.id == client_row).values(last_used_at=unit.now)
    await unit.session.execute(statement.execution_options(synchronize_session=False))
