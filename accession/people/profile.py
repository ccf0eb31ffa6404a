"""What people say of themselves: their name, affiliation, ORCID iD and e-mail address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accession import outbox
from accession.audit.service import record
from accession.errors import Rejected, Unauthenticated
from accession.issues import Issue
from accession.people import logins, rules
from accession.people.accounts import TAKEN, EmailTaken, locked
from accession.people.models import Account, Membership, Organisation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import Row

    from accession.actor import Actor
    from accession.people.rules import Lockout
    from accession.unit import Unit, Units

FIELDS = ("full_name", "affiliation", "orcid", "email")


async def memberships(unit: Unit, account_id: UUID) -> Sequence[Row[Any]]:
    """The organisations of an account by slug: (slug, title, personal, role)."""
    joined = select(Organisation.slug, Organisation.title, Organisation.personal, Membership.role).join(
        Membership, Membership.organisation_id == Organisation.id
    )
    mine = joined.where(Membership.account_id == account_id).order_by(Organisation.slug)
    return (await unit.session.execute(mine)).all()


def checked(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes as they are stored, or `Rejected` with everything that is wrong."""
    kept = {name: value.strip() if isinstance(value, str) else value for name, value in changes.items()}
    issues: list[Issue] = []
    if "full_name" in kept:
        issues += rules.title_issues(kept["full_name"], "full_name")
    if kept.get("affiliation") is not None:
        issues += rules.title_issues(kept["affiliation"], "affiliation", rules.AFFILIATION_LIMIT)
    if kept.get("orcid") is not None:
        kept["orcid"] = kept["orcid"].upper().removeprefix("HTTPS://ORCID.ORG/")
        issues += rules.orcid_issues(kept["orcid"])
    if "email" in kept:
        kept["email"] = rules.folded(kept["email"])
        issues += rules.email_issues(kept["email"])
    if issues:
        raise Rejected(issues)
    return kept


async def change_profile(
    units: Units,
    caller: Actor,
    changes: Mapping[str, Any],
    *,
    current_password: str | None = None,
    lockout: Lockout | None = None,
) -> None:
    """Merge `changes` (some of `FIELDS`) into the caller's account; another e-mail address needs the password.

    The new address counts as unverified, and what was mailed to the old one to set a password holds no more.
    """
    kept = checked(changes)

    async def merged(unit: Unit, account: Account) -> bool:
        await _merge(unit, account, kept)
        return True

    if kept.get("email", caller.email) != caller.email:
        if current_password is None:
            message = "Another 'email' needs the 'current_password' with it."
            raise Rejected([Issue("missing_required", message, field="current_password")])
        await logins.confirmed(units, caller, current_password, merged, lockout=lockout)
        return
    async with units.writing(caller) as unit:
        account = await locked(unit, unit.require_account())
        if account is None:
            raise Unauthenticated("The account of this token no longer exists.")
        await merged(unit, account)


async def _merge(unit: Unit, account: Account, kept: Mapping[str, Any]) -> None:
    """Write what differs, and leave an audit event with the fields' names."""
    differing = {name: value for name, value in kept.items() if getattr(account, name) != value}
    if not differing:
        return
    if "email" in differing:
        await _move(unit, account, differing["email"])
    for name, value in differing.items():
        setattr(account, name, value)
    record(unit, "account.change", str(account.id), fields=sorted(differing))
    try:
        await unit.session.flush()
    except IntegrityError as error:
        raise EmailTaken(TAKEN) from error


async def _move(unit: Unit, account: Account, email: str) -> None:
    """Prepare another address: tell the old one, and let nothing that went there set a password."""
    taken = select(Account.id).where(Account.email == email, Account.id != account.id)
    if await unit.session.scalar(taken):
        raise EmailTaken(TAKEN)
    account.email_verified = False
    await logins.forget_resets(unit, account.id)
    body = f"""Hello {account.full_name},

your account {account.name} has another e-mail address from now on; nothing more is sent to this one.

If it was not you, tell the archive's administrator at once.
"""
    outbox.put(unit, account.email, "Your e-mail address was changed", body=body)
