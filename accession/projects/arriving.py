"""Lets in whom an identity provider vouches for: the linked account, the one with the address, or a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from accession.actor import ANONYMOUS, Actor
from accession.errors import Conflict, Denied, Unauthenticated
from accession.people import identities
from accession.people.accounts import Newcomer, locked
from accession.people.models import Account
from accession.projects.registration import open_invited

if TYPE_CHECKING:
    from accession.people.identities import Provider, Vouched
    from accession.people.sign_in import Return
    from accession.unit import Unit, Units

_LINK = (
    "An account with this e-mail address exists, and the address is not verified on both sides; log in with the "
    "account's password and link it by POST /auth/oidc/link."
)


async def exchange(
    units: Units, provider: Provider, id_token: str, *, registration: str, caller: Actor = ANONYMOUS
) -> Account:
    """The active account that an ID token of the provider speaks for; opened where there is none and that is allowed.

    Raises as `arrive` and `identities.vouched_for`; the provider is asked outside of any unit.
    """
    async with units.reading(caller) as unit:
        now = unit.now
    vouched = await identities.vouched_for(provider, id_token, now=now)
    async with units.writing(caller) as unit:
        return await arrive(unit, vouched, registration=registration)


async def come_back(unit: Unit, vouched: Vouched, kept: Return, *, registration: str) -> Account:
    """The account of a sign-in that comes back: the one that asked to be linked, else as `arrive` finds it.

    A link that was begun before the account's sessions were ended, as after a theft, is not finished.
    """
    if kept.account_id is None:
        return await arrive(unit, vouched, registration=registration, invitation=kept.invitation)
    account = await locked(unit, kept.account_id)
    cut = None if account is None else account.tokens_valid_from
    if account is None or not account.active or (cut is not None and cut >= kept.begun_at):
        raise Unauthenticated("The session that asked for this link has ended; log in again.", code="invalid_token")
    await identities.link(unit, account.id, vouched)
    return account


async def arrive(unit: Unit, vouched: Vouched, *, registration: str, invitation: str | None = None) -> Account:
    """The active account of somebody who is vouched for; a new one where registration is open, or by an invitation.

    `Conflict` where the address belongs to an account that cannot be linked by it, `Denied` where none may be opened,
    `Unauthenticated` where the account is not active.
    """
    account = await identities.account_known_as(unit, vouched)
    if account is None:
        account = await _account_with_address(unit, vouched) or await _opened(unit, vouched, registration, invitation)
        await identities.link(unit, account.id, vouched)
    if not account.active:
        raise Unauthenticated("This account is deactivated; ask the archive's administrator.", code="inactive_account")
    return account


async def _account_with_address(unit: Unit, vouched: Vouched) -> Account | None:
    """The account with the address, which both sides must have verified."""
    if vouched.email is None:
        return None
    found = (await unit.session.scalars(select(Account).where(Account.email == vouched.email))).one_or_none()
    if found is not None and not (vouched.email_verified and found.email_verified):
        raise Conflict(_LINK, code="link_needed")
    return found


async def _opened(unit: Unit, vouched: Vouched, registration: str, invitation: str | None) -> Account:
    """A new account without a password."""
    if registration == "closed" or (registration == "invite" and invitation is None):
        raise Denied(
            "There is no account for this identity, and registration is not open here; ask the administrator.",
            code="registration_closed",
        )
    if vouched.email is None:
        raise Denied("The identity provider told no e-mail address; allow it to, and sign in again.", code="no_email")
    name = vouched.full_name or vouched.email.partition("@")[0]
    account = await open_invited(unit, Newcomer(email=vouched.email, full_name=name), None, invitation)
    account.email_verified = vouched.email_verified
    return account
