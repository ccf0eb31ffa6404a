"""Looks whether the rows of a whole archive agree with each other, and what anybody reads of each record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from accession.ids import Kind
from accession.moves import CLOSED, GONE, State
from accession.people.access import readable_by
from accession.people.models import Scope
from accession.projects.models import Project
from accession.states.family import MODELS

if TYPE_CHECKING:
    from accession.unit import Unit

PARENTS: dict[Kind, tuple[str, ...]] = {
    Kind.SUBJECT: ("scope_id",),
    Kind.SAMPLE: ("subject_id", "scope_id"),
    Kind.EXPERIMENT: ("sample_id",),
    Kind.RUN: ("experiment_id",),
}


async def read_by_all(unit: Unit) -> tuple[set[str], set[str]]:
    """The accessions that answer everyone: with the record, and with a tombstone."""
    found: set[str] = set()
    gone: set[str] = set()
    for kind, model in MODELS.items():
        seen = select(model.serial).where(readable_by(model, unit, by_accession=True))
        found |= {unit.accession(kind, serial) for serial in await unit.session.scalars(seen)}
        stones = select(model.serial).where(model.state == State.WITHDRAWN)
        gone |= {unit.accession(kind, serial) for serial in await unit.session.scalars(stones)}
    return found, gone


async def faults(unit: Unit) -> list[str]:
    """What rows contradict each other in."""
    found: list[str] = []
    differing = select(Project.serial).join(Scope, Scope.id == Project.id).where(Scope.state != Project.state)
    found += [f"project {serial} differs from its scope" for serial in await unit.session.scalars(differing)]
    rows: dict[Any, tuple[str, str, Any]] = {}
    for kind, model in MODELS.items():
        above = PARENTS.get(kind, ())
        columns = [getattr(model, name) for name in above]
        for row_id, serial, state, *parents in await unit.session.execute(
            select(model.id, model.serial, model.state, *columns)
        ):
            named = next((parent for parent in parents if parent is not None), None)
            rows[row_id] = (unit.accession(kind, serial), state, named)
    for accession, state, named in rows.values():
        if named is None:
            continue
        above, parent, _ = rows[named]
        live_below_gone = parent in GONE and state not in GONE
        shown_below_closed = "PRJ" not in above and parent in CLOSED and state not in (*CLOSED, State.REMOVED)
        if live_below_gone or shown_below_closed:
            found.append(f"{accession} is {state} below {above}, which is {parent}")
    return found


async def all_states(unit: Unit) -> dict[str, tuple[str, str | None]]:
    """The state of every row, and what keeps it; by its accession."""
    found: dict[str, tuple[str, str | None]] = {}
    for kind, model in MODELS.items():
        rows = await unit.session.execute(select(model.serial, model.state, model.moved_with))
        found |= {unit.accession(kind, serial): (state, keeper) for serial, state, keeper in rows}
    return found
