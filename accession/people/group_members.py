"""Members of groups: admins choose them, everybody may leave, and the owner stays until the group is handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from accession.audit.service import record
from accession.errors import Conflict, Denied, NotFound
from accession.numbers import visibility_moved
from accession.people.grantees import account_named, looked_up
from accession.people.groups import managed_group, manages_group, put_member, standing_in_group
from accession.people.lists import page_of
from accession.people.models import Account, Group, GroupMember

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Row, Select

    from accession.paging import Page, PageRequest
    from accession.unit import Unit

_STAYS = "The owner of {} belongs to it as an admin; hand the group over first."


async def group_members_of(unit: Unit, slug: str, wanted: PageRequest) -> Page[Row[Any]]:
    """The members of a group that the actor is in: (GroupMember, name, full_name, owner), by name."""
    standing = await standing_in_group(unit, slug)
    return await page_of(unit, _members(standing.group.id), wanted, Account.name)


async def set_group_member(unit: Unit, slug: str, name: str, *, admin: bool) -> Row[Any]:
    """Let the account with this name belong to a group; the member as `group_members_of` tells it."""
    standing = await managed_group(unit, slug)
    account = await account_named(unit, name)
    if account is None:
        raise NotFound(f"There is no account {name[:80]!r} that could be a member.")
    if account.id == standing.group.owner_id and not admin:
        raise Conflict(_STAYS.format(slug), code="group_owner")
    member = _members(standing.group.id).where(Account.id == account.id)
    current = (await unit.session.execute(member)).first()
    if current is None or current[0].admin != admin:
        await put_member(unit, standing.group, account.id, admin=admin)
    return (await unit.session.execute(member)).one()


async def remove_group_member(unit: Unit, slug: str, name: str) -> None:
    """End a membership; what was granted to the group is no longer that account's from the commit on."""
    standing = await standing_in_group(unit, slug, lock=True)
    found = _members(standing.group.id).where(Account.name == looked_up(name))
    row = (await unit.session.execute(found)).first()
    member: GroupMember | None = row[0] if row is not None else None
    leaves = member is not None and member.account_id == unit.actor.account_id
    if not leaves and not manages_group(unit, standing):
        raise Denied(f"Only admins of {slug} may do this; ask one of them.")
    if member is None:
        raise NotFound(f"{name[:80]!r} is no member of {slug}.")
    if member.account_id == standing.group.owner_id:
        raise Conflict(_STAYS.format(slug), code="group_owner")
    await unit.session.delete(member)
    await unit.session.flush()
    record(unit, "group.leave", str(standing.group.id), account=str(member.account_id))
    await visibility_moved(unit.session)


def _members(group_id: UUID) -> Select[Any]:
    joined = (
        select(GroupMember, Account.name, Account.full_name, (Group.owner_id == Account.id).label("owner"))
        .join(Account, Account.id == GroupMember.account_id)
        .join(Group, Group.id == GroupMember.group_id)
    )
    return joined.where(GroupMember.group_id == group_id)
