"""Proves who somebody is by a password: counts wrong ones, pauses an account after many, and renews old hashes.

The password is checked outside of any unit; a short one then counts and decides. So of many guesses that come at once
no more than the allowed number is ever answered by anything but a refusal, and whatever is wrong (no such account, the
password, an account that is deactivated, paused or has no password) costs one check and one write and reads the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import delete

from accession.actor import ANONYMOUS, Actor
from accession.audit.service import record
from accession.errors import Denied, Rejected, Unauthenticated
from accession.limits import Key, add_counts, window_of
from accession.people import passwords, rules, sessions
from accession.people.accounts import account_of, find, locked
from accession.people.credentials import PasswordReset
from accession.people.rules import Lockout

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from accession.people.models import Account
    from accession.people.passwords import Match
    from accession.unit import Unit, Units

    Then = Callable[[Unit, Account], Awaitable["T"]]

T = TypeVar("T")


async def check_login(
    units: Units, who: str, password: str, *, caller: Actor = ANONYMOUS, lockout: Lockout | None = None
) -> Account:
    """The active account with this name or e-mail address and password, or `Unauthenticated`."""

    async def itself(_unit: Unit, account: Account) -> Account:
        return account

    return await _logged_in(units, who, password, itself, caller=caller, lockout=lockout)


async def log_in(
    units: Units, who: str, password: str, *, days: float, caller: Actor = ANONYMOUS, lockout: Lockout | None = None
) -> tuple[UUID, str]:
    """Begin a session by name or e-mail address and password: the account and its refresh token."""

    async def begun(unit: Unit, account: Account) -> tuple[UUID, str]:
        return account.id, await sessions.begin(unit, account.id, days=days)

    return await _logged_in(units, who, password, begun, caller=caller, lockout=lockout)


async def confirmed(units: Units, caller: Actor, password: str, then: Then[T], *, lockout: Lockout | None = None) -> T:
    """Do what the caller has to confirm with the password of its own account; `Denied` for a wrong one."""
    async with units.reading(caller) as unit:
        account = await account_of(unit)
    done = await _proven(units, account, password, then, caller=caller, lockout=lockout)
    if done is None:
        raise Denied("The current password is wrong; without one, have a reset mailed to you.", code="wrong_password")
    return done[0]


async def change_password(
    units: Units, caller: Actor, current: str, new: str, *, days: float, lockout: Lockout | None = None
) -> tuple[UUID, str]:
    """Set another password; every session of the account ends, and a new one begins for the caller."""
    async with units.reading(caller) as unit:
        account = await account_of(unit)
    issues = rules.password_issues(new, account.email, field="new_password")
    if issues:
        raise Rejected(issues)
    password_hash = await passwords.hashed(new)

    async def changed(unit: Unit, account: Account) -> tuple[UUID, str]:
        await set_password(unit, account, password_hash)
        record(unit, "account.change_password", str(account.id))
        return account.id, await sessions.begin(unit, account.id, days=days)

    return await confirmed(units, caller, current, changed, lockout=lockout)


async def set_password(unit: Unit, account: Account, password_hash: str) -> None:
    """Give a locked account's row another password: its sessions, resets under way and pause end."""
    account.password_hash = password_hash
    unlock(account)
    await forget_resets(unit, account.id)
    await unit.session.flush()
    await sessions.end_all(unit, account.id)


async def forget_resets(unit: Unit, account_id: UUID) -> None:
    """Make the reset tokens worthless that are out there for an account."""
    unused = delete(PasswordReset).where(PasswordReset.account_id == account_id, PasswordReset.used_at.is_(None))
    await unit.session.execute(unused.execution_options(synchronize_session=False))


def unlock(account: Account) -> None:
    """End the pause after wrong passwords, and begin to count anew."""
    account.failed_logins, account.locked_until = 0, None


async def _logged_in(
    units: Units, who: str, password: str, then: Then[T], *, caller: Actor, lockout: Lockout | None
) -> T:
    async with units.reading(caller) as unit:
        account = await find(unit, who)
    done = await _proven(units, account, password, then, caller=caller, lockout=lockout)
    if done is None:
        raise Unauthenticated("The e-mail address or the password is wrong.", code="wrong_credentials")
    return done[0]


async def _proven(
    units: Units, seen: Account | None, password: str, then: Then[T], *, caller: Actor, lockout: Lockout | None
) -> tuple[T] | None:
    """What `then` answers, in the unit that has found the password right; None, and counted, where it is not."""
    plausible = len(password) <= rules.PASSWORD_LIMIT and rules.storable(password)
    found = await passwords.match(password if plausible else "", seen.password_hash if seen else None)
    async with units.writing(caller) as unit:
        account = None if seen is None else await locked(unit, seen.id)
        if account is None or not _settled(unit, account, seen, found, lockout or Lockout()):
            await _count_refusal(unit)
            return None
        return (await then(unit, account),)


async def _count_refusal(unit: Unit) -> None:
    """Count refused logins by the hour: a write, so that the refusal costs one also where there is no account."""
    await add_counts(unit, {Key("anybody", "refused_login", window_of(unit.now)): 1})


def _settled(unit: Unit, account: Account, seen: Account | None, found: Match, lockout: Lockout) -> bool:
    """Whether the password counts as right; counts it on the locked row, and pauses the account after the last try.

    A pause is not prolonged by tries within it, so that nobody can be kept out for ever.
    """
    if not account.active or (account.locked_until is not None and account.locked_until > unit.now):
        return False
    if account.locked_until is not None:
        unlock(account)
    if found.right and seen is not None and account.password_hash == seen.password_hash:
        account.password_hash = found.renewed or account.password_hash
        account.failed_logins = 0
        return True
    account.failed_logins += 1
    if account.failed_logins >= lockout.attempts:
        account.locked_until = unit.now + lockout.pause
        record(unit, "account.pause", str(account.id), failed_logins=account.failed_logins)
    return False
