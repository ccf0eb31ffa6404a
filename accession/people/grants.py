"""Grants: gives accounts and groups access to one project, sample or file, lists what was given, and takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from accession.audit.service import record
from accession.errors import Denied, NotFound, Rejected
from accession.issues import Issue
from accession.numbers import visibility_moved
from accession.people.access import Level
from accession.people.grantees import account_reached_by, looked_up
from accession.people.lists import page_of
from accession.people.models import Account, Grant, Group, GroupMember

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row, Select

    from accession.paging import Page, PageRequest
    from accession.unit import Unit

_givers = aliased(Account, name="givers")
NOBODY = "There is no such account or group that access can be given to."


class Target(NamedTuple):
    """What a grant is on: a row of some `kind`, named by its accession in the audit.

    `reach` are the ids on which a grant to share lets the actor share this; `by_role` says that the actor may anyway.
    """

    kind: str
    id: UUID
    accession: str
    owner_id: UUID
    reach: tuple[UUID, ...]
    by_role: bool


class Wish(NamedTuple):
    """Who is to get what: an account by name or e-mail address, or a group by slug. Without `expires_at` for good."""

    level: Level
    user: str | None = None
    group: str | None = None
    expires_at: datetime | None = None


async def give(unit: Unit, target: Target, wish: Wish) -> tuple[Row[Any], bool]:
    """Give access, or change what the same grantee has; the grant as `grants_on` tells it, and whether it is new.

    The row of the target is locked by the caller. Who shares by a grant gives nothing that outlives that grant.
    """
    await _refuse_wrong_end(unit, target, wish)
    account_id, group_id = await _grantee(unit, target, wish)
    same = Grant.account_id == account_id if account_id is not None else Grant.group_id == group_id
    row = (await unit.session.scalars(select(Grant).where(Grant.target_id == target.id, same))).one_or_none()
    new, giver = row is None, unit.require_account()
    if row is None:
        row = Grant(kind=target.kind, target_id=target.id, account_id=account_id, group_id=group_id, granted_by=giver)
        unit.session.add(row)
    if new or (row.level, row.expires_at) != (wish.level, wish.expires_at):
        row.level, row.expires_at, row.granted_by = int(wish.level), wish.expires_at, giver
        await unit.session.flush()
        told = {
            "level": wish.level.name.lower(),
            "expires_at": wish.expires_at.isoformat() if wish.expires_at else None,
        }
        record(unit, "grant", target.accession, grant=str(row.id), **_told(row), **told)
        await visibility_moved(unit.session)
    return (await unit.session.execute(_listed(target).where(Grant.id == row.id))).one(), new


async def grants_on(unit: Unit, target: Target, wanted: PageRequest) -> Page[Row[Any]]:
    """The grants on something, expired ones too: (Grant, user, full_name, group, giver), the oldest first."""
    return await page_of(unit, _listed(target), wanted, Grant.created_at, Grant.id)


async def revoke(unit: Unit, target: Target, grant_id: UUID) -> None:
    """Take a grant back; what it gave ends with the commit."""
    found = select(Grant).where(Grant.target_id == target.id, Grant.id == grant_id)
    row = (await unit.session.scalars(found)).one_or_none()
    if row is None:
        raise NotFound(f"There is no grant {grant_id} on {target.accession}.")
    await unit.session.delete(row)
    await unit.session.flush()
    record(unit, "revoke", target.accession, grant=str(row.id), **_told(row))
    await visibility_moved(unit.session)


async def ends_of_shares(unit: Unit, reach: tuple[UUID, ...]) -> list[datetime | None]:
    """When the grants end by which the actor may share one of `reach`; None for one without an end."""
    account = unit.require_account()
    groups = select(GroupMember.group_id).where(GroupMember.account_id == account)
    mine = select(Grant.expires_at).where(
        Grant.target_id.in_(reach),
        Grant.level >= int(Level.SHARE),
        or_(Grant.account_id == account, Grant.group_id.in_(groups)),
        or_(Grant.expires_at.is_(None), Grant.expires_at > unit.now),
    )
    return list(await unit.session.scalars(mine))


async def _refuse_wrong_end(unit: Unit, target: Target, wish: Wish) -> None:
    """Refuse a grant that has ended already, or that would outlive the giver's own."""
    if wish.expires_at is not None and wish.expires_at <= unit.now:
        _refuse("in_the_past", "'expires_at' must be in the future.", "expires_at")
    if target.by_role:
        return
    ends = await ends_of_shares(unit, target.reach)
    if not ends:
        raise Denied(f"You may not share {target.accession}; ask its owner.")
    last = max((end for end in ends if end is not None), default=None)
    if None not in ends and last is not None and (wish.expires_at is None or wish.expires_at > last):
        message = f"What you were granted yourself ends at {last.isoformat()}; give an 'expires_at' no later than that."
        _refuse("outlives_own", message, "expires_at")


async def _grantee(unit: Unit, target: Target, wish: Wish) -> tuple[UUID | None, UUID | None]:
    """The ids of the account or of the group; `Rejected` in one sentence for whoever cannot be granted anything."""
    if (wish.user is None) is (wish.group is None):
        _refuse("one_grantee", "Give either 'user' (a name or e-mail address) or 'group' (its name).", "user")
    if wish.user is not None:
        account = await account_reached_by(unit, wish.user)
        if account is None:
            _refuse("unknown_grantee", NOBODY, "user")
        if account.id == target.owner_id:
            _refuse("owner_needs_none", f"{account.name} owns {target.accession} and needs no grant.", "user")
        return account.id, None
    found = select(Group.id).where(Group.slug == looked_up(wish.group or ""))
    if not unit.actor.admin:
        found = found.join(GroupMember, GroupMember.group_id == Group.id)
        found = found.where(GroupMember.account_id == unit.require_account())
    group_id = (await unit.session.execute(found)).scalar_one_or_none()
    if group_id is None:
        _refuse("unknown_grantee", NOBODY, "group")
    return None, group_id


def _listed(target: Target) -> Select[Any]:
    return (
        select(
            Grant,
            Account.name.label("user"),
            Account.full_name,
            Group.slug.label("group"),
            _givers.name.label("giver"),
        )
        .outerjoin(Account, Account.id == Grant.account_id)
        .outerjoin(Group, Group.id == Grant.group_id)
        .join(_givers, _givers.id == Grant.granted_by)
        .where(Grant.target_id == target.id)
    )


def _told(row: Grant) -> dict[str, str]:
    """Whom a grant is to, for the audit."""
    return {"account": str(row.account_id)} if row.account_id is not None else {"group": str(row.group_id)}


def _refuse(code: str, message: str, field: str) -> NoReturn:
    raise Rejected([Issue(code, message, field=field)])
