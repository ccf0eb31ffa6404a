"""Who may see what: the one WHERE clause of every read, and the one question before every write."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast

import msgspec
from sqlalchemy import ColumnElement, Table, and_, bindparam, exists, false, literal_column, or_, select, true

from accession.base import Owned, State
from accession.errors import Denied
from accession.people.models import Scope

if TYPE_CHECKING:
    from datetime import date

    from accession.unit import Unit

_scope = cast("Table", Scope.__table__).alias("seen_scopes")  # its own name, whatever else a statement joins
_LISTED = (State.PUBLIC,)
_ANSWERED = (State.PUBLIC, State.SUPPRESSED)
_GONE = (State.WITHDRAWN, State.REMOVED)
_MAY_WRITE = {"owner", "admin", "contributor"}
_MAY_MANAGE = {"owner", "admin"}


class Verb(StrEnum):
    """What can be done to a project or to a record in it, beyond reading."""

    CONTRIBUTE = "contribute"  # add and change records
    MANAGE = "manage"  # release, change the project, delete


class Viewer(msgspec.Struct, frozen=True):
    """What of an actor decides the form of the WHERE clause; statements are kept per viewer and accession-or-list."""

    admin: bool
    signed_in: bool
    member: bool


def viewer(unit: Unit) -> Viewer:
    """The kind of viewer that the unit's actor is."""
    actor = unit.actor
    return Viewer(actor.admin, actor.signed_in, bool(actor.organisations))


def readable_by(model: type[Owned], unit: Unit, *, by_accession: bool = False) -> ColumnElement[bool]:
    """The condition that a row of `model` is visible to the unit's actor.

    With `by_accession` a suppressed record is found too, as it is asked for by name. Needs only the mixin `Owned` and
    the table `scopes`.
    """
    return readable(model, viewer(unit), by_accession=by_accession).params(values(unit))


def readable(model: type[Owned], who: Viewer, *, by_accession: bool, by_row: bool = False) -> ColumnElement[bool]:
    """`readable_by` as a template that is executed with `values(unit)`; without them the statement fails.

    `by_row` asks row by row whether its scope is visible, for pages that follow another index (newest first); else the
    visible scopes are found first, for counts and look-ups.
    """
    columns = _table(model).c
    if who.admin:
        return _not_gone(columns.state)
    states = _ANSWERED if by_accession else _LISTED
    released = or_(_scope.c.release_date.is_(None), _scope.c.release_date <= bindparam("viewer_today"))
    open_now = and_(_is_one_of(_scope.c.state, states), released)
    in_open = and_(_in_scope(columns, open_now, by_row=by_row), _is_one_of(columns.state, states))
    if not who.signed_in:
        return in_open
    own = _in_scope(columns, _mine(who), by_row=by_row)
    return or_(in_open, and_(own, _not_gone(columns.state)))


def _in_scope(columns: Any, visible: ColumnElement[bool], *, by_row: bool) -> ColumnElement[bool]:
    if by_row:
        return exists().where(_scope.c.id == columns.scope_id, visible)
    seen: ColumnElement[bool] = columns.scope_id.in_(select(_scope.c.id).where(visible))
    return seen


def _is_one_of(column: ColumnElement[str], states: tuple[State, ...]) -> ColumnElement[bool]:
    """Constants stand in the statement itself: a list of parameters would be expanded at every execution."""
    return or_(*(column == literal_column(f"'{state.value}'") for state in states))


def _not_gone(column: ColumnElement[str]) -> ColumnElement[bool]:
    return and_(*(column != literal_column(f"'{state.value}'") for state in _GONE))


def _table(model: type[Owned]) -> Table:
    """The bare table: a statement on it takes the short way past the ORM."""
    return cast("Table", cast("Any", model).__table__)


def values(unit: Unit) -> dict[str, Any]:
    """The parameters that a `readable` template is executed with."""
    actor = unit.actor
    found: dict[str, Any] = {}
    if not actor.admin:
        found["viewer_today"] = unit.today
    if actor.signed_in:
        found["viewer_account"] = actor.account_id
    if actor.organisations:
        found["viewer_organisations"] = list(actor.organisations)
    return found


def _mine(who: Viewer) -> ColumnElement[bool]:
    """The condition that a scope is the actor's own, or its organisation's."""
    own: ColumnElement[bool] = _scope.c.owner_id == bindparam("viewer_account")
    if not who.member:
        return own
    return or_(own, _scope.c.organisation_id.in_(bindparam("viewer_organisations", expanding=True)))


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


def whole_readable(unit: Unit) -> ColumnElement[bool]:
    """`reads_whole` as a condition, for a statement that joins `Scope`."""
    actor = unit.actor
    if actor.admin:
        return true()
    if actor.account_id is None:
        return false()
    return or_(Scope.owner_id == actor.account_id, Scope.organisation_id.in_(list(actor.organisations)))


def is_open(today: date, scope_state: str, release_date: date | None, record_state: str = State.PUBLIC) -> bool:
    """Whether everyone may read a record today."""
    released = release_date is None or release_date <= today
    return scope_state in _ANSWERED and record_state in _ANSWERED and released
