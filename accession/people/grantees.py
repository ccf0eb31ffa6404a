"""Finds those who can be given something: active accounts by name or e-mail address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from accession.people import rules
from accession.people.models import Account

if TYPE_CHECKING:
    from accession.unit import Unit


def looked_up(who: str) -> str:
    """A name or e-mail address as it is looked up; empty, as nobody's is, for what none can be."""
    wanted = rules.folded(who)
    return wanted if len(wanted) <= rules.EMAIL_LIMIT and rules.storable(wanted) else ""


async def account_named(unit: Unit, name: str) -> Account | None:
    """The active account with this name."""
    found = select(Account).where(Account.name == looked_up(name), Account.active)
    return (await unit.session.scalars(found)).one_or_none()


async def account_reached_by(unit: Unit, who: str) -> Account | None:
    """The active account with this name or e-mail address."""
    wanted = looked_up(who)
    named = or_(Account.email == wanted, Account.name == wanted)
    return (await unit.session.scalars(select(Account).where(named, Account.active))).one_or_none()
