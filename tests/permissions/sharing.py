"""Lets people into the projects of the matrix: grants by name and by group, reviewer links, and tokens gone bad."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import update

from accession.base import new_id
from accession.people import personal, tokens
from accession.people.credentials import AccessToken
from accession.people.models import Account, Grant, Group, GroupMember, ReviewerLink
from accession.people.personal import Wish
from accession.people.tokens import digest_of

if TYPE_CHECKING:
    from app.wiring import Wiring
    from tests.conftest import Person
    from tests.permissions.people import State
    from tests.permissions.world import Scene

_LEVELS = {"reader": 1, "editor": 2, "sharer": 3, "group_reader": 1, "group_editor": 2, "group_sharer": 3}


async def share(wiring: Wiring, people: dict[str, Person], scenes: dict[State, Scene]) -> None:
    """Grants on every project, by name and by group; one that has lapsed, and one to a group that somebody left."""
    async with wiring.writing() as unit:
        owner = people["owner"].id
        for name, level in {**_LEVELS, "grounded": 3, "lapsed": 3, "left": 3}.items():
            group = None
            if name.startswith("group_") or name == "left":
                group = Group(id=new_id(), slug=f"group-{name.replace('_', '-')}", title=name, owner_id=owner)
                unit.session.add(group)
                await unit.session.flush()
                members = {owner: True} if name == "left" else {owner: True, people[name].id: False}
                for account_id, leads in members.items():
                    unit.session.add(GroupMember(group_id=group.id, account_id=account_id, admin=leads))
            for scene in scenes.values():
                unit.session.add(
                    Grant(
                        kind="project",
                        target_id=scene.scope_id,
                        account_id=None if group else people[name].id,
                        group_id=group.id if group else None,
                        level=level,
                        granted_by=owner,
                        expires_at=unit.now - timedelta(seconds=1) if name == "lapsed" else None,
                    )
                )
        await unit.session.execute(update(Account).where(Account.id == people["grounded"].id).values(role="viewer"))
        await unit.session.execute(update(Account).where(Account.id == people["admin"].id).values(role="admin"))
        await unit.session.execute(update(Account).where(Account.id == people["deactivated"].id).values(active=False))


async def reviewers(wiring: Wiring, owner: Person, scenes: dict[State, Scene]) -> dict[str, dict[State, str]]:
    """A reviewer link of each project, one that was revoked and one that has expired; all hide the owner."""
    found: dict[str, dict[State, str]] = {}
    async with wiring.writing() as unit:
        for name in ("reviewer", "revoked_reviewer", "expired_reviewer"):
            found[name] = {}
            for state, scene in scenes.items():
                token = found[name][state] = f"sqr_{name}{state.value}{'x' * 32}"
                ends = timedelta(seconds=-1) if name.startswith("expired") else timedelta(days=1)
                unit.session.add(
                    ReviewerLink(
                        scope_id=scene.scope_id,
                        name=name,
                        digest=digest_of(token),
                        hides_owner=True,
                        created_by=owner.id,
                        expires_at=unit.now + ends,
                        revoked_at=unit.now if name.startswith("revoked") else None,
                    )
                )
    return found


async def spoilt(wiring: Wiring, people: dict[str, Person]) -> dict[str, dict[str, str]]:
    """Tokens of good people that hold no more."""
    then = wiring.clock.now() - timedelta(hours=2)
    old = tokens.access_token(wiring.keys, people["expired"].id, now=then, minutes=30)
    async with wiring.writing() as unit:
        account = await unit.session.get_one(Account, people["revoked"].id)
        _, text = await personal.add_token(unit, account.id, Wish(name="revoked"))
        ended = update(AccessToken).where(AccessToken.account_id == account.id).values(revoked_at=unit.now)
        await unit.session.execute(ended)
    return {"expired": {"Authorization": f"Bearer {old}"}, "revoked": {"Authorization": f"Bearer {text}"}}
