"""What an answer about each kind of record needs: its columns, its parents and its filters."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Select, select

from accession.base import Owned
from accession.catalog.models import Experiment, Sample, Subject
from accession.ids import Kind
from accession.people.models import Organisation, Scope
from accession.projects.models import Project


class Shape(msgspec.Struct, frozen=True, eq=False):
    """One kind of record as it is read.

    `query` selects the columns of an answer without a condition; `filters` maps a query parameter onto its column, or
    onto the serial of a parent where the parameter is an accession of the `parents` kind. Compared by identity.
    """

    kind: Kind
    model: type[Owned]
    query: Select[Any]
    filters: dict[str, Any]
    parents: dict[str, Kind]
    noun: str


def columns(model: Any, *left_out: str) -> list[Any]:
    """The columns of a model that an answer shows."""
    hidden = {"owner_id", "submitted_digest", *left_out}
    return [column for column in model.__table__.columns if column.name not in hidden]


def filters(model: Any, *names: str) -> dict[str, Any]:
    """Query parameters that are columns of the same name."""
    return {name: getattr(model, name) for name in names}


_of_project = Project.serial.label("project_serial")

_project = (
    select(
        *columns(Project, "report_due_at"),
        Scope.release_date,
        Scope.owner_id.label("scope_owner_id"),
        Scope.organisation_id,
        Scope.state.label("scope_state"),
        Organisation.slug.label("organisation"),
    )
    .select_from(Project)
    .join(Scope, Scope.id == Project.scope_id)
    .join(Organisation, Organisation.id == Scope.organisation_id)
)
_subject = (
    select(*columns(Subject), _of_project, Scope.owner_id.label("scope_owner_id"), Scope.organisation_id)
    .select_from(Subject)
    .join(Project, Project.scope_id == Subject.scope_id)
    .join(Scope, Scope.id == Subject.scope_id)
)
_sample = (
    select(*columns(Sample), _of_project, Subject.serial.label("subject_serial"))
    .select_from(Sample)
    .join(Project, Project.scope_id == Sample.scope_id)
    .outerjoin(Subject, Subject.id == Sample.subject_id)
)
_experiment = select(*columns(Experiment), Sample.serial.label("sample_serial")).join(
    Sample, Sample.id == Experiment.sample_id
)
EXTERNAL = ("alias", "ena_accession", "ncbi_accession")
_TAXON = ("organism", "tax_id", "sex")

PROJECT = Shape(
    Kind.PROJECT,
    Project,
    _project,
    filters(Project, *EXTERNAL, "title", "project_type", "license", "state") | {"organisation": Organisation.slug},
    {},
    "project",
)
SUBJECT = Shape(
    Kind.SUBJECT,
    Subject,
    _subject,
    filters(Subject, "alias", *_TAXON) | {"project_accession": Project.serial},
    {"project_accession": Kind.PROJECT},
    "subject",
)
SAMPLE = Shape(
    Kind.SAMPLE,
    Sample,
    _sample,
    filters(Sample, *EXTERNAL, *_TAXON, "checklist_id", "collection_date", "geographic_location")
    | filters(Sample, "breed", "host", "tissue", "developmental_stage")
    | {"project_accession": Project.serial, "subject_accession": Subject.serial},
    {"project_accession": Kind.PROJECT, "subject_accession": Kind.SUBJECT},
    "sample",
)
EXPERIMENT = Shape(
    Kind.EXPERIMENT,
    Experiment,
    _experiment,
    filters(Experiment, *EXTERNAL, "platform", "instrument_model", "library_strategy", "library_source")
    | filters(Experiment, "library_layout", "library_selection", "insert_size", "library_name")
    | {"sample_accession": Sample.serial},
    {"sample_accession": Kind.SAMPLE},
    "experiment",
)
