"""Invites people by e-mail, lists who was invited, and takes invitations back; for those who manage the place."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select, update

from accession import outbox
from accession.audit.service import record
from accession.errors import Conflict, Denied, NotFound, Rejected
from accession.people.groups import managed_group
from accession.people.invitations import GROUP_ADMIN, GROUP_MEMBER, LIFE, add_invitation
from accession.people.lists import page_of
from accession.people.models import Account, Invitation
from accession.people.organisations import managed, owns, refuse_personal
from accession.people.rules import AccountRole, MemberRole, email_issues, folded

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement, Row

    from accession.paging import Page, PageRequest
    from accession.unit import Unit

MOST_A_DAY = 100  # invitations of one account: nobody's mailbox is flooded from here


class Place(NamedTuple):
    """What somebody is invited to: an organisation, a group, or (neither) the archive itself."""

    title: str
    organisation_id: UUID | None = None
    group_id: UUID | None = None

    @property
    def condition(self) -> ColumnElement[bool]:
        """Invitations to this place."""
        if self.organisation_id is not None:
            return Invitation.organisation_id == self.organisation_id
        if self.group_id is not None:
            return Invitation.group_id == self.group_id
        return Invitation.organisation_id.is_(None) & Invitation.group_id.is_(None)


class Made(NamedTuple):
    """A new invitation, its token, which is told to nobody else, and what it is to."""

    invitation: Invitation
    token: str
    place: Place


async def organisation_place(unit: Unit, slug: str) -> Place:
    """An organisation that the actor manages, as a place to invite to."""
    organisation = (await managed(unit, slug)).organisation
    return Place(f"the organisation {organisation.title}", organisation_id=organisation.id)


async def group_place(unit: Unit, slug: str) -> Place:
    """A group that the actor manages, as a place to invite to."""
    standing = await managed_group(unit, slug)
    return Place(f"the group {standing.group.title}", group_id=standing.group.id)


async def archive_place(unit: Unit) -> Place:
    """The archive itself, to which its administrators invite."""
    unit.require_account()
    if not unit.actor.admin:
        raise Denied("Only the archive's administrators invite to the archive itself.")
    return Place("this archive")


async def invite_to_organisation(unit: Unit, slug: str, email: str, role: MemberRole) -> Made:
    """Invite somebody to an organisation; only owners invite owners."""
    standing = await managed(unit, slug)
    refuse_personal(standing.organisation)
    if role == MemberRole.OWNER and not owns(unit, standing):
        raise Denied(f"Only an owner of {slug} may invite owners; ask one of them.")
    place = Place(f"the organisation {standing.organisation.title}", organisation_id=standing.organisation.id)
    return await _invite(unit, place, email, role.value)


async def invite_to_group(unit: Unit, slug: str, email: str, *, admin: bool) -> Made:
    """Invite somebody to a group."""
    place = await group_place(unit, slug)
    return await _invite(unit, place, email, GROUP_ADMIN if admin else GROUP_MEMBER)


async def invite_to_archive(unit: Unit, email: str, role: AccountRole) -> Made:
    """Invite somebody to open an account, whose role will be `role`."""
    place = await archive_place(unit)
    return await _invite(unit, place, email, role.value)


async def _invite(unit: Unit, place: Place, email: str, role: str) -> Made:
    """Add an invitation; one to the same place and address that is pending gives way."""
    address = folded(email)
    issues = email_issues(address)
    if issues:
        raise Rejected(issues)
    sent = select(func.count()).where(
        Invitation.invited_by == unit.require_account(), Invitation.created_at > unit.now - timedelta(days=1)
    )
    if int((await unit.session.execute(sent)).scalar_one()) >= MOST_A_DAY:
        raise Conflict(f"You have sent {MOST_A_DAY} invitations within a day; go on tomorrow.", code="too_many_invited")
    earlier = update(Invitation).where(place.condition, Invitation.email == address)
    pending = earlier.where(Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
    await unit.session.execute(pending.values(revoked_at=unit.now).execution_options(synchronize_session=False))
    row, token = add_invitation(unit, address, role, organisation_id=place.organisation_id, group_id=place.group_id)
    await unit.session.flush()
    record(unit, "invitation.create", str(row.id), email=address, role=role)
    return Made(row, token, place)


def mail_invitation(unit: Unit, made: Made, *, inviter: str, archive: str) -> None:
    """Have the invitation mailed; `archive` is the address of the service."""
    row, token, place = made
    body = (
        f"{inviter} invites you to {place.title} at {archive}.\n\n"
        f"The invitation is good once, for {LIFE.days} days, for an account with this e-mail address. Its token is\n\n"
        f"    {token}\n\n"
        f'With an account, send {{"token": "…"}} to {archive}/api/v1/invitations/accept. Without one, open it with\n'
        f"the token as the invitation, by {archive}/api/v1/auth/register. If you expected no invitation, do nothing.\n"
    )
    outbox.put(unit, row.email, "An invitation to " + place.title.replace("\n", " ")[:160], body=body)


async def invitations_to(unit: Unit, place: Place, wanted: PageRequest) -> Page[Row[Any]]:
    """The invitations to a place: (Invitation, name of the inviter), newest first."""
    rows = select(Invitation, Account.name).join(Account, Account.id == Invitation.invited_by).where(place.condition)
    return await page_of(unit, rows, wanted, Invitation.created_at.desc(), Invitation.id.desc())


async def revoke_invitation(unit: Unit, place: Place, invitation_id: UUID) -> None:
    """Take an invitation back; `Conflict` for one that was accepted, nothing where it is revoked already."""
    found = select(Invitation).where(place.condition, Invitation.id == invitation_id).with_for_update()
    row = (await unit.session.scalars(found)).one_or_none()
    if row is None:
        raise NotFound(f"There is no invitation {invitation_id} here.")
    if row.accepted_at is not None:
        raise Conflict("The invitation was accepted; remove the member instead.", code="invitation_accepted")
    if row.revoked_at is None:
        row.revoked_at = unit.now
        record(unit, "invitation.revoke", str(row.id))
