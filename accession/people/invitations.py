"""Invitations by e-mail to an organisation, a group or the archive itself: good for 14 days and one use.

Only the SHA-256 of a token is kept. An invitation holds as long as whoever sent it could send it again.
"""

from __future__ import annotations

from datetime import timedelta
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from accession.audit.service import record
from accession.base import new_id
from accession.errors import Rejected, Unauthenticated
from accession.issues import Issue
from accession.people.groups import put_member
from accession.people.models import Account, Group, GroupMember, Invitation, Membership, Organisation
from accession.people.organisations import add_member
from accession.people.rules import AccountRole, MemberRole
from accession.people.tokens import digest_of

if TYPE_CHECKING:
    from uuid import UUID

    from accession.unit import Unit

LIFE = timedelta(days=14)
PREFIX = "sqi_"
GROUP_ADMIN, GROUP_MEMBER = "admin", "member"
_RANKS = (MemberRole.VIEWER, MemberRole.CONTRIBUTOR, MemberRole.ADMIN, MemberRole.OWNER)
_MAY_INVITE = {MemberRole.OWNER: (MemberRole.OWNER,)}  # other roles: owners and admins
_INVALID = "The invitation is not valid (any more), or is for another e-mail address; ask for a new one."


def add_invitation(
    unit: Unit, email: str, role: str, *, organisation_id: UUID | None = None, group_id: UUID | None = None
) -> tuple[Invitation, str]:
    """Add an invitation to a checked address, to the archive itself where no place is given; and its token."""
    token = PREFIX + token_urlsafe(32)
    row = Invitation(
        id=new_id(),
        email=email,
        organisation_id=organisation_id,
        group_id=group_id,
        role=role,
        digest=digest_of(token),
        invited_by=unit.require_account(),
        expires_at=unit.now + LIFE,
        accepted_at=None,
        revoked_at=None,
    )
    unit.session.add(row)
    return row, token


def state_of(unit: Unit, invitation: Invitation) -> str:
    """`accepted`, `revoked`, `expired` or `pending`."""
    if invitation.accepted_at is not None:
        return "accepted"
    if invitation.revoked_at is not None:
        return "revoked"
    return "expired" if invitation.expires_at <= unit.now else "pending"


async def pending(unit: Unit, token: str, email: str) -> Invitation:
    """The invitation of this token to this address, locked; `Rejected`, in one sentence whatever is wrong with it."""
    found = select(Invitation).where(Invitation.digest == digest_of(token)).with_for_update()
    row = (await unit.session.scalars(found)).one_or_none()
    if row is None or state_of(unit, row) != "pending" or row.email != email or not await _inviter_still_may(unit, row):
        raise Rejected([Issue("invitation_invalid", _INVALID, field="token")])
    return row


async def redeem(unit: Unit, token: str, account: Account) -> Invitation:
    """Use an invitation up for the account that has the invited address: it joins what it was invited to.

    Raises as `pending`. Whoever belongs already keeps the higher role. `role` of an invitation to the archive itself
    is for the caller to look at.
    """
    row = await pending(unit, token, account.email)
    row.accepted_at = unit.now
    await unit.session.flush()
    if row.organisation_id is not None:
        await _join_organisation(unit, row.organisation_id, account.id, MemberRole(row.role))
    elif row.group_id is not None:
        await _join_group(unit, row.group_id, account.id, admin=row.role == GROUP_ADMIN)
    record(unit, "invitation.accept", str(row.id), account=str(account.id))
    return row


async def accept(unit: Unit, token: str) -> tuple[Invitation, str | None, str | None]:
    """Redeem an invitation for the actor's account; with the slug of the organisation or of the group that it joins."""
    account = await unit.session.get(Account, unit.require_account())
    if account is None:
        raise Unauthenticated("The account of this token no longer exists.")
    row = await redeem(unit, token, account)
    organisation = await unit.session.get(Organisation, row.organisation_id) if row.organisation_id else None
    group = await unit.session.get(Group, row.group_id) if row.group_id else None
    return row, organisation.slug if organisation else None, group.slug if group else None


async def _inviter_still_may(unit: Unit, row: Invitation) -> bool:
    """Whether the one who sent it is still there and manages the place."""
    inviter = await unit.session.get(Account, row.invited_by)
    if inviter is None or not inviter.active or inviter.role == AccountRole.VIEWER:
        return False
    if inviter.role == AccountRole.ADMIN:
        return True
    if row.organisation_id is not None:
        allowed = _MAY_INVITE.get(MemberRole(row.role), (MemberRole.OWNER, MemberRole.ADMIN))
        manages: Any = select(Membership.id).where(
            Membership.organisation_id == row.organisation_id,
            Membership.account_id == inviter.id,
            Membership.role.in_(allowed),
        )
    elif row.group_id is not None:
        manages = select(GroupMember.id).where(
            GroupMember.group_id == row.group_id, GroupMember.account_id == inviter.id, GroupMember.admin
        )
    else:
        return False
    return (await unit.session.execute(manages)).first() is not None


async def _join_organisation(unit: Unit, organisation_id: UUID, account_id: UUID, role: MemberRole) -> None:
    place = select(Organisation).where(Organisation.id == organisation_id).with_for_update()
    organisation = (await unit.session.scalars(place)).one()
    held = select(Membership.role).where(
        Membership.organisation_id == organisation_id, Membership.account_id == account_id
    )
    current = await unit.session.scalar(held)
    if current is None or _RANKS.index(MemberRole(current)) < _RANKS.index(role):
        await add_member(unit, organisation, account_id, role=role)


async def _join_group(unit: Unit, group_id: UUID, account_id: UUID, *, admin: bool) -> None:
    group = (await unit.session.scalars(select(Group).where(Group.id == group_id).with_for_update())).one()
    held = select(GroupMember.admin).where(GroupMember.group_id == group_id, GroupMember.account_id == account_id)
    current = await unit.session.scalar(held)
    if current is None or (admin and not current):
        await put_member(unit, group, account_id, admin=admin)
