"""Registers subjects, samples and experiments: checks the parent, the alias and the rules, then adds the row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from accession.catalog import rules
from accession.catalog.drafts import ExperimentDraft, SampleDraft, SubjectDraft, digest_of, sample_digest
from accession.catalog.models import Experiment, Sample, Subject
from accession.errors import Conflict
from accession.ids import Kind
from accession.moves import State
from accession.projects.models import Project
from accession.records import add_record, find_parent, refuse, submitted_before

if TYPE_CHECKING:
    from uuid import UUID

    from accession.people.models import Scope
    from accession.records import Parent
    from accession.unit import Unit


async def register_subject(
    unit: Unit, project_accession: str, draft: SubjectDraft, *, state: State = State.PUBLIC
) -> tuple[int, bool]:
    """Register a subject in a project; (serial, whether it is new). `state` public: as open as the project."""
    project = await find_parent(unit, Project, Kind.PROJECT, project_accession, "project_accession")
    digest = digest_of(project_accession, draft)
    known = await submitted_before(unit, Subject, draft.alias, digest)
    if known is not None:
        return known, False
    settled, issues = rules.settle_subject(draft)
    refuse(issues)
    added = await add_record(
        unit, Kind.SUBJECT, Subject, settled, scope=project.scope, digest=digest, **project.beneath(state)
    )
    return added, True


async def register_sample(
    unit: Unit,
    project_accession: str,
    draft: SampleDraft,
    subject_accession: str | None = None,
    *,
    state: State = State.PUBLIC,
) -> tuple[int, bool]:
    """Register a sample in a project, of a subject of the same project if one is named; (serial, whether new).

    The same sample may have come in a sheet before: both have the same digest.
    """
    project = await find_parent(unit, Project, Kind.PROJECT, project_accession, "project_accession")
    settled, issues = rules.settle_sample_draft(draft)
    refuse(issues)
    subject = await subject_in(unit, project.scope, subject_accession)
    subject_id = subject.id if subject else None
    named = await _own_alias(unit, subject_id) or subject_accession
    digest = sample_digest(settled, named)
    known = await submitted_before(unit, Sample, draft.alias, digest, scope=project.scope)
    if known is not None:
        return known, False
    links = {"subject_id": subject_id, **(subject or project).beneath(state)}
    return await add_record(unit, Kind.SAMPLE, Sample, settled, scope=project.scope, digest=digest, **links), True


async def _own_alias(unit: Unit, subject: UUID | None) -> str | None:
    """The alias of a subject where it is one of the caller's; a sheet cannot name any other."""
    if subject is None:
        return None
    found = select(Subject.alias).where(Subject.id == subject, Subject.owner_id == unit.require_account())
    return (await unit.session.execute(found)).scalar_one_or_none()


async def subject_in(unit: Unit, scope: Scope, accession: str | None) -> Parent | None:
    """A subject that must belong to the project of `scope`."""
    if accession is None:
        return None
    parent = await find_parent(unit, Subject, Kind.SUBJECT, accession, "subject_accession")
    if parent.scope.id != scope.id:
        raise Conflict(f"{accession} belongs to another project than the sample.", code="other_project")
    return parent


async def register_experiment(
    unit: Unit, sample_accession: str, draft: ExperimentDraft, *, state: State = State.PUBLIC
) -> tuple[int, bool]:
    """Register an experiment on a sample; (serial, whether it is new). It is no more open than its sample."""
    sample = await find_parent(unit, Sample, Kind.SAMPLE, sample_accession, "sample_accession")
    digest = digest_of(sample_accession, draft)
    known = await submitted_before(unit, Experiment, draft.alias, digest)
    if known is not None:
        return known, False
    settled, issues = rules.settle_experiment(draft)
    refuse(issues)
    links = {"sample_id": sample.id, **sample.beneath(state)}
    added = await add_record(unit, Kind.EXPERIMENT, Experiment, settled, scope=sample.scope, digest=digest, **links)
    return added, True
