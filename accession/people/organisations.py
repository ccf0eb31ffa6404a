"""Organisations: adding one, renaming it, and how somebody stands in it; absent and foreign ones are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, func, select
from sqlalchemy.exc import IntegrityError

from accession.audit.service import record
from accession.errors import Conflict, Denied, NotFound, Rejected
from accession.numbers import visibility_moved
from accession.people import rules
from accession.people.access import refuse_viewers
from accession.people.lists import page_of
from accession.people.models import Membership, Organisation
from accession.people.rules import AccountRole, MemberRole

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Row, Select

    from accession.paging import Page, PageRequest
    from accession.unit import Unit

_MANAGERS = (MemberRole.OWNER, MemberRole.ADMIN)
MOST = 1000  # organisations of one account, which every request of its looks at; and anybody may put people into theirs


class Standing(NamedTuple):
    """An organisation and the role that the unit's actor holds there; None for an administrator from outside."""

    organisation: Organisation
    role: str | None


async def add_organisation(unit: Unit, slug: str, *, title: str | None = None) -> Organisation:
    """Add an organisation known by its `slug` (lower-case letters, digits, hyphens); `Conflict` where it exists."""
    shown = slug if title is None else title.strip()
    issues = rules.slug_issues(slug) + rules.title_issues(shown, "title")
    if issues:
        raise Rejected(issues)
    organisation = Organisation(slug=slug, title=shown, personal=False)
    taken = f"The organisation {slug!r} exists already."
    if await find_organisation(unit, slug):
        raise Conflict(taken, code="slug_taken")
    unit.session.add(organisation)
    try:
        await unit.session.flush()
    except IntegrityError as error:
        raise Conflict(taken, code="slug_taken") from error
    record(unit, "organisation.create", str(organisation.id), slug=slug)
    return organisation


async def make_organisation(unit: Unit, slug: str, title: str | None) -> Standing:
    """Add an organisation whose owner is the unit's actor."""
    refuse_viewers(unit)
    organisation = await add_organisation(unit, slug, title=title)
    await add_member(unit, organisation, unit.require_account(), role=MemberRole.OWNER)
    return Standing(organisation, MemberRole.OWNER.value)


async def find_organisation(unit: Unit, slug: str, *, lock: bool = False) -> Organisation | None:
    """The organisation with this slug; with `lock` its members stay as they are until the commit."""
    if not rules.storable(slug):
        return None
    found = select(Organisation).where(Organisation.slug == slug)
    return (await unit.session.scalars(found.with_for_update() if lock else found)).one_or_none()


async def organisations_of(unit: Unit, wanted: PageRequest) -> Page[Row[Any]]:
    """The organisations that the actor belongs to, for an administrator all: (Organisation, role), by slug."""
    return await page_of(unit, _seen(unit), wanted, Organisation.slug)


async def standing_in(unit: Unit, slug: str, *, lock: bool = False) -> Standing:
    """How the actor stands in an organisation; `NotFound` for one that is absent or that the actor is not in."""
    unit.require_account()
    if lock:
        await find_organisation(unit, slug, lock=True)
    found = _seen(unit).where(Organisation.slug == slug) if rules.storable(slug) else None
    row = None if found is None else (await unit.session.execute(found)).first()
    if row is None:
        raise NotFound(f"There is no organisation {slug[:80]!r}, or you do not belong to it.")
    return Standing(row[0], row[1])


def _seen(unit: Unit) -> Select[Any]:
    """The organisations that the actor may see, with the actor's role."""
    mine = and_(Membership.organisation_id == Organisation.id, Membership.account_id == unit.require_account())
    return select(Organisation, Membership.role).join(Membership, mine, isouter=unit.actor.admin)


async def rename_organisation(unit: Unit, slug: str, title: str) -> Standing:
    """Give an organisation another title."""
    standing = await managed(unit, slug)
    issues = rules.title_issues(title, "title")
    if issues:
        raise Rejected(issues)
    if standing.organisation.title != title.strip():
        standing.organisation.title = title.strip()
        record(unit, "organisation.change", str(standing.organisation.id), fields=["title"])
        await unit.session.flush()
    return standing


async def managed(unit: Unit, slug: str) -> Standing:
    """An organisation that the actor manages, its members locked; `Denied` for those who only belong to it."""
    standing = await standing_in(unit, slug, lock=True)
    if not manages(unit, standing):
        raise Denied(f"Only owners and admins of {slug} may do this; ask one of them.")
    return standing


def manages(unit: Unit, standing: Standing) -> bool:
    """Whether the actor may choose the members of an organisation."""
    return unit.actor.admin or (standing.role in _MANAGERS and unit.actor.role != AccountRole.VIEWER)


def owns(unit: Unit, standing: Standing) -> bool:
    """Whether the actor may make and unmake owners of an organisation."""
    return unit.actor.admin or (standing.role == MemberRole.OWNER and unit.actor.role != AccountRole.VIEWER)


def refuse_personal(organisation: Organisation) -> None:
    """Raise `Conflict` for somebody's personal organisation, which nobody else can belong to."""
    if organisation.personal:
        message = f"{organisation.slug} is somebody's own and has no other members; make an organisation."
        raise Conflict(message, code="personal_organisation")


async def add_member(unit: Unit, organisation: Organisation, account_id: UUID, *, role: MemberRole) -> None:
    """Let an account belong to an organisation in `role`, or change its role there."""
    statement = select(Membership).where(
        Membership.organisation_id == organisation.id, Membership.account_id == account_id
    )
    membership = await unit.session.scalar(statement)
    if membership is None:
        await _refuse_too_many(unit, account_id)
        unit.session.add(Membership(account_id=account_id, organisation_id=organisation.id, role=role.value))
    else:
        membership.role = role.value
    try:
        await unit.session.flush()
    except IntegrityError as error:
        raise Conflict("Somebody changed this membership at the same moment; try again.") from error
    record(unit, "organisation.member", str(organisation.id), account=str(account_id), role=role.value)
    await visibility_moved(unit.session)


async def _refuse_too_many(unit: Unit, account_id: UUID) -> None:
    """Raise `Conflict` for an account that belongs to as many organisations as one may."""
    held = select(func.count()).where(Membership.account_id == account_id)
    if int(await unit.session.scalar(held) or 0) >= MOST:
        message = f"The account belongs to {MOST:,} organisations, which is the most; it has to leave one first."
        raise Conflict(message, code="too_many_organisations")
