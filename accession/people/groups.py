"""Groups: people who are granted access together. Who is not in a group cannot tell whether there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from accession.audit.service import record
from accession.errors import Conflict, Denied, NotFound, Rejected
from accession.issues import Issue
from accession.numbers import visibility_moved
from accession.people import rules
from accession.people.access import refuse_viewers
from accession.people.grantees import looked_up
from accession.people.lists import page_of
from accession.people.models import Account, Grant, Group, GroupMember
from accession.people.rules import AccountRole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy import Row, Select

    from accession.paging import Page, PageRequest
    from accession.unit import Unit

_DESCRIPTION_LIMIT = 10_000
_owners = aliased(Account, name="group_owners")


class GroupStanding(NamedTuple):
    """A group, the name of its owner, and whether the actor is one of its admins; None for one from outside."""

    group: Group
    owner: str
    admin: bool | None


async def make_group(unit: Unit, slug: str, title: str | None, description: str = "") -> GroupStanding:
    """Add a group whose owner and first admin is the unit's actor; `Conflict` where the slug is taken."""
    refuse_viewers(unit)
    shown = slug if title is None else title.strip()
    _refuse([*rules.slug_issues(slug), *_text_issues({"title": shown, "description": description})])
    taken = f"The name {slug!r} is taken; choose another one."
    owner_id = unit.require_account()
    group = Group(slug=slug, title=shown, description=description, owner_id=owner_id)
    if (await unit.session.execute(select(Group.id).where(Group.slug == slug))).first() is not None:
        raise Conflict(taken, code="slug_taken")
    unit.session.add(group)
    try:
        await unit.session.flush()
    except IntegrityError as error:
        raise Conflict(taken, code="slug_taken") from error
    record(unit, "group.create", str(group.id), slug=slug)
    await put_member(unit, group, owner_id, admin=True)
    return await standing_in_group(unit, slug)


async def groups_of(unit: Unit, wanted: PageRequest) -> Page[Row[Any]]:
    """The groups that the actor is in, for an administrator all: (Group, owner, admin), by slug."""
    return await page_of(unit, _seen(unit), wanted, Group.slug)


async def standing_in_group(unit: Unit, slug: str, *, lock: bool = False) -> GroupStanding:
    """How the actor stands in a group; `NotFound` for one that is absent or that the actor is not in."""
    unit.require_account()
    if lock:
        await unit.session.execute(select(Group.id).where(Group.slug == looked_up(slug)).with_for_update())
    row = (await unit.session.execute(_seen(unit).where(Group.slug == looked_up(slug)))).first()
    if row is None:
        raise NotFound(f"There is no group {slug[:80]!r}, or you do not belong to it.")
    return GroupStanding(*row)


def _seen(unit: Unit) -> Select[Any]:
    """The groups that the actor may see, with the owner's name and whether the actor is an admin there."""
    mine = and_(GroupMember.group_id == Group.id, GroupMember.account_id == unit.require_account())
    joined = select(Group, _owners.name, GroupMember.admin).join(_owners, _owners.id == Group.owner_id)
    return joined.join(GroupMember, mine, isouter=unit.actor.admin)


async def managed_group(unit: Unit, slug: str) -> GroupStanding:
    """A group that the actor manages, its members locked; `Denied` for those who only belong to it."""
    standing = await standing_in_group(unit, slug, lock=True)
    if not manages_group(unit, standing):
        raise Denied(f"Only admins of {slug} may do this; ask one of them.")
    return standing


def manages_group(unit: Unit, standing: GroupStanding) -> bool:
    """Whether the actor may choose the members of a group."""
    return unit.actor.admin or (bool(standing.admin) and unit.actor.role != AccountRole.VIEWER)


def owns_group(unit: Unit, group: Group) -> bool:
    """Whether the actor may hand a group over and delete it."""
    owner = group.owner_id == unit.actor.account_id and unit.actor.role != AccountRole.VIEWER
    return unit.actor.admin or owner


async def change_group(unit: Unit, slug: str, changes: Mapping[str, Any]) -> GroupStanding:
    """Change a group's title and description; its owner hands it over with `owner`, the name of another member."""
    standing = await managed_group(unit, slug)
    fields = {name: value.strip() if name == "title" else value for name, value in changes.items()}
    wanted = fields.pop("owner", None)
    _refuse(_text_issues(fields))
    if wanted is not None and wanted != standing.owner:
        fields["owner_id"] = await _next_owner(unit, standing.group, wanted)
    group = standing.group
    differing = {name: value for name, value in fields.items() if getattr(group, name) != value}
    for name, value in differing.items():
        setattr(group, name, value)
    if differing:
        await unit.session.flush()
        record(unit, "group.change", str(group.id), fields=sorted(differing))
    return await standing_in_group(unit, slug)


async def _next_owner(unit: Unit, group: Group, name: str) -> UUID:
    """The member to whom a group is handed over; that member becomes an admin."""
    if not owns_group(unit, group):
        raise Denied(f"Only the owner of {group.slug} may hand it over.")
    found = (
        select(GroupMember)
        .join(Account, Account.id == GroupMember.account_id)
        .where(GroupMember.group_id == group.id, Account.name == looked_up(name), Account.active)
        .where(Account.role != AccountRole.VIEWER)
    )
    member = (await unit.session.scalars(found)).one_or_none()
    if member is None:
        _refuse([Issue("unknown_member", f"{name[:80]!r} is no member who could own {group.slug}.", field="owner")])
        raise AssertionError
    member.admin = True
    return member.account_id


async def delete_group(unit: Unit, slug: str) -> None:
    """Delete a group; what was granted to it ends."""
    standing = await standing_in_group(unit, slug, lock=True)
    if not owns_group(unit, standing.group):
        raise Denied(f"Only the owner of {slug} may delete it.")
    group = standing.group
    ended = delete(Grant).where(Grant.group_id == group.id).returning(Grant.target_id)
    targets = (await unit.session.execute(ended.execution_options(synchronize_session=False))).scalars().all()
    await unit.session.delete(group)
    await unit.session.flush()
    record(unit, "group.delete", str(group.id), slug=slug, grants=len(targets))
    await visibility_moved(unit.session)


async def put_member(unit: Unit, group: Group, account_id: UUID, *, admin: bool) -> None:
    """Let an account belong to a group, as one of its admins or not."""
    found = select(GroupMember).where(GroupMember.group_id == group.id, GroupMember.account_id == account_id)
    member = (await unit.session.scalars(found)).one_or_none()
    if member is None:
        unit.session.add(GroupMember(group_id=group.id, account_id=account_id, admin=admin))
    else:
        member.admin = admin
    await unit.session.flush()
    record(unit, "group.member", str(group.id), account=str(account_id), admin=admin)
    await visibility_moved(unit.session)


def _text_issues(fields: Mapping[str, Any]) -> list[Issue]:
    issues = rules.title_issues(fields["title"], "title") if "title" in fields else []
    description = fields.get("description", "")
    if len(description) > _DESCRIPTION_LIMIT or not rules.storable(description):
        message = f"'description' may have at most {_DESCRIPTION_LIMIT:,} characters, and no NUL among them."
        issues.append(Issue("text_length", message, field="description"))
    return issues


def _refuse(issues: list[Issue]) -> None:
    if issues:
        raise Rejected(issues)
