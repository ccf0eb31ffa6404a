"""Changes and removes records: merges a patch, checks the whole again, and never removes what something hangs on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import exists, select, update

from accession.audit import service as audit
from accession.base import State
from accession.catalog import rules
from accession.catalog.drafts import ExperimentDraft, SampleDraft, SubjectDraft
from accession.catalog.models import Experiment, Run, Sample, Subject
from accession.catalog.registering import subject_in
from accession.errors import Conflict
from accession.ids import Kind
from accession.numbers import visibility_moved
from accession.people.access import Verb, is_open, require
from accession.people.models import Scope
from accession.projects.models import Project
from accession.records import load_for_change, refuse, touch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accession.base import Owned
    from accession.unit import Unit

_HANGING_ON: dict[Kind, tuple[tuple[Any, str, str], ...]] = {
    Kind.PROJECT: ((Sample, "scope_id", "samples"), (Subject, "scope_id", "subjects")),
    Kind.SUBJECT: ((Sample, "subject_id", "samples"),),
    Kind.SAMPLE: ((Experiment, "sample_id", "experiments"),),
    Kind.EXPERIMENT: ((Run, "experiment_id", "runs"),),
}


def _draft_of(row: Owned, draft: type[msgspec.Struct]) -> Any:
    return draft(**{name: getattr(row, name) for name in draft.__struct_fields__})


async def change_subject(unit: Unit, accession: str, changes: Mapping[str, Any]) -> None:
    """Merge `changes` into a subject."""
    row, _ = await load_for_change(unit, Subject, Kind.SUBJECT, accession, Verb.CONTRIBUTE)
    settled, issues = rules.settle_subject(rules.changed(_draft_of(row, SubjectDraft), changes))
    refuse(issues)
    touch(unit, row, Kind.SUBJECT, msgspec.structs.asdict(settled))


async def change_sample(unit: Unit, accession: str, changes: Mapping[str, Any]) -> None:
    """Merge `changes` into a sample; `subject_accession` links it to another subject, or to none."""
    row, scope = await load_for_change(unit, Sample, Kind.SAMPLE, accession, Verb.CONTRIBUTE)
    fields = dict(changes)
    links: dict[str, Any] = {}
    if "subject_accession" in fields:
        links["subject_id"] = await subject_in(unit, scope, fields.pop("subject_accession"))
    settled, issues = rules.settle_sample_draft(rules.changed(_draft_of(row, SampleDraft), fields))
    refuse(issues)
    touch(unit, row, Kind.SAMPLE, {**msgspec.structs.asdict(settled), **links})


async def change_experiment(unit: Unit, accession: str, changes: Mapping[str, Any]) -> None:
    """Merge `changes` into an experiment."""
    row, _ = await load_for_change(unit, Experiment, Kind.EXPERIMENT, accession, Verb.CONTRIBUTE)
    settled, issues = rules.settle_experiment(rules.changed(_draft_of(row, ExperimentDraft), changes))
    refuse(issues)
    touch(unit, row, Kind.EXPERIMENT, msgspec.structs.asdict(settled))


async def remove_record(unit: Unit, model: Any, kind: Kind, accession: str) -> None:
    """Remove a record that nothing hangs on and that was never public; its accession stays taken.

    What is or was public is withdrawn instead, so that its accession keeps an answer; that is left to its owner and to
    those who manage the project.
    """
    verb = Verb.MANAGE if kind is Kind.PROJECT else Verb.CONTRIBUTE
    row, scope = await load_for_change(unit, model, kind, accession, verb)
    was_public = is_open(unit.today, scope.state, scope.release_date, row.state)
    if was_public and row.owner_id != unit.actor.account_id:
        await require(unit, Verb.MANAGE, scope)
    for child, column, noun in _HANGING_ON.get(kind, ()):
        here = exists().where(getattr(child, column) == row.id, child.state != State.REMOVED)
        if (await unit.session.execute(select(here))).scalar():
            raise Conflict(f"{accession} has {noun}; remove them first.", code="not_empty")
    row.state = State.WITHDRAWN if was_public else State.REMOVED
    row.alias = None
    row.revision += 1
    if model is Run and row.mate_id is not None:
        await _part(unit, row)
    await visibility_moved(unit.session)
    if model is Project:
        await unit.session.execute(update(Scope).where(Scope.id == row.id).values(state=row.state))
    audit.record(unit, "withdraw" if row.state == State.WITHDRAWN else "remove", accession)


async def _part(unit: Unit, run: Run) -> None:
    """Leave the mate of a run that is removed without a mate."""
    mate = (await unit.session.scalars(select(Run).where(Run.id == run.mate_id).with_for_update())).one_or_none()
    if mate is not None and mate.mate_id == run.id:
        touch(unit, mate, Kind.RUN, {"mate_id": None})
    run.mate_id = None
