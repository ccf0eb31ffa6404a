"""Accounts: opening one, finding one, and the Actor that stands for one."""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import exists, or_, select
from sqlalchemy.exc import IntegrityError

from accession.actor import Actor
from accession.base import State, new_id
from accession.errors import Conflict, Rejected, Unauthenticated
from accession.people import rules
from accession.people.models import Account, Grant, GroupMember, Membership, Organisation, Scope
from accession.people.rules import AccountRole, MemberRole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Label, Row, Select

    from accession.unit import Unit

TAKEN = "An account with this e-mail address exists; log in instead."
_EMAIL_CONSTRAINT = ("accounts.email", "uq_accounts_email")  # as SQLite and PostgreSQL tell it


class Newcomer(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody for whom an account is to be opened. Without a `name` one is made of the e-mail address."""

    email: str
    full_name: str
    name: str | None = None
    role: AccountRole = AccountRole.SUBMITTER
    can_run_pipelines: bool = False


class NameTaken(Conflict):
    """Another account has the name."""

    code = "name_taken"


class EmailTaken(Conflict):
    """Another account has the e-mail address."""

    code = "email_taken"


def checked(newcomer: Newcomer, password: str | None) -> Newcomer:
    """The newcomer as it is stored, or `Rejected` with everything that is wrong; no password is no fault."""
    email = rules.folded(newcomer.email)
    name = None if newcomer.name is None else rules.folded(newcomer.name)
    issues = [
        *([] if name is None else rules.name_issues(name)),
        *rules.email_issues(email),
        *([] if password is None else rules.password_issues(password, email)),
        *rules.title_issues(newcomer.full_name, "full_name"),
    ]
    if issues:
        raise Rejected(issues)
    return msgspec.structs.replace(newcomer, email=email, name=name, full_name=newcomer.full_name.strip())


async def open_account(unit: Unit, newcomer: Newcomer, password_hash: str | None) -> tuple[Account, Scope]:
    """Add a checked newcomer with a personal organisation and the private access scope of a personal project.

    Raises `EmailTaken` or `NameTaken`. The project itself, of the scope's id, is for the caller to add.
    """
    session = unit.session
    if await session.scalar(select(Account.id).where(Account.email == newcomer.email)):
        raise EmailTaken(TAKEN)
    name = newcomer.name or await _free_name(unit, newcomer.email)
    account = Account(
        id=new_id(),
        name=name,
        email=newcomer.email,
        full_name=newcomer.full_name,
        password_hash=password_hash,
        role=newcomer.role.value,
        active=True,
        can_run_pipelines=newcomer.can_run_pipelines,
        personal_project_id=new_id(),
    )
    await _insert(unit, account)
    organisation = Organisation(
        id=new_id(),
        slug=rules.PERSONAL_SLUG + name,
        title=f"Personal organisation of {newcomer.full_name}"[:200],
        personal=True,
    )
    session.add(organisation)
    await session.flush()
    scope = Scope(
        id=account.personal_project_id, owner_id=account.id, organisation_id=organisation.id, state=State.PRIVATE
    )
    session.add(scope)
    session.add(Membership(account_id=account.id, organisation_id=organisation.id, role=MemberRole.OWNER.value))
    await session.flush()
    return account, scope


async def _free_name(unit: Unit, email: str) -> str:
    """The name made of an e-mail address, or where that is taken, one with a random ending."""
    name = rules.name_of_email(email)
    taken = await unit.session.scalar(select(Account.id).where(Account.name == name))
    return rules.name_of_email(email, token_hex(3)) if taken else name


async def _insert(unit: Unit, account: Account) -> None:
    """Insert the account; somebody else's may have come since the look."""
    unit.session.add(account)
    try:
        await unit.session.flush()
    except IntegrityError as error:
        if any(constraint in str(error.orig) for constraint in _EMAIL_CONSTRAINT):
            raise EmailTaken(TAKEN) from error
        raise NameTaken(f"The name {account.name!r} is taken; choose another one.") from error


async def find(unit: Unit, who: str) -> Account | None:
    """The account with this name or e-mail address, in any case of letters."""
    wanted = rules.folded(who)
    if not wanted or len(wanted) > rules.EMAIL_LIMIT or not rules.storable(wanted):
        return None
    statement = select(Account).where(or_(Account.email == wanted, Account.name == wanted))
    return (await unit.session.scalars(statement)).one_or_none()


async def account_of(unit: Unit) -> Account:
    """The account of the unit's actor, or `Unauthenticated`."""
    account = await unit.session.get(Account, unit.require_account())
    if account is None:
        raise Unauthenticated("The account of this token no longer exists.")
    return account


async def locked(unit: Unit, account_id: UUID) -> Account | None:
    """The account as it is now, unchanged by others until the commit."""
    lock = select(Account).where(Account.id == account_id).with_for_update(key_share=True)
    return (await unit.session.scalars(lock.execution_options(populate_existing=True))).one_or_none()


async def load_actor(unit: Unit, account_id: UUID) -> Actor:
    """The Actor of an active account, with its organisations, and the address and request of the unit's caller.

    A deactivated or absent account is `Unauthenticated`.
    """
    return await actor_where(unit, actor_columns().where(Account.id == account_id))


def actor_columns() -> Select[Any]:
    """The select of what an Actor needs: one row for each membership of the account, or one row without any."""
    return select(
        Account.id,
        Account.role,
        Account.email,
        Account.active,
        Account.personal_project_id,
        Membership.organisation_id,
        Membership.role.label("member_role"),
        _has_grants(),
    ).outerjoin(Membership, Membership.account_id == Account.id)


def _has_grants() -> Label[bool]:
    """Whether there is any grant to the account or to one of its groups."""
    own = exists().where(Grant.account_id == Account.id)
    shared = exists().where(Grant.group_id == GroupMember.group_id, GroupMember.account_id == Account.id)
    return or_(own, shared).label("granted")


async def actor_where(unit: Unit, statement: Select[Any]) -> Actor:
    """The Actor that the rows of `statement` (from `actor_columns`) describe, or `Unauthenticated`."""
    return actor_from(unit, (await unit.session.execute(statement)).all())


def actor_from(unit: Unit, rows: Sequence[Row[Any]]) -> Actor:
    """The Actor that rows of `actor_columns` describe; none, or one that is not active, is `Unauthenticated`."""
    if not rows or not rows[0].active:
        raise Unauthenticated("The token is not valid (any more); log in again.", code="invalid_token")
    first = rows[0]
    return Actor(
        account_id=first.id,
        role=first.role,
        email=first.email,
        personal_project_id=first.personal_project_id,
        organisations={row.organisation_id: row.member_role for row in rows if row.organisation_id is not None},
        granted=bool(first.granted),
        address=unit.actor.address,
        request_id=unit.actor.request_id,
    )
