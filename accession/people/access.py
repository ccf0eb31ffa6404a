"""Who may see what: the one WHERE clause of every read, and the one question before every write."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, cast

import msgspec
from sqlalchemy import ColumnElement, Table, and_, bindparam, exists, false, literal_column, or_, select, true
from sqlalchemy.sql.elements import False_, True_

from accession.base import Owned, State
from accession.errors import Denied
from accession.people.models import Grant, GroupMember, Scope

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Select

    from accession.unit import Unit

_scope = cast("Table", Scope.__table__).alias("seen_scopes")  # its own name, whatever else a statement joins
_grants, _members = (cast("Table", model.__table__) for model in (Grant, GroupMember))
_LISTED = (State.PUBLIC,)
_ANSWERED = (State.PUBLIC, State.SUPPRESSED)
_GONE = (State.WITHDRAWN, State.REMOVED)
_ROLES = {
    "contribute": frozenset({"owner", "admin", "contributor"}),
    "share": frozenset({"owner", "admin"}),
    "manage": frozenset({"owner", "admin"}),
}


class Level(IntEnum):
    """What a grant allows; each level includes the lower ones."""

    READ = 1
    EDIT = 2
    SHARE = 3


class Verb(StrEnum):
    """What can be done to a project or to a record in it, beyond reading."""

    CONTRIBUTE = "contribute"  # add and change records
    SHARE = "share"  # grant others access
    MANAGE = "manage"  # release, change the project, hand it over, delete


_SPOKEN = {Verb.CONTRIBUTE: "add to it or change it", Verb.SHARE: "share it", Verb.MANAGE: "manage it"}
_LEVELS = {Verb.CONTRIBUTE: Level.EDIT, Verb.SHARE: Level.SHARE}  # managing is never granted


class Viewer(msgspec.Struct, frozen=True):
    """What of an actor decides the form of the WHERE clause; statements are kept per viewer and accession-or-list."""

    admin: bool
    signed_in: bool
    member: bool
    granted: bool = False
    reviewing: bool = False


def viewer(unit: Unit) -> Viewer:
    """The kind of viewer that the unit's actor is."""
    actor = unit.actor
    return Viewer(
        actor.admin, actor.signed_in, bool(actor.organisations), actor.granted, reviewing=actor.review is not None
    )


def readable_by(model: type[Owned], unit: Unit, *, by_accession: bool = False) -> ColumnElement[bool]:
    """The condition that a row of `model` is visible to the unit's actor.

    With `by_accession` a suppressed record is found too, as it is asked for by name. Needs only the mixin `Owned` and
    the tables `scopes`, `grants` and `group_members`.
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
    in_open = and_(_in_scope(columns, _open_now(_scope.c, states), by_row=by_row), _is_one_of(columns.state, states))
    held: list[ColumnElement[bool]] = []
    if who.signed_in:
        held.append(_in_scope(columns, _mine(who), by_row=by_row))
    if who.granted:
        held += model.held_by(columns, granted(Level.READ))
    if who.reviewing:
        held.append(columns.scope_id == bindparam("viewer_review"))
    return or_(in_open, and_(or_(*held), _not_gone(columns.state))) if held else in_open


def granted(level: Level) -> Select[tuple[UUID]]:
    """The ids of rows that were granted to the viewer, or to a group of theirs, with at least this level."""
    groups = select(_members.c.group_id).where(_members.c.account_id == bindparam("viewer_account"))
    return select(_grants.c.target_id).where(
        or_(_grants.c.account_id == bindparam("viewer_account"), _grants.c.group_id.in_(groups)),
        _grants.c.level >= literal_column(str(int(level))),
        or_(
            _grants.c.expires_at.is_(None),
            _grants.c.expires_at > bindparam("viewer_now", type_=_grants.c.expires_at.type),
        ),
    )


def _open_now(scope: Any, states: tuple[State, ...]) -> ColumnElement[bool]:
    released = or_(scope.release_date.is_(None), scope.release_date <= bindparam("viewer_today"))
    return and_(_is_one_of(scope.state, states), released)


async def granted_now(unit: Unit) -> tuple[str, ...]:
    """What is granted to the actor at this moment, which no mark of a total tells: grants end by the clock."""
    if not unit.actor.granted:
        return ()
    return tuple(sorted(str(row[0]) for row in await unit.fetch(granted(Level.READ), values(unit))))


def enterable(scope: Any, who: Viewer) -> ColumnElement[bool]:
    """The condition that the viewer may list records of a scope at all, as a template; see `whole` for `scope`."""
    return or_(_open_now(scope, _LISTED), whole(scope, who))


def held_rows(model: type[Owned], who: Viewer) -> list[ColumnElement[bool]]:
    """The conditions under which the viewer sees rows of scopes that are not theirs to enter, as templates."""
    return model.held_by(_table(model).c, granted(Level.READ)) if who.granted and not who.admin else []


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
    if actor.granted:
        found["viewer_now"] = unit.now
    if actor.review is not None:
        found["viewer_review"] = actor.review.scope_id
    return found


def _mine(who: Viewer) -> ColumnElement[bool]:
    """The condition that a scope is the actor's own, or its organisation's."""
    own: ColumnElement[bool] = _scope.c.owner_id == bindparam("viewer_account")
    if not who.member:
        return own
    return or_(own, _scope.c.organisation_id.in_(bindparam("viewer_organisations", expanding=True)))


def personal_to(model: type[Any], unit: Unit, level: Level | None = None) -> ColumnElement[bool]:
    """The condition that a row without a project (a staged file) is the actor's own.

    With a `level` it may also be one that was granted to the actor.
    """
    if unit.actor.account_id is None:
        return false()
    if unit.actor.admin:
        return true()
    own: ColumnElement[bool] = model.owner_id == unit.actor.account_id
    if level is None or not unit.actor.granted:
        return own
    return or_(own, model.id.in_(granted(level).params(values(unit))))


def may_by_role(unit: Unit, verb: Verb, scope: Scope) -> bool:
    """Whether the actor may do `verb` in the project of `scope` as its owner, by a role, or as an administrator."""
    actor = unit.actor
    if actor.account_id is None or actor.role == "viewer":
        return False
    if actor.admin or scope.owner_id == actor.account_id:
        return True
    return actor.organisations.get(scope.organisation_id) in _ROLES[verb]


async def may(unit: Unit, verb: Verb, scope: Scope, row: Owned | None = None) -> bool:
    """Whether the actor may do `verb` in the project of `scope`, or to the record `row` in it, also by a grant."""
    if may_by_role(unit, verb, scope):
        return True
    if verb not in _LEVELS or not unit.actor.granted or unit.actor.role == "viewer":
        return False
    targets = granted(_LEVELS[verb])
    if row is None:
        held = select(true()).where(_scope.c.id == scope.id, _scope.c.id.in_(targets))
    else:
        columns = _table(type(row)).c
        held = select(true()).where(columns.id == cast("Any", row).id, or_(*type(row).held_by(columns, targets)))
    return (await unit.session.execute(held, values(unit))).first() is not None


def refuse_viewers(unit: Unit) -> UUID:
    """The caller's account; `Denied` where its role is only to read, `Unauthenticated` for nobody."""
    account_id = unit.require_account()
    if unit.actor.role == "viewer":
        raise Denied("Your account may only read; ask the archive's administrator for the role submitter.")
    return account_id


async def require(unit: Unit, verb: Verb, scope: Scope, row: Owned | None = None) -> None:
    """Raise `Unauthenticated` or `Denied` unless the actor may; call it only for what the actor can see."""
    refuse_viewers(unit)
    if not await may(unit, verb, scope, row):
        raise Denied(f"You may read this, but not {_SPOKEN[verb]}; ask the project's owner.")


async def reads_whole(unit: Unit, scope: Scope) -> bool:
    """Whether the actor sees all records of a project, private ones included (pages over a whole project)."""
    seen = select(Scope.id).where(Scope.id == scope.id, whole_readable(unit))
    return (await unit.session.execute(seen)).first() is not None


def whole_readable(unit: Unit) -> ColumnElement[bool]:
    """`reads_whole` as a condition, for a statement that joins `Scope`."""
    condition, given = whole(Scope, viewer(unit)), values(unit)
    return condition.params(given) if given and not isinstance(condition, True_ | False_) else condition


def whole(scope: Any, who: Viewer, *, reviewers: bool = True) -> ColumnElement[bool]:
    """`whole_readable` as a template for the given scopes (the class or a table's columns).

    Without `reviewers` it is what the personal fields of subjects ask for: somebody who was let in by name.
    """
    if who.admin:
        return true()
    held: list[ColumnElement[bool]] = []
    if who.signed_in:
        held.append(scope.owner_id == bindparam("viewer_account"))
    if who.member:
        held.append(scope.organisation_id.in_(bindparam("viewer_organisations", expanding=True)))
    if who.granted:
        held.append(scope.id.in_(granted(Level.READ)))
    if who.reviewing and reviewers:
        held.append(scope.id == bindparam("viewer_review"))
    return or_(false(), *held)


def is_open(today: date, scope_state: str, release_date: date | None, record_state: str = State.PUBLIC) -> bool:
    """Whether everyone may read a record today."""
    released = release_date is None or release_date <= today
    return scope_state in _ANSWERED and record_state in _ANSWERED and released
