"""The rows about people: accounts, organisations, groups, grants, and the access scope of every project."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from accession.base import Row, State, Term, Time


class Account(Row):
    """Somebody who can sign in. `email` is stored lower-cased; `name` is the short name for other dialects' logins.

    `email_verified` is set by whatever was sent to the address and came back, or by a trusted identity provider. Access
    tokens made before `tokens_valid_from` hold no more. `failed_logins` counts since the last good one.
    """

    __tablename__ = "accounts"

    name: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    full_name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(Term, default="submitter")
    active: Mapped[bool] = mapped_column(default=True)
    can_run_pipelines: Mapped[bool] = mapped_column(default=False)
    personal_project_id: Mapped[UUID | None] = mapped_column()
    email_verified: Mapped[bool] = mapped_column(default=False, server_default=false())
    affiliation: Mapped[str | None] = mapped_column(String(200))
    orcid: Mapped[str | None] = mapped_column(String(19))
    failed_logins: Mapped[int] = mapped_column(default=0, server_default="0")
    locked_until: Mapped[datetime | None] = mapped_column(Time)
    tokens_valid_from: Mapped[datetime | None] = mapped_column(Time)


class Organisation(Row):
    """A lab, centre or company; every account has a personal one."""

    __tablename__ = "organisations"

    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    personal: Mapped[bool] = mapped_column(default=False)


class Membership(Row):
    """An account's role in an organisation: owner, admin, contributor or viewer."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("account_id", "organisation_id"),)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(Term)


class Scope(Row):
    """Who may see a project and all that belongs to it; shares its id with the project's row.

    `state` and `release_date` decide openness: public from `release_date` (None: at once) on when `state` is public.
    `awaits` is a release date whose coming nobody has noted yet; it decides nothing.
    """

    __tablename__ = "scopes"

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    state: Mapped[str] = mapped_column(Term, default=State.PRIVATE)
    release_date: Mapped[date | None] = mapped_column()
    awaits: Mapped[date | None] = mapped_column(index=True)

    def embargo(self, until: date | None, today: date) -> None:
        """Set the release date (None: none), and await a day that is still to come."""
        self.release_date = until
        self.awaits = until if until is not None and until > today else None


class Group(Row):
    """People who are granted access together, across organisations; `slug` is its name in addresses."""

    __tablename__ = "groups"

    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)


class GroupMember(Row):
    """An account in a group; its admins choose who belongs to it."""

    __tablename__ = "group_members"
    __table_args__ = (UniqueConstraint("group_id", "account_id"),)

    group_id: Mapped[UUID] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    admin: Mapped[bool] = mapped_column(default=False)


class Grant(Row):
    """What an account or a group may do with one project, sample, file or execution, and with what hangs on it.

    `target_id` is the id of that row; `level` is 1 read, 2 edit, 3 share, each with the lower ones. Exactly one of
    `account_id` and `group_id` is set. None as `expires_at` means for good.
    """

    __tablename__ = "grants"
    __table_args__ = (
        Index("uq_grants_account", "target_id", "account_id", unique=True),
        Index("uq_grants_group", "target_id", "group_id", unique=True),
        CheckConstraint("(account_id IS NULL) <> (group_id IS NULL)", name="one_grantee"),
        CheckConstraint("level BETWEEN 1 AND 3", name="level_known"),
        Index("ix_grants_account", "account_id", "target_id"),
        Index("ix_grants_group", "group_id", "target_id"),
    )

    kind: Mapped[str] = mapped_column(Term)
    target_id: Mapped[UUID] = mapped_column()
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    group_id: Mapped[UUID | None] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"))
    level: Mapped[int] = mapped_column()
    granted_by: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    expires_at: Mapped[datetime | None] = mapped_column(Time)


class ReviewerLink(Row):
    """Anonymous read access to one project before its release; `digest` is the SHA-256 of the link's token."""

    __tablename__ = "reviewer_links"

    scope_id: Mapped[UUID] = mapped_column(ForeignKey("scopes.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    hides_owner: Mapped[bool] = mapped_column(default=False)
    created_by: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    expires_at: Mapped[datetime] = mapped_column(Time)
    revoked_at: Mapped[datetime | None] = mapped_column(Time)


class Invitation(Row):
    """Asks somebody by mail to join an organisation, a group, or (neither set) the archive; good for one use."""

    __tablename__ = "invitations"

    email: Mapped[str] = mapped_column(String(254), index=True)
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"), index=True)
    group_id: Mapped[UUID | None] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(Term)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    expires_at: Mapped[datetime] = mapped_column(Time)
    accepted_at: Mapped[datetime | None] = mapped_column(Time)
    revoked_at: Mapped[datetime | None] = mapped_column(Time)
