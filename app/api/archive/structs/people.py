"""The wire shapes of organisations, groups, their members, and invitations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

_NO_NUL = r"^[^\x00]*$"
Slug = Annotated[
    str, msgspec.Meta(min_length=1, max_length=80, description="1 to 64 lower-case letters, digits or hyphens.")
]
TitleText = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=_NO_NUL)]
About = Annotated[str, msgspec.Meta(max_length=10_000, pattern=_NO_NUL)]
AccountName = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=_NO_NUL)]
Email = Annotated[str, msgspec.Meta(min_length=1, max_length=254)]
InvitationToken = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
Role = Literal["owner", "admin", "contributor", "viewer"]


class OrganisationIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new organisation, known by its `slug`; whoever makes it is its owner."""

    slug: Slug
    title: TitleText | None = None


class OrganisationPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another title."""

    title: TitleText


class OrganisationOut(msgspec.Struct, frozen=True):
    """An organisation and the caller's `role` there, which is null for an administrator of the archive from outside."""

    slug: str
    title: str
    personal: bool
    role: str | None
    created_at: datetime


class MemberIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The role of a member: owner and admin manage, contributors add and change records, viewers read."""

    role: Role


class MemberOut(msgspec.Struct, frozen=True):
    """A member of an organisation."""

    name: str
    full_name: str
    role: str
    created_at: datetime


class GroupIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new group, known by its `slug`; whoever makes it owns it and is its first admin."""

    slug: Slug
    title: TitleText | None = None
    description: About = ""


class GroupPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch. `owner`, the name of a member, hands the group over."""

    title: TitleText | msgspec.UnsetType = msgspec.UNSET
    description: About | msgspec.UnsetType = msgspec.UNSET
    owner: AccountName | msgspec.UnsetType = msgspec.UNSET


class GroupOut(msgspec.Struct, frozen=True):
    """A group and whether the caller is one of its admins, null for an administrator of the archive from outside."""

    slug: str
    title: str
    description: str
    owner: str
    admin: bool | None
    created_at: datetime


class GroupMemberIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a member is one of the admins, who choose the members."""

    admin: bool = False


class GroupMemberOut(msgspec.Struct, frozen=True):
    """A member of a group."""

    name: str
    full_name: str
    admin: bool
    owner: bool
    created_at: datetime


class InvitationIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to invite to an organisation, and to which role."""

    email: Email
    role: Role = "contributor"


class GroupInvitationIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to invite to a group."""

    email: Email
    admin: bool = False


class ArchiveInvitationIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to invite to open an account."""

    email: Email
    role: Literal["submitter", "viewer"] = "submitter"


class InvitationOut(msgspec.Struct, frozen=True):
    """An invitation; `state` is pending, accepted, revoked or expired.

    Its token goes by mail. Where the archive sends no mail, `token` has it in the answer that makes the invitation.
    """

    id: UUID
    email: str
    role: str
    state: str
    invited_by: str
    created_at: datetime
    expires_at: datetime
    token: str | None = None


class AcceptIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The token of an invitation."""

    token: InvitationToken


class AcceptedOut(msgspec.Struct, frozen=True):
    """What the caller belongs to now: an organisation or a group, and the role there."""

    organisation: str | None
    group: str | None
    role: str
