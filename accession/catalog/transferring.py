"""Hands a project over to another owner: its scope and its own row move, its records keep who registered them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, NoReturn

from sqlalchemy import delete, exists, or_, select, update

from accession.audit.service import record
from accession.catalog.models import Run, Sample
from accession.errors import Conflict, Denied, Rejected
from accession.issues import Issue
from accession.numbers import visibility_moved
from accession.people.grantees import account_reached_by, looked_up
from accession.people.models import Account, Grant, Membership, Organisation, ReviewerLink, Scope
from accession.people.rules import AccountRole, MemberRole
from accession.projects.models import Project
from accession.projects.sharing import managed_project

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Select

    from accession.people.access import Level
    from accession.unit import Unit

_MAY_ADD = (MemberRole.OWNER, MemberRole.ADMIN, MemberRole.CONTRIBUTOR)


class Transferred(NamedTuple):
    """Whose a project is now, and in which organisation."""

    accession: str
    owner: str
    organisation: str


async def transfer_project(
    unit: Unit, accession: str, *, user: str, organisation: str | None = None, keep: Level | None = None
) -> Transferred:
    """Make `user` (a name or e-mail address) the owner; the one before keeps nothing, or a grant of the level `keep`.

    Without `organisation` the project stays in its organisation if that is a shared one in which the new owner may add
    projects, and goes into the new owner's personal one otherwise. Links of reviewers end: the old owner knows them.
    """
    row, scope = await managed_project(unit, accession, lock=True)
    if not unit.actor.admin and scope.owner_id != unit.actor.account_id:
        raise Denied(f"Only the owner of {accession}, or an administrator of the archive, may hand it over.")
    owner = await _next_owner(unit, scope, accession, user)
    place = await _place(unit, scope, owner, organisation)
    await _refuse_alias_clash(unit, row, owner)
    before, scope.owner_id = scope.owner_id, owner.id
    row.owner_id, scope.organisation_id = owner.id, place.id
    row.revision += 1
    await unit.session.flush()
    await _settle_grants(unit, row, before, keep)
    links = update(ReviewerLink).where(ReviewerLink.scope_id == scope.id, ReviewerLink.revoked_at.is_(None))
    await unit.session.execute(links.values(revoked_at=unit.now).execution_options(synchronize_session=False))
    told = {"from": str(before), "to": str(owner.id), "organisation": place.slug}
    record(unit, "transfer", accession, **told, keep=keep.name.lower() if keep else None)
    await visibility_moved(unit.session)
    return Transferred(accession, owner.name, place.slug)


async def _next_owner(unit: Unit, scope: Scope, accession: str, user: str) -> Account:
    """An active account that may own projects."""
    personal = select(exists().where(Account.personal_project_id == scope.id))
    if (await unit.session.execute(personal)).scalar():
        raise Conflict(f"{accession} is somebody's personal project and stays that.", code="personal_project")
    account = await account_reached_by(unit, user)
    if account is None or account.role == AccountRole.VIEWER:
        _refuse("unknown_owner", "There is no such account that could own a project.", "user")
    if account.id == scope.owner_id:
        _refuse("owner_already", f"{account.name} owns {accession} already.", "user")
    return account


async def _place(unit: Unit, scope: Scope, owner: Account, slug: str | None) -> Organisation:
    """The organisation that the project will be in: one where its new owner may add projects."""
    personal = _joined(owner).where(Organisation.personal)
    if slug is None:
        stays = _joined(owner).where(Organisation.id == scope.organisation_id, Organisation.personal.is_(False))
        return (await unit.session.scalars(stays)).one_or_none() or (await unit.session.scalars(personal)).one()
    wanted = _joined(owner).where(Organisation.slug == looked_up(slug))
    if not unit.actor.admin:
        # Who is in an organisation is nothing that others may find out by handing projects over.
        wanted = wanted.where(or_(Organisation.personal, Organisation.id.in_(list(unit.actor.organisations))))
    found = (await unit.session.scalars(wanted)).one_or_none()
    if found is None:
        message = f"There is no organisation {slug[:80]!r} that you both belong to and that {owner.name} may add to."
        _refuse("unknown_organisation", message, "organisation")
    return found


def _joined(owner: Account) -> Select[tuple[Organisation]]:
    joined = select(Organisation).join(Membership, Membership.organisation_id == Organisation.id)
    return joined.where(Membership.account_id == owner.id, Membership.role.in_(_MAY_ADD))


async def _refuse_alias_clash(unit: Unit, row: Project, owner: Account) -> None:
    """An alias is unique among the projects of an owner."""
    same = select(Project.id).where(Project.owner_id == owner.id, Project.alias == row.alias, Project.id != row.id)
    if row.alias is not None and (await unit.session.execute(same)).first() is not None:
        message = f"{owner.name} has a project with the alias {row.alias!r} already; one of the two has to change."
        raise Conflict(message, code="alias_taken")


async def _settle_grants(unit: Unit, row: Project, before: UUID, keep: Level | None) -> None:
    """End the grants in the project to its old and to its new owner, and give the old one what it keeps."""
    inside = or_(
        Grant.target_id == row.id,
        Grant.target_id.in_(select(Sample.id).where(Sample.scope_id == row.scope_id)),
        Grant.target_id.in_(select(Run.file_id).where(Run.scope_id == row.scope_id, Run.file_id.is_not(None))),
    )
    ended = delete(Grant).where(Grant.account_id.in_([before, row.owner_id]), inside)
    await unit.session.execute(ended.execution_options(synchronize_session=False))
    if keep is not None:
        giver = unit.require_account()
        unit.session.add(
            Grant(
                kind="project",
                target_id=row.id,
                account_id=before,
                level=int(keep),
                granted_by=giver,
                expires_at=None,
            )
        )
        await unit.session.flush()


def _refuse(code: str, message: str, field: str) -> NoReturn:
    raise Rejected([Issue(code, message, field=field)])
