"""Organisations: adding one, and who belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accession.audit.service import record
from accession.errors import Conflict, Rejected
from accession.people import rules
from accession.people.models import Membership, Organisation

if TYPE_CHECKING:
    from uuid import UUID

    from accession.people.rules import MemberRole
    from accession.unit import Unit


async def add_organisation(unit: Unit, slug: str, *, title: str | None = None) -> Organisation:
    """Add an organisation known by its `slug` (lower-case letters, digits, hyphens); `Conflict` where it exists."""
    shown = slug if title is None else title.strip()
    issues = rules.slug_issues(slug) + rules.title_issues(shown, "title")
    if issues:
        raise Rejected(issues)
    organisation = Organisation(slug=slug, title=shown, personal=False)
    taken = f"The organisation {slug!r} exists already."
    if await find_organisation(unit, slug):
        raise Conflict(taken)
    unit.session.add(organisation)
    try:
        await unit.session.flush()
    except IntegrityError as error:
        raise Conflict(taken) from error
    record(unit, "organisation.create", str(organisation.id), slug=slug)
    return organisation


async def find_organisation(unit: Unit, slug: str) -> Organisation | None:
    """The organisation with this slug."""
    if not rules.storable(slug):
        return None
    return (await unit.session.scalars(select(Organisation).where(Organisation.slug == slug))).one_or_none()


async def add_member(unit: Unit, organisation: Organisation, account_id: UUID, *, role: MemberRole) -> None:
    """Let an account belong to an organisation in `role`, or change its role there."""
    statement = select(Membership).where(
        Membership.organisation_id == organisation.id, Membership.account_id == account_id
    )
    membership = await unit.session.scalar(statement)
    if membership is None:
        unit.session.add(Membership(account_id=account_id, organisation_id=organisation.id, role=role.value))
    else:
        membership.role = role.value
    try:
        await unit.session.flush()
    except IntegrityError as error:
        raise Conflict("Somebody changed this membership at the same moment; try again.") from error
    record(unit, "organisation.member", str(organisation.id), account=str(account_id), role=role.value)
