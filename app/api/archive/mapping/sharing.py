"""Grants and reviewer links as the archive dialect's wire shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accession.people.access import Level
from accession.people.grants import Wish
from app.api.archive.structs.sharing import GrantIn, GrantOut, ReviewerLinkOut

if TYPE_CHECKING:
    from accession.people.models import Grant, ReviewerLink
    from accession.unit import Unit


def level_of(level: str | int) -> Level:
    """A level by its name or number."""
    return Level(level) if isinstance(level, int) else Level[level.upper()]


def wish_of(data: GrantIn) -> Wish:
    """What a body asks for."""
    return Wish(level_of(data.level), data.user, data.group, data.expires_at)


def grant_out(
    unit: Unit, grant: Grant, user: str | None, full_name: str | None, group: str | None, giver: str
) -> GrantOut:
    """A grant with the names of who has it and who gave it."""
    return GrantOut(
        id=grant.id,
        user=user,
        full_name=full_name,
        group=group,
        level=Level(grant.level).name.lower(),
        expires_at=grant.expires_at,
        expired=grant.expires_at is not None and grant.expires_at <= unit.now,
        granted_by=giver,
        created_at=grant.created_at,
    )


def reviewer_link_out(
    unit: Unit, link: ReviewerLink, maker: str, *, token: str | None = None, url: str | None = None
) -> ReviewerLinkOut:
    """A reviewer link; with its token only in the answer that makes it."""
    state = "revoked" if link.revoked_at else "expired" if link.expires_at <= unit.now else "active"
    return ReviewerLinkOut(
        id=link.id,
        name=link.name,
        hides_owner=link.hides_owner,
        state=state,
        created_by=maker,
        created_at=link.created_at,
        expires_at=link.expires_at,
        revoked_at=link.revoked_at,
        token=token,
        url=url,
    )
