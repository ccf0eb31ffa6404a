"""Removes records: what was never public goes from everywhere but its accession; what was public is withdrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from accession.errors import Conflict
from accession.ids import Kind
from accession.moves import GONE, Move, State
from accession.people.access import Verb, require
from accession.states.cascade import end_along, give_up_bytes, part_mates
from accession.states.family import branches, itself
from accession.states.moving import Moving, load, refuse_personal, require_move, settle

if TYPE_CHECKING:
    from datetime import timedelta

    from accession.unit import Unit

_NOUNS = {Kind.SUBJECT: "subjects", Kind.SAMPLE: "samples", Kind.EXPERIMENT: "experiments", Kind.RUN: "runs"}


async def remove(unit: Unit, kind: Kind, accession: str, *, grace: timedelta, cascade: bool = False) -> None:
    """Remove a record, its accession staying taken; with `cascade` together with all that hangs on it.

    Without it, `Conflict` while something does. What is or was public is withdrawn instead, so that its accession keeps
    an answer; that is left to its owner and to those who manage the project. The bytes of removed runs go after
    `grace`.
    """
    moving = await load(unit, kind, accession, Verb.MANAGE if kind is Kind.PROJECT else Verb.CONTRIBUTE)
    if moving.shown and moving.row.owner_id != unit.actor.account_id:
        await require(unit, Verb.MANAGE, moving.scope)
    if not cascade:
        await _refuse_family(unit, moving)
    move = Move.WITHDRAW if moving.shown else Move.REMOVE
    await end(unit, moving, move, reason=None)
    await give_up_bytes(unit, [*branches(kind, moving.row.id), itself(kind, moving.row.id)], grace)


async def end(unit: Unit, moving: Moving, move: Move, *, reason: str | None) -> None:
    """Withdraw or remove a record with all that hangs on it, where the table lets it."""
    state = await require_move(unit, moving, move)
    await refuse_personal(unit, moving)
    kind, row = moving.kind, moving.row
    await end_along(unit, branches(kind, row.id), moving.cause(reason), shown=state is State.WITHDRAWN)
    changes = {"alias": None}
    if kind is Kind.RUN:
        await part_mates(unit, [itself(kind, row.id).condition])
        changes["mate_id"] = None
    await settle(unit, moving, move, state, reason=reason, changes=changes)


async def _refuse_family(unit: Unit, moving: Moving) -> None:
    """Raise `Conflict` while something hangs on the record."""
    for branch in branches(moving.kind, moving.row.id):
        there = exists().where(branch.condition, branch.model.state.not_in(GONE))
        if (await unit.session.execute(select(there))).scalar():
            message = f"{moving.accession} has {_NOUNS[branch.kind]}; remove them first."
            raise Conflict(message, code="not_empty")
