"""Changes records: merges a patch and checks the whole again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from accession.catalog import rules
from accession.catalog.drafts import ExperimentDraft, SampleDraft, SubjectDraft
from accession.catalog.models import Experiment, Sample, Subject
from accession.catalog.registering import subject_in
from accession.errors import Conflict
from accession.ids import Kind
from accession.moves import SHOWN, State
from accession.people.access import Verb
from accession.records import load_for_change, refuse, touch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from accession.base import Owned
    from accession.people.models import Scope
    from accession.unit import Unit


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
        links["subject_id"] = await _other_subject(unit, row, scope, fields.pop("subject_accession"))
    settled, issues = rules.settle_sample_draft(rules.changed(_draft_of(row, SampleDraft), fields))
    refuse(issues)
    touch(unit, row, Kind.SAMPLE, {**msgspec.structs.asdict(settled), **links})


async def _other_subject(unit: Unit, row: Sample, scope: Scope, accession: str | None) -> UUID | None:
    """The id of a sample's new subject; a change of subject is no way to open or close a sample."""
    subject = await subject_in(unit, scope, accession)
    wanted = subject.id if subject is not None else None
    if wanted == row.subject_id:
        return wanted
    if subject is not None and subject.state != State.PUBLIC and row.state in SHOWN:
        raise Conflict(f"{accession} is {subject.state}, the sample is not; release it first.", code="subject_closed")
    if row.moved_with is not None:
        raise Conflict(
            f"The sample is {row.state} with {row.moved_with}; it can change its subject once that is released.",
            code="follows_subject",
        )
    return wanted


async def change_experiment(unit: Unit, accession: str, changes: Mapping[str, Any]) -> None:
    """Merge `changes` into an experiment."""
    row, _ = await load_for_change(unit, Experiment, Kind.EXPERIMENT, accession, Verb.CONTRIBUTE)
    settled, issues = rules.settle_experiment(rules.changed(_draft_of(row, ExperimentDraft), changes))
    refuse(issues)
    touch(unit, row, Kind.EXPERIMENT, msgspec.structs.asdict(settled))
