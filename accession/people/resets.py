"""Sets a new password by a token that went out by mail: asked for by anybody, good once, for an hour.

Asking looks at no account: the request only notes a mail to an address. The job that sends it finds the account, or
nobody to write to, so that the answer, its time and what it leaves behind are the same for every address.
"""

from __future__ import annotations

from datetime import timedelta
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, delete, func, select, update

from accession import outbox
from accession.actor import ANONYMOUS, Actor
from accession.audit.service import record
from accession.errors import Rejected, Unauthenticated
from accession.outbox import Kind
from accession.people import passwords, rules
from accession.people.accounts import find, locked
from accession.people.credentials import AccessToken, Identity, MachineClient, PasswordReset
from accession.people.logins import set_password
from accession.people.models import Account
from accession.people.tokens import digest_of

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Executable

    from accession.unit import Unit, Units

LIFETIME = timedelta(hours=1)
MOST_AN_HOUR = 3
SUBJECT = "Set a new password"
_HOUR = timedelta(hours=1)
_INVALID = "The reset token is not valid (any more); ask for another mail."


async def ask(unit: Unit, email: str) -> None:
    """Have a reset mailed to an address, whoever has it; a few times an hour, and silently not more often."""
    address = rules.folded(email)
    if rules.email_issues(address):
        return
    if await outbox.count_since(unit, address, Kind.PASSWORD_RESET, unit.now - _HOUR) < MOST_AN_HOUR:
        outbox.put(unit, address, SUBJECT, kind=Kind.PASSWORD_RESET)


async def write(unit: Unit, letter_id: UUID, email: str, *, base_url: str) -> str | None:
    """The body of the mail `letter_id`, with a token made just now; None where nobody is to be written to.

    A letter has one token: writing it again replaces the one before.
    """
    account = await find(unit, email)
    account = None if account is None else await locked(unit, account.id)
    if account is None or not account.active or account.email != email:
        return None
    known = await unit.session.get(PasswordReset, letter_id)
    if known is None and await _count_since(unit, account.id) >= MOST_AN_HOUR:
        return None
    token = token_urlsafe(32)
    if known is None:
        known = PasswordReset(id=letter_id, account_id=account.id)
        unit.session.add(known)
    known.digest, known.expires_at = digest_of(token), unit.now + LIFETIME
    return _text(account.full_name, token, base_url)


async def _count_since(unit: Unit, account_id: UUID) -> int:
    """How many tokens were made for an account within the last hour."""
    made = select(func.count()).where(
        PasswordReset.account_id == account_id, PasswordReset.expires_at > unit.now - _HOUR + LIFETIME
    )
    return int(await unit.session.scalar(made) or 0)


def _text(full_name: str, token: str, base_url: str) -> str:
    """What the mail says."""
    return f"""Hello {full_name},

somebody, hopefully you, has asked for a new password for your account at the archive {base_url}.
Your reset token, good once and for an hour:

    {token}

To set the password, send the token with it to the archive:

    curl -X POST {base_url}/api/v1/auth/reset-password \\
      -H 'Content-Type: application/json' \\
      -d '{{"token": "{token}", "new_password": "YOUR NEW PASSWORD"}}'

Where the archive has web pages, this link does the same:

    {base_url}/reset-password?token={token}

If it was not you, do nothing: without the token nobody can change your password.
"""


async def redeem(units: Units, token: str, new_password: str, *, caller: Actor = ANONYMOUS) -> None:
    """Set the password of the account that the token was mailed to; ends all its sessions and a pause after failures.

    The first time, which proves the address, everything else ends too that opens the account.
    Raises `Unauthenticated` for a token that does not hold, `Rejected` for a password that cannot be.
    """
    async with units.reading(caller) as unit:
        held = select(Account.email).join(PasswordReset, PasswordReset.account_id == Account.id)
        email = await unit.session.scalar(held.where(*_holds(unit, token), Account.active))
    if email is None:
        raise Unauthenticated(_INVALID, code="invalid_token")
    issues = rules.password_issues(new_password, email, field="new_password")
    if issues:
        raise Rejected(issues)
    password_hash = await passwords.hashed(new_password)
    async with units.writing(caller) as unit:
        await _set(unit, token, password_hash)


def _holds(unit: Unit, token: str) -> tuple[ColumnElement[bool], ...]:
    """The conditions that a token can still be used."""
    return (
        PasswordReset.digest == digest_of(token),
        PasswordReset.used_at.is_(None),
        PasswordReset.expires_at > unit.now,
    )


async def _set(unit: Unit, token: str, password_hash: str) -> None:
    """Use the token up; of many that come with it at once, one finds it unused."""
    used = update(PasswordReset).where(*_holds(unit, token)).values(used_at=unit.now)
    statement = used.returning(PasswordReset.account_id).execution_options(synchronize_session=False)
    account_id = await unit.session.scalar(statement)
    account = None if account_id is None else await locked(unit, account_id)
    if account is None or not account.active:
        raise Unauthenticated(_INVALID, code="invalid_token")
    if not account.email_verified:
        await _end_credentials(unit, account.id)
    account.email_verified = True
    await set_password(unit, account, password_hash)
    record(unit, "account.password_reset", str(account.id))


async def _end_credentials(unit: Unit, account_id: UUID) -> None:
    """End what opens an account beside its password: until its address was proven, anybody may have made it."""
    ended: dict[str, int] = {}
    for name, model in (("tokens", AccessToken), ("clients", MachineClient)):
        held = update(model).where(model.account_id == account_id, model.revoked_at.is_(None))
        ended[name] = await _count_of(unit, held.values(revoked_at=unit.now).returning(model.id))
    linked = delete(Identity).where(Identity.account_id == account_id).returning(Identity.id)
    ended["identities"] = await _count_of(unit, linked)
    if any(ended.values()):
        record(unit, "account.credentials_end", str(account_id), **ended)


async def _count_of(unit: Unit, statement: Executable) -> int:
    return len((await unit.session.execute(statement.execution_options(synchronize_session=False))).all())


async def tidy(unit: Unit) -> None:
    """Forget the tokens that ended more than a day ago."""
    old = delete(PasswordReset).where(PasswordReset.expires_at <= unit.now - outbox.WORTH_SENDING)
    await unit.session.execute(old.execution_options(synchronize_session=False))
