"""Who may see what: the one WHERE clause of every read, and the one question before every write."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from accession.base import Owned, State
from accession.errors import Denied
from accession.people.models import Scope

if TYPE_CHECKING:
    from uuid import UUID

    from accession.unit import Unit

_LISTED = (State.PUBLIC,)
_ANSWERED = (State.PUBLIC, State.SUPPRESSED)
_GONE = (State.WITHDRAWN, State.REMOVED)
_MAY_WRITE = {"owner", "admin", "contributor"}
_MAY_MANAGE = {"owner", "admin"}


class Verb(StrEnum):
    """What can be done to a project or to a record in it, beyond reading."""

    CONTRIBUTE = "contribute"  # add and change records
    MANAGE = "manage"  # release, change the project, delete


def readable_by(model: type[Owned], unit: Unit, *, by_accession: bool = False) -> ColumnElement[bool]:
    """The condition that a row of `model` is visible to the unit's actor.

    With `by_accession` a suppressed record is found too, as it is asked for by name. Needs only the mixin `Owned` and
    the table `scopes`.
    """
    actor = unit.actor
    if actor.admin:
        return model.state.not_in(_GONE)
    states = _ANSWERED if by_accession else _LISTED
    open_now = and_(Scope.state.in_(states), or_(Scope.release_date.is_(None), Scope.release_date <= unit.today))
    visible = or_(open_now, mine(unit)) if actor.signed_in else open_now
    return and_(model.scope_id.in_(select(Scope.id).where(visible)), _record_open(model, unit, states))


def _record_open(model: type[Owned], unit: Unit, states: tuple[State, ...]) -> ColumnElement[bool]:
    """The condition on the record's own state: a private one is seen only by those whose scope it is."""
    actor = unit.actor
    if not actor.signed_in:
        return model.state.in_(states)
    own = model.scope_id.in_(select(Scope.id).where(mine(unit)))
    return or_(model.state.in_(states), and_(model.state.not_in(_GONE), own))


def mine(unit: Unit) -> ColumnElement[bool]:
    """The condition that a scope is the actor's own, or its organisation's."""
    actor = unit.actor
    if actor.account_id is None:
        return false()
    own = Scope.owner_id == actor.account_id
    return or_(own, Scope.organisation_id.in_(list(actor.organisations))) if actor.organisations else own


def personal_to(model: type[Any], unit: Unit) -> ColumnElement[bool]:
    """The condition that a row without a project (a staged file) is the actor's own."""
    if unit.actor.account_id is None:
        return false()
    return true() if unit.actor.admin else model.owner_id == unit.actor.account_id


def may(unit: Unit, verb: Verb, scope: Scope) -> bool:
    """Whether the actor may do `verb` in the project of `scope`."""
    actor = unit.actor
    if actor.account_id is None:
        return False
    if actor.admin or scope.owner_id == actor.account_id:
        return True
    role = actor.organisations.get(scope.organisation_id)
    return role in (_MAY_WRITE if verb is Verb.CONTRIBUTE else _MAY_MANAGE)


def require(unit: Unit, verb: Verb, scope: Scope) -> None:
    """Raise `Unauthenticated` or `Denied` unless the actor may; call it only for what the actor can see."""
    unit.require_account()
    if not may(unit, verb, scope):
        raise Denied(f"You may read this, but not {verb.value} to it; ask the project's owner.")


def reads_whole(unit: Unit, scope: Scope) -> bool:
    """Whether the actor sees all records of a project, private ones included (pages over a whole project)."""
    actor = unit.actor
    if actor.admin or (actor.account_id is not None and scope.owner_id == actor.account_id):
        return True
    return scope.organisation_id in actor.organisations


def is_open(unit: Unit, scope_state: str, release_date: Any, record_state: str = State.PUBLIC) -> bool:
    """Whether everyone may read a record now."""
    released = release_date is None or release_date <= unit.today
    return scope_state in _ANSWERED and record_state in _ANSWERED and released


def owner_of(unit: Unit) -> UUID:
    """The account that a new record will belong to."""
    return unit.require_account()
