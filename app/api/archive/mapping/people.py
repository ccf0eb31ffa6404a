"""Organisations, groups, their members and invitations as the archive dialect's wire shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accession.people.invitations import state_of
from app.api.archive.structs.people import (
    GroupMemberOut,
    GroupOut,
    InvitationOut,
    MemberOut,
    OrganisationOut,
)

if TYPE_CHECKING:
    from accession.people.models import Group, GroupMember, Invitation, Membership, Organisation
    from accession.unit import Unit


def organisation_out(organisation: Organisation, role: str | None) -> OrganisationOut:
    """An organisation as the caller stands in it."""
    return OrganisationOut(organisation.slug, organisation.title, organisation.personal, role, organisation.created_at)


def member_out(membership: Membership, name: str, full_name: str) -> MemberOut:
    """A member of an organisation."""
    return MemberOut(name, full_name, membership.role, membership.created_at)


def group_out(group: Group, owner: str, admin: bool | None) -> GroupOut:  # noqa: FBT001  # a column of the row
    """A group as the caller stands in it."""
    return GroupOut(group.slug, group.title, group.description, owner, admin, group.created_at)


def group_member_out(member: GroupMember, name: str, full_name: str, owner: Any) -> GroupMemberOut:
    """A member of a group."""
    return GroupMemberOut(name, full_name, member.admin, bool(owner), member.created_at)


def invitation_out(unit: Unit, row: Invitation, inviter: str, token: str | None = None) -> InvitationOut:
    """An invitation; with its token only in the answer that makes it."""
    return InvitationOut(
        id=row.id,
        email=row.email,
        role=row.role,
        state=state_of(unit, row),
        invited_by=inviter,
        created_at=row.created_at,
        expires_at=row.expires_at,
        token=token,
    )
