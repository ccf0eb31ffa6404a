"""One record on its move: where it stands, whether the table lets it, and what is written when it has moved."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import select

from accession.audit import service as audit
from accession.errors import Conflict
from accession.files.project_reports import mark_report_due
from accession.files.runs import SOON
from accession.ids import Kind
from accession.moves import Move, Standing, State, after, allowed, standing_of, standing_of_project
from accession.numbers import visibility_moved
from accession.people.access import Verb
from accession.people.models import Account, Scope
from accession.projects.models import Project
from accession.records import load_for_change
from accession.states.cascade import Cause
from accession.states.family import MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accession.unit import Unit


class Moving(msgspec.Struct, frozen=True):
    """A record that is about to move, locked together with its project until the commit."""

    kind: Kind
    row: Any
    scope: Any
    accession: str
    standing: Standing
    at: datetime

    def cause(self, reason: str | None = None) -> Cause:
        """Why what hangs on the record is taken along."""
        return Cause(self.accession, self.at, reason)

    @property
    def shown(self) -> bool:
        """Whether everyone could read the record up to now."""
        return after(self.standing, Move.WITHDRAW) is not None


async def load(unit: Unit, kind: Kind, accession: str, verb: Verb = Verb.MANAGE) -> Moving:
    """The record, alone with it and its project until the commit; `NotFound`, `Gone`, `Denied`."""
    row, scope = await load_for_change(unit, MODELS[kind], kind, accession, verb, alone=True)
    return Moving(kind, row, scope, unit.accession(kind, row.serial), standing(unit, kind, row, scope), unit.now)


def standing(unit: Unit, kind: Kind, row: Any, scope: Scope) -> Standing:
    """Where a record stands today."""
    if kind is Kind.PROJECT:
        return standing_of_project(scope.state, scope.release_date, unit.today)
    return standing_of(row.state, scope.state, scope.release_date, unit.today, moved_with=row.moved_with)


async def require_move(unit: Unit, moving: Moving, move: Move) -> State:
    """The state that the move leads to, or `Conflict` naming the state, whose it is, and what can be done from here."""
    state = after(moving.standing, move)
    if state is not None:
        return state
    moves = allowed(moving.standing)
    offered = f"it can be moved by {', '.join(moves)}" if moves else "nothing moves it from there"
    told, whose = moving.standing.told, ""
    if moving.standing.follows:
        keeper = moving.row.moved_with or await _project_of(unit, moving.scope)
        whose = f" with {keeper}, and moves with that"
    raise Conflict(f"{moving.accession} is {told}{whose}; here {offered}.")


async def refuse_personal(unit: Unit, moving: Moving) -> None:
    """Raise `Conflict` for the personal project of an account, which the account cannot be without."""
    personal = select(Account.id).where(Account.personal_project_id == moving.row.id)
    if moving.kind is Kind.PROJECT and (await unit.session.execute(personal)).first() is not None:
        message = f"{moving.accession} is the personal project of an account and stays; remove what is in it."
        raise Conflict(message, code="personal_project")


async def settle(
    unit: Unit,
    moving: Moving,
    move: Move,
    state: State,
    *,
    reason: str | None,
    changes: Mapping[str, Any] | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write the record's own new state with other `changes`, and have what was derived from the old one made anew."""
    row = moving.row
    told = {"moved_with": None, "moved_at": moving.at, "moved_reason": reason, "revision": row.revision + 1}
    for name, value in {"state": state, **told, **(changes or {})}.items():
        setattr(row, name, value)
    if moving.kind is Kind.PROJECT:
        moving.scope.state = state
    audit.record(unit, move, moving.accession, **({"reason": reason} if reason else {}), **(detail or {}))
    await renew(unit, moving)


async def renew(unit: Unit, moving: Moving) -> None:
    """Have lists and the project's page follow what has moved."""
    await unit.session.flush()
    await visibility_moved(unit.session)
    await mark_report_due(unit, moving.scope.id, SOON)


async def _project_of(unit: Unit, scope: Scope) -> str:
    found = select(Project.serial).where(Project.id == scope.id)
    return unit.accession(Kind.PROJECT, (await unit.session.execute(found)).scalar_one())
