"""Moves records from state to state: one verb for each move of the table, with what it takes along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accession.ids import Kind
from accession.moves import Move, State
from accession.records import tombstone
from accession.states.cascade import open_along, suppress_along
from accession.states.family import MODELS, branches, parent_of_row
from accession.states.missing import refuse_incomplete
from accession.states.moving import Moving, load, require_move, settle
from accession.states.removing import end
from accession.states.replacement import require_replacement

if TYPE_CHECKING:
    from datetime import date

    from accession.unit import Unit


async def release_project(unit: Unit, accession: str, release_date: date | None = None) -> None:
    """Make a project public, at once or from a day on (decided when it is read); `Rejected` with all that is missing.

    An embargo is moved, or ended, by releasing again.
    """
    moving = await load(unit, Kind.PROJECT, accession)
    state = await require_move(unit, moving, Move.RELEASE)
    await refuse_incomplete(unit, moving)
    moving.scope.embargo(release_date, unit.today)
    told = release_date.isoformat() if release_date else None
    await settle(unit, moving, Move.RELEASE, state, reason=None, detail={"release_date": told})


async def release_record(unit: Unit, kind: Kind, accession: str) -> None:
    """End that a record is a draft, or private by itself: from now on it is as open as what it hangs on."""
    moving = await load(unit, kind, accession)
    await require_move(unit, moving, Move.RELEASE)
    await refuse_incomplete(unit, moving)
    await _open(unit, moving, Move.RELEASE)


async def suppress(unit: Unit, kind: Kind, accession: str, reason: str) -> None:
    """Take a record, with what hangs on it, out of lists and finds; it still answers by its accession."""
    moving = await load(unit, kind, accession)
    state = await require_move(unit, moving, Move.SUPPRESS)
    await _suppress_below(unit, moving, reason)
    await settle(unit, moving, Move.SUPPRESS, state, reason=reason)


async def restore(unit: Unit, kind: Kind, accession: str) -> None:
    """Show a suppressed record again, with what was suppressed along; it is no longer told to be replaced."""
    moving = await load(unit, kind, accession)
    await require_move(unit, moving, Move.RESTORE)
    if kind is Kind.PROJECT:
        await settle(unit, moving, Move.RESTORE, State.PUBLIC, reason=None, changes={"replaced_by": None})
    else:
        await _open(unit, moving, Move.RESTORE)


async def replace(unit: Unit, kind: Kind, accession: str, replaced_by: str, reason: str) -> None:
    """Suppress a record, and say which one is to be used instead."""
    moving = await load(unit, kind, accession)
    state = await require_move(unit, moving, Move.REPLACE)
    await require_replacement(unit, moving, replaced_by)
    await _suppress_below(unit, moving, reason)
    changes = {"replaced_by": replaced_by}
    await settle(unit, moving, Move.REPLACE, state, reason=reason, changes=changes, detail=changes)


async def withdraw(unit: Unit, kind: Kind, accession: str, reason: str) -> dict[str, Any]:
    """End a record that was public, with all that hangs on it; its tombstone, which everyone reads from now on.

    What hangs on it and was private by itself is removed, and nobody learns of it. Bytes are kept,
    for nobody to read.
    """
    moving = await load(unit, kind, accession)
    await end(unit, moving, Move.WITHDRAW, reason=reason)
    return await tombstone(unit, MODELS[kind], kind, moving.row.serial) or {}


async def _suppress_below(unit: Unit, moving: Moving, reason: str) -> None:
    """Suppress what hangs on a record; what is in a project follows the project's own state."""
    if moving.kind is not Kind.PROJECT:
        await suppress_along(unit, branches(moving.kind, moving.row.id), moving.cause(reason))


async def _open(unit: Unit, moving: Moving, move: Move) -> None:
    """Make a record, and what was closed along with it, as open as what it hangs on."""
    parent = await parent_of_row(unit, moving.kind, moving.row, moving.scope)
    opened = parent.beneath()
    below = branches(moving.kind, moving.row.id)
    await open_along(unit, below, moving.cause(), **opened)
    changes = {"replaced_by": None, "moved_with": opened["moved_with"]}
    await settle(unit, moving, move, opened["state"], reason=None, changes=changes)
