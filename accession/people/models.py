"""The rows about people: accounts, organisations, memberships, tokens, and the access scope of every project."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accession.base import Row, State, Term, Time


class Account(Row):
    """Somebody who can sign in. `email` is stored lower-cased; `name` is the short name for other dialects' logins."""

    __tablename__ = "accounts"

    name: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    full_name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(Term, default="submitter")
    active: Mapped[bool] = mapped_column(default=True)
    can_run_pipelines: Mapped[bool] = mapped_column(default=False)
    personal_project_id: Mapped[UUID | None] = mapped_column()


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
    """

    __tablename__ = "scopes"

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    state: Mapped[str] = mapped_column(Term, default=State.PRIVATE)
    release_date: Mapped[date | None] = mapped_column()


class RefreshToken(Row):
    """One link of a chain of refresh tokens; `digest` is the SHA-256 of the token, which itself is never stored."""

    __tablename__ = "refresh_tokens"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    family: Mapped[UUID] = mapped_column(index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(Time)
    used_at: Mapped[datetime | None] = mapped_column(Time)
    revoked_at: Mapped[datetime | None] = mapped_column(Time)


class AccessToken(Row):
    """A personal access token for scripts; only its SHA-256 is stored."""

    __tablename__ = "access_tokens"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime | None] = mapped_column(Time)
    revoked_at: Mapped[datetime | None] = mapped_column(Time)
