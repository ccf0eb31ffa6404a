"""Opens accounts: each begins with a personal organisation and a private personal project, so it can work at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from accession.actor import ANONYMOUS, ARCHIVE, Actor
from accession.audit.service import record
from accession.base import State
from accession.errors import Rejected
from accession.ids import Kind
from accession.numbers import mint
from accession.people import invitations, passwords
from accession.people.accounts import NameTaken, Newcomer, checked, open_account
from accession.people.rules import AccountRole
from accession.projects.models import Project

if TYPE_CHECKING:
    from uuid import UUID

    from accession.people.models import Account, Scope
    from accession.unit import Unit, Units

_ATTEMPTS = 3


async def register(
    units: Units, newcomer: Newcomer, password: str, *, invitation: str | None = None, caller: Actor = ANONYMOUS
) -> Account:
    """Open an account, which joins what an invitation is to.

    `Rejected` with everything that is wrong, `Conflict` where the e-mail or name is taken.
    """
    known = checked(newcomer, password)
    password_hash = await passwords.hashed(password)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            async with units.writing(caller) as unit:
                return await open_invited(unit, known, password_hash, invitation)
        except NameTaken:
            # A name made of the e-mail address was taken by somebody in the same moment: the next one is another.
            if known.name is not None or attempt == _ATTEMPTS:
                raise
    raise AssertionError  # the last attempt has returned or raised


async def add_account(
    units: Units, *, name: str, email: str, password: str, admin: bool = False, can_run_pipelines: bool = False
) -> UUID:
    """Open an account for an administrator of the machine, with a name of choice; its id. Raises as `register`."""
    newcomer = Newcomer(
        name=name,
        email=email,
        full_name=name,
        role=AccountRole.ADMIN if admin else AccountRole.SUBMITTER,
        can_run_pipelines=can_run_pipelines,
    )
    return (await register(units, newcomer, password, caller=ARCHIVE)).id


async def open_invited(unit: Unit, newcomer: Newcomer, password_hash: str | None, invitation: str | None) -> Account:
    """Add the rows of a checked newcomer; an invitation to the archive itself decides the role.

    The invitation is looked at first: who has none that holds does not learn whether the address has an account.
    """
    if invitation is not None:
        try:
            await invitations.pending(unit, invitation, newcomer.email)
        except Rejected as refused:
            raise Rejected([msgspec.structs.replace(issue, field="invitation") for issue in refused.issues]) from None
    account = await open_with_project(unit, newcomer, password_hash)
    if invitation is not None:
        used = await invitations.redeem(unit, invitation, account)
        if used.organisation_id is None and used.group_id is None:
            account.role = AccountRole(used.role).value
    return account


async def open_with_project(unit: Unit, newcomer: Newcomer, password_hash: str | None) -> Account:
    """Add the account and the personal project of a checked newcomer; without a password it signs in elsewhere."""
    account, scope = await open_account(unit, newcomer, password_hash)
    record(unit, "account.register", str(account.id), role=account.role)
    await _add_personal_project(unit, account, scope)
    return account


async def _add_personal_project(unit: Unit, account: Account, scope: Scope) -> None:
    """Add the project of the account's scope."""
    serials = (await mint(unit.session, {Kind.PROJECT: 1}))[Kind.PROJECT]
    unit.session.add(
        Project(
            id=scope.id,
            scope_id=scope.id,
            owner_id=account.id,
            serial=serials[0],
            state=State.PRIVATE,
            title=f"Personal project of {account.full_name}",
            description="Holds what is uploaded without naming a project; nobody else sees it.",
            project_type="Other",
            license="CC-BY-4.0",
        )
    )
    await unit.session.flush()
