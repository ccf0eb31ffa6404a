"""Takes what hangs on a record along with its move: a few statements whatever their number, one audit event each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select, update

from accession.audit import service as audit
from accession.catalog.models import Run, RunVersion
from accession.files.models import File
from accession.ids import Kind
from accession.moves import CLOSED, GONE, SHOWN, Move, State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement

    from accession.states.family import Branch
    from accession.unit import Unit

_EVENTS_AT_ONCE = 1000


class Cause(NamedTuple):
    """Why records are taken along: the accession that moves, when, and the reason that was given."""

    keeper: str
    at: datetime
    reason: str | None = None


async def open_along(
    unit: Unit, below: Sequence[Branch], cause: Cause, *, state: State, moved_with: str | None
) -> None:
    """Open what was closed with a record; where that still follows another, these are as it is and follow it too."""
    for branch in below:
        condition = (branch.condition, branch.model.moved_with == cause.keeper, branch.model.state.not_in(GONE))
        await _move(unit, branch, condition, Move.RESTORE, cause, state=state, moved_with=moved_with, moved_reason=None)


async def suppress_along(unit: Unit, below: Sequence[Branch], cause: Cause) -> None:
    """Suppress what the public saw below a record; what is closed by itself stays as it is."""
    for branch in below:
        condition = (branch.condition, branch.model.state == State.PUBLIC)
        told = {"moved_with": cause.keeper, "moved_reason": cause.reason}
        await _move(unit, branch, condition, Move.SUPPRESS, cause, state=State.SUPPRESSED, **told)


async def end_along(unit: Unit, below: Sequence[Branch], cause: Cause, *, shown: bool) -> None:
    """End what hangs on a record that goes: what the public saw (`shown`) is withdrawn, the rest is removed."""
    for branch in below:
        told = {"moved_with": cause.keeper, "moved_reason": cause.reason, "alias": None}
        if branch.model is Run:
            await part_mates(unit, (branch.condition, Run.state.not_in(GONE)))
            told["mate_id"] = None
        if shown:
            seen = (branch.condition, branch.model.state.in_(SHOWN))
            await _move(unit, branch, seen, Move.WITHDRAW, cause, state=State.WITHDRAWN, **told)
        hidden = (branch.condition, branch.model.state.in_(CLOSED if shown else (*CLOSED, *SHOWN)))
        await _move(unit, branch, hidden, Move.REMOVE, cause, state=State.REMOVED, **told)


async def part_mates(unit: Unit, leaving: Sequence[ColumnElement[bool]]) -> None:
    """Leave the mates of runs that go without a mate."""
    going = select(Run.id).where(*leaving)
    parting = (
        update(Run)
        .where(Run.mate_id.in_(going), Run.state.not_in(GONE))
        .values(mate_id=None, revision=Run.revision + 1, updated_at=unit.now)
        .returning(Run.serial)
        .execution_options(synchronize_session=False)
    )
    serials = (await unit.session.scalars(parting)).all()
    await tell(unit, Kind.RUN, "change", serials)


async def give_up_bytes(unit: Unit, below: Sequence[Branch], grace: timedelta) -> None:
    """Have the cleaning look, after `grace`, at the files of runs that were removed: it removes what nobody needs."""
    due = unit.now + grace
    for branch in below:
        if branch.kind is Kind.RUN:
            removed = select(RunVersion.file_id).join(Run, Run.id == RunVersion.run_id)
            removed = removed.where(branch.condition, Run.state == State.REMOVED)
            later = File.clean_at.is_(None) | (File.clean_at > due)
            looking = update(File).where(File.id.in_(removed), later).values(clean_at=due)
            await unit.session.execute(looking.execution_options(synchronize_session=False))


async def _move(
    unit: Unit, branch: Branch, condition: Sequence[ColumnElement[bool]], move: Move, cause: Cause, **values: Any
) -> None:
    model = branch.model
    moving = (
        update(model)
        .where(*condition)
        .values(**values, moved_at=cause.at, revision=model.revision + 1, updated_at=unit.now)
        .returning(model.serial)
        .execution_options(synchronize_session=False)
    )
    moved = (await unit.session.scalars(moving)).all()
    await tell(unit, branch.kind, move, moved, **{"with": cause.keeper})


async def tell(unit: Unit, kind: Kind, verb: str, serials: Sequence[int], **detail: str) -> None:
    """Leave an audit event about each of many records."""
    for start in range(0, len(serials), _EVENTS_AT_ONCE):
        some = serials[start : start + _EVENTS_AT_ONCE]
        await audit.record_many(unit, [(verb, unit.accession(kind, serial)) for serial in some], **detail)
