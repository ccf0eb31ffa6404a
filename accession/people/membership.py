"""Members of organisations: who belongs to one, in which role, and that an owner always remains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from accession.audit.service import record
from accession.errors import Conflict, Denied, NotFound
from accession.numbers import visibility_moved
from accession.people.grantees import account_named, looked_up
from accession.people.lists import page_of
from accession.people.models import Account, Membership
from accession.people.organisations import Standing, add_member, managed, manages, owns, refuse_personal, standing_in
from accession.people.rules import MemberRole

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Row, Select

    from accession.paging import Page, PageRequest
    from accession.unit import Unit


async def members_of(unit: Unit, slug: str, wanted: PageRequest) -> Page[Row[Any]]:
    """The members of an organisation that the actor sees: (Membership, name, full_name), by name."""
    standing = await standing_in(unit, slug)
    return await page_of(unit, _members(standing.organisation.id), wanted, Account.name)


async def set_member(unit: Unit, slug: str, name: str, role: MemberRole) -> Row[Any]:
    """Let the account with this name belong to an organisation in `role`; the member as `members_of` tells it.

    Only owners make and unmake owners, and the last active one stays.
    """
    standing = await managed(unit, slug)
    refuse_personal(standing.organisation)
    account = await account_named(unit, name)
    if account is None:
        raise NotFound(f"There is no account {name[:80]!r} that could be a member.")
    current = await _membership(unit, standing, account.id)
    if MemberRole.OWNER in {role, current.role if current else None} and not owns(unit, standing):
        raise Denied(f"Only an owner of {slug} may make or unmake owners; ask one of them.")
    if current is not None and current.role == MemberRole.OWNER and role != MemberRole.OWNER:
        await _refuse_last_owner(unit, standing, account.id)
    if current is None or current.role != role:
        await add_member(unit, standing.organisation, account.id, role=role)
    member = _members(standing.organisation.id).where(Account.id == account.id)
    return (await unit.session.execute(member)).one()


async def remove_member(unit: Unit, slug: str, name: str) -> None:
    """End a membership: managers end any but an owner's, owners any, and everybody may leave."""
    standing = await standing_in(unit, slug, lock=True)
    refuse_personal(standing.organisation)
    found = _members(standing.organisation.id).where(Account.name == looked_up(name))
    row = (await unit.session.execute(found)).first()
    membership: Membership | None = row[0] if row is not None else None
    leaves = membership is not None and membership.account_id == unit.actor.account_id
    if not leaves and not manages(unit, standing):
        raise Denied(f"Only owners and admins of {slug} may do this; ask one of them.")
    if membership is None:
        raise NotFound(f"{name[:80]!r} is no member of {slug}.")
    if membership.role == MemberRole.OWNER:
        if not leaves and not owns(unit, standing):
            raise Denied(f"Only an owner of {slug} may make or unmake owners; ask one of them.")
        await _refuse_last_owner(unit, standing, membership.account_id)
    await unit.session.delete(membership)
    await unit.session.flush()
    record(unit, "organisation.leave", str(standing.organisation.id), account=str(membership.account_id))
    await visibility_moved(unit.session)


def _members(organisation_id: UUID) -> Select[Any]:
    joined = select(Membership, Account.name, Account.full_name).join(Account, Account.id == Membership.account_id)
    return joined.where(Membership.organisation_id == organisation_id)


async def _membership(unit: Unit, standing: Standing, account_id: UUID) -> Membership | None:
    found = select(Membership).where(
        Membership.organisation_id == standing.organisation.id, Membership.account_id == account_id
    )
    return (await unit.session.scalars(found)).one_or_none()


async def _refuse_last_owner(unit: Unit, standing: Standing, account_id: UUID) -> None:
    """Raise `Conflict` unless another active account owns the organisation, which is locked."""
    others = (
        select(Membership.id)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.organisation_id == standing.organisation.id, Membership.role == MemberRole.OWNER)
        .where(Membership.account_id != account_id, Account.active)
    )
    if (await unit.session.execute(others.limit(1))).first() is None:
        message = f"This is the last owner of {standing.organisation.slug}; make another member an owner first."
        raise Conflict(message, code="last_owner")
