"""Which records hang on which: the tables below a record, and the conditions that find its descendants in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from accession.catalog.models import Experiment, Run, Sample, Subject
from accession.ids import Kind
from accession.moves import State
from accession.projects.models import Project
from accession.records import Parent, parent_of

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from accession.people.models import Scope
    from accession.unit import Unit

MODELS: dict[Kind, Any] = {
    Kind.PROJECT: Project,
    Kind.SUBJECT: Subject,
    Kind.SAMPLE: Sample,
    Kind.EXPERIMENT: Experiment,
    Kind.RUN: Run,
}
_PARENT = {Kind.SAMPLE: "subject_id", Kind.EXPERIMENT: "sample_id", Kind.RUN: "experiment_id"}
_ABOVE = {Kind.SAMPLE: Kind.SUBJECT, Kind.EXPERIMENT: Kind.SAMPLE, Kind.RUN: Kind.EXPERIMENT}
_CHAIN = (Kind.SUBJECT, Kind.SAMPLE, Kind.EXPERIMENT, Kind.RUN)


class Branch(NamedTuple):
    """The descendants of a record that are of one kind."""

    kind: Kind
    model: Any
    condition: ColumnElement[bool]


def branches(kind: Kind, record_id: UUID) -> list[Branch]:
    """All that hangs on a record, kind by kind, parents before what hangs on them."""
    if kind is Kind.PROJECT:
        return [Branch(lower, MODELS[lower], MODELS[lower].scope_id == record_id) for lower in _CHAIN]
    found: list[Branch] = []
    above = select(MODELS[kind].id).where(MODELS[kind].id == record_id)
    for lower in _CHAIN[_CHAIN.index(kind) + 1 :]:
        model = MODELS[lower]
        condition = getattr(model, _PARENT[lower]).in_(above)
        found.append(Branch(lower, model, condition))
        above = select(model.id).where(condition)
    return found


def itself(kind: Kind, record_id: UUID) -> Branch:
    """The record alone, as a branch."""
    return Branch(kind, MODELS[kind], MODELS[kind].id == record_id)


async def parent_of_row(unit: Unit, kind: Kind, row: Any, scope: Scope) -> Parent:
    """What a record hangs on: another record, or its project."""
    upper = _ABOVE.get(kind)
    parent_id = getattr(row, _PARENT[kind]) if upper is not None else None
    if upper is None or parent_id is None:
        return Parent(scope.id, scope, State.PUBLIC, None)
    parent = (await unit.session.scalars(select(MODELS[upper]).where(MODELS[upper].id == parent_id))).one()
    return parent_of(unit, upper, parent, scope)
