"""Makes, lists and revokes the links by which reviewers read one project without an account."""

from __future__ import annotations

from datetime import timedelta
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select

from accession.actor import Review
from accession.audit.service import record
from accession.base import new_id
from accession.errors import Conflict, NotFound, Rejected
from accession.issues import Issue
from accession.people import rules
from accession.people.lists import page_of
from accession.people.models import Account, ReviewerLink, Scope
from accession.people.reviewers import PREFIX
from accession.people.tokens import digest_of

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Row

    from accession.paging import Page, PageRequest
    from accession.unit import Unit

MOST_DAYS = 365
_NAME_LIMIT = 100


async def add_link(
    unit: Unit, scope: Scope, accession: str, *, name: str, days: int, hides_owner: bool
) -> tuple[ReviewerLink, str]:
    """Make a link to the project of `scope`, which the caller has found to be the actor's to manage; and its token."""
    issues = rules.title_issues(name, "name", _NAME_LIMIT)
    if not 1 <= days <= MOST_DAYS:
        message = f"'expires_in_days' must be between 1 and {MOST_DAYS}."
        issues.append(Issue("out_of_range", message, field="expires_in_days"))
    if issues:
        raise Rejected(issues)
    personal = select(exists().where(Account.personal_project_id == scope.id))
    if hides_owner and (await unit.session.execute(personal)).scalar():
        message = f"{accession} is somebody's personal project and tells so; make a project to be reviewed."
        raise Conflict(message, code="personal_project")
    token = PREFIX + token_urlsafe(32)
    link = ReviewerLink(
        id=new_id(),
        scope_id=scope.id,
        name=name.strip(),
        digest=digest_of(token),
        hides_owner=hides_owner,
        created_by=unit.require_account(),
        expires_at=unit.now + timedelta(days=days),
        revoked_at=None,
    )
    unit.session.add(link)
    await unit.session.flush()
    record(unit, "reviewer_link.create", accession, link=str(link.id), name=link.name, hides_owner=hides_owner)
    return link, token


async def links_to(unit: Unit, scope: Scope, wanted: PageRequest) -> Page[Row[Any]]:
    """The links to a project: (ReviewerLink, name of who made it), newest first."""
    rows = select(ReviewerLink, Account.name).join(Account, Account.id == ReviewerLink.created_by)
    return await page_of(
        unit, rows.where(ReviewerLink.scope_id == scope.id), wanted, ReviewerLink.created_at.desc(), ReviewerLink.id
    )


async def revoke_link(unit: Unit, scope: Scope, accession: str, link_id: UUID) -> None:
    """End a link: nothing more is read by it from the commit on."""
    found = select(ReviewerLink).where(ReviewerLink.scope_id == scope.id, ReviewerLink.id == link_id).with_for_update()
    link = (await unit.session.scalars(found)).one_or_none()
    if link is None:
        raise NotFound(f"There is no reviewer link {link_id} to {accession}.")
    if link.revoked_at is None:
        link.revoked_at = unit.now
        record(unit, "reviewer_link.revoke", accession, link=str(link.id), name=link.name)


async def review_by(unit: Unit, link_id: UUID) -> Review | None:
    """What a link opens now; None once it is revoked or has expired."""
    found = select(ReviewerLink.id, ReviewerLink.scope_id, ReviewerLink.hides_owner).where(
        ReviewerLink.id == link_id, ReviewerLink.revoked_at.is_(None), ReviewerLink.expires_at > unit.now
    )
    row = (await unit.session.execute(found)).one_or_none()
    return None if row is None else Review(row.id, row.scope_id, row.hides_owner)
