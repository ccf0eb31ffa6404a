"""What administrators do with accounts: list them, give roles, let in and shut out; one administrator always stays."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from sqlalchemy import or_, select

from accession.actor import ARCHIVE
from accession.audit.service import record
from accession.errors import Conflict, Denied, Malformed, NotFound, Rejected
from accession.paging import Page
from accession.people import logins, passwords, rules, sessions
from accession.people.accounts import locked
from accession.people.lists import page_of
from accession.people.models import Account
from accession.people.rules import AccountRole

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from accession.paging import PageRequest
    from accession.unit import Unit, Units


class LastAdmin(Conflict):
    """Without this account nobody would administer the archive."""

    code = "last_admin"


class AccountFilter(msgspec.Struct, frozen=True):
    """Which accounts are wanted; None: all. `q` is how a name or an e-mail address begins."""

    role: str | None = None
    active: bool | None = None
    q: str | None = None


def require_admin(unit: Unit) -> None:
    """Raise `Unauthenticated` or `Denied` unless the actor administers the archive."""
    if not unit.actor.admin:
        unit.require_account()
        raise Denied("Only administrators of the archive may do this; ask one of them.")


async def list_accounts(unit: Unit, wanted: AccountFilter, page: PageRequest) -> Page[Account]:
    """A page of accounts, newest first."""
    require_admin(unit)
    found = await page_of(unit, select(Account).where(*_conditions(wanted)), page, Account.id.desc())
    return Page([row[0] for row in found.items], found.total, found.at_least, found.next_before)


def _conditions(wanted: AccountFilter) -> list[ColumnElement[bool]]:
    """The WHERE clauses of a list of accounts."""
    where: list[ColumnElement[bool]] = []
    if wanted.role is not None:
        where.append(Account.role == role_of(wanted.role).value)
    if wanted.active is not None:
        where.append(Account.active.is_(wanted.active))
    if wanted.q:
        begins = rules.folded(wanted.q)
        if not rules.storable(begins):
            raise Malformed("'q' must be the beginning of a name or an e-mail address.")
        columns = (Account.name, Account.email)
        where.append(or_(*(column.startswith(begins, autoescape=True) for column in columns)))
    return where


def role_of(text: str) -> AccountRole:
    """Read a role; `Malformed` for what is none."""
    try:
        return AccountRole(text)
    except ValueError:
        raise Malformed(f"'role' must be one of {', '.join(AccountRole)}.") from None


async def set_role(unit: Unit, account_id: str, role: AccountRole) -> Account:
    """Give an account another role; `LastAdmin` where nobody would be left to administer the archive."""
    account = await _for_change(unit, account_id, keeps_admin=role is AccountRole.ADMIN)
    if account.role != role:
        record(unit, "account.role", str(account.id), role=role.value, before=account.role)
        account.role = role.value
    return account


async def activate(unit: Unit, account_id: str) -> Account:
    """Let an account in again."""
    account = await _for_change(unit, account_id, keeps_admin=True)
    if not account.active:
        record(unit, "account.activate", str(account.id))
        account.active = True
    return account


async def deactivate(unit: Unit, account_id: str) -> Account:
    """Shut an account out: its sessions end for good, and no token of its speaks for it as long as it is so."""
    account = await _for_change(unit, account_id, keeps_admin=False)
    if account.active:
        record(unit, "account.deactivate", str(account.id))
        account.active = False
        await logins.forget_resets(unit, account.id)
        await unit.session.flush()
        await sessions.end_all(unit, account.id)
    return account


async def unlock(unit: Unit, account_id: str) -> Account:
    """End an account's pause after wrong passwords."""
    account = await _for_change(unit, account_id, keeps_admin=True)
    if account.failed_logins or account.locked_until is not None:
        record(unit, "account.unlock", str(account.id))
        logins.unlock(account)
    return account


async def give_password(units: Units, account_id: UUID, password: str) -> None:
    """Set an account's password for an administrator of the machine; its sessions and its pause end."""
    async with units.reading(ARCHIVE) as unit:
        account = await _for_change(unit, str(account_id), keeps_admin=True)
    issues = rules.password_issues(password, account.email)
    if issues:
        raise Rejected(issues)
    password_hash = await passwords.hashed(password)
    async with units.writing(ARCHIVE) as unit:
        account = await _for_change(unit, str(account_id), keeps_admin=True)
        await logins.set_password(unit, account, password_hash)
        record(unit, "account.set_password", str(account.id))


async def first_admin(unit: Unit) -> Account | None:
    """The active administrator who has been here longest."""
    admins = select(Account).where(Account.role == AccountRole.ADMIN.value, Account.active)
    return (await unit.session.scalars(admins.order_by(Account.id).limit(1))).one_or_none()


async def _for_change(unit: Unit, text: str, *, keeps_admin: bool) -> Account:
    """The account with this id, locked; unless it `keeps_admin`, another active administrator is there and stays.

    All administrators are locked in one order first, so that of two who demote each other one is refused.
    """
    require_admin(unit)
    try:
        account_id = UUID(text)
    except ValueError:
        raise NotFound(f"There is no account {text[:80]!r}.") from None
    others = False
    if not keeps_admin:
        admins = select(Account.id).where(Account.role == AccountRole.ADMIN.value, Account.active)
        rows = await unit.session.scalars(admins.order_by(Account.id).with_for_update(key_share=True))
        others = bool(set(rows) - {account_id})
    account = await locked(unit, account_id)
    if account is None:
        raise NotFound(f"There is no account {text[:80]!r}.")
    if not (keeps_admin or others) and account.role == AccountRole.ADMIN and account.active:
        raise LastAdmin(f"{account.name} is the last active administrator; make another account one first.")
    return account
