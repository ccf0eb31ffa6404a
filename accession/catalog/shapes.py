"""What an answer about each kind of record needs: its columns, its parents and its filters."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from sqlalchemy import ColumnElement, Select, Table, and_, bindparam, case, literal_column, not_, or_, select

from accession.base import Owned
from accession.catalog.models import Experiment, Sample, Subject
from accession.ids import Kind
from accession.moves import CLOSED, SHOWN, State
from accession.people.access import Viewer, whole
from accession.people.models import Organisation, Scope
from accession.projects.models import Project


class Shape(msgspec.Struct, frozen=True, eq=False):
    """One kind of record as it is read.

    `query` selects the columns of an answer without a condition; `filters` maps a query parameter onto its column, or
    onto the serial of a parent where the parameter is an accession of the `parents` kind. `conditions` are filters that
    compare otherwise: each is a whole condition with the parameter `by_NAME`. A `personal` kind has fields that are
    told only where the row's column `let_in` is true. Compared by identity.
    """

    kind: Kind
    model: type[Owned]
    query: Select[Any]
    filters: dict[str, Any]
    parents: dict[str, Kind]
    noun: str
    conditions: dict[str, Any] = {}
    personal: bool = False

    def query_for(self, who: Viewer) -> Select[Any]:
        """The query for a kind of viewer, to be executed with `access.values`."""
        if not self.personal:
            return self.query
        return self.query.add_columns(whole(SCOPES.c, who, reviewers=False).label("let_in"))


def table_of(model: Any) -> Table:
    """The bare table of a model: statements on tables take the short way past the ORM."""
    return cast("Table", model.__table__)


def columns(model: Any, *left_out: str) -> list[Any]:
    """The columns of a model that an answer needs; ids of rows are not among them."""
    hidden = {"id", "owner_id", "scope_id", "submitted_digest", "moved_at", "moved_with", *left_out}
    return [column for column in table_of(model).columns if column.name not in hidden]


def filters(model: Any, *names: str) -> dict[str, Any]:
    """Query parameters that are columns of the same name."""
    return {name: table_of(model).c[name] for name in names}


PROJECTS, SUBJECTS, SAMPLES, EXPERIMENTS = (table_of(m) for m in (Project, Subject, Sample, Experiment))
SCOPES, ORGANISATIONS = table_of(Scope), table_of(Organisation)
_of_project = PROJECTS.c.serial.label("project_serial")
OPENNESS = (SCOPES.c.state.label("scope_state"), SCOPES.c.release_date)
"""What of its project's scope an answer about a record tells, derived: whether it is open."""

_project = select(
    *columns(Project, "report_due_at"), *OPENNESS, ORGANISATIONS.c.slug.label("organisation")
).select_from(
    PROJECTS.join(SCOPES, SCOPES.c.id == PROJECTS.c.scope_id).join(
        ORGANISATIONS, ORGANISATIONS.c.id == SCOPES.c.organisation_id
    )
)
_subject = select(*columns(Subject), *OPENNESS, _of_project).select_from(
    SUBJECTS.join(PROJECTS, PROJECTS.c.id == SUBJECTS.c.scope_id).join(SCOPES, SCOPES.c.id == SUBJECTS.c.scope_id)
)
_sample = select(
    *columns(Sample, "subject_id", "updated_at"), *OPENNESS, _of_project, SUBJECTS.c.serial.label("subject_serial")
).select_from(
    SAMPLES.join(PROJECTS, PROJECTS.c.id == SAMPLES.c.scope_id)
    .join(SCOPES, SCOPES.c.id == SAMPLES.c.scope_id)
    .outerjoin(SUBJECTS, SUBJECTS.c.id == SAMPLES.c.subject_id)
)
_experiment = select(
    *columns(Experiment, "sample_id", "updated_at"), *OPENNESS, SAMPLES.c.serial.label("sample_serial")
).select_from(
    EXPERIMENTS.join(SAMPLES, SAMPLES.c.id == EXPERIMENTS.c.sample_id).join(
        SCOPES, SCOPES.c.id == EXPERIMENTS.c.scope_id
    )
)


def told_state(table: Table) -> ColumnElement[str]:
    """The state that an answer tells: the record's own, or its project's where it only follows that."""
    return case((table.c.state == literal_column("'public'"), SCOPES.c.state), else_=table.c.state)


def in_state(told: ColumnElement[str]) -> dict[str, ColumnElement[bool]]:
    """The condition of the filter `state`."""
    return {"state": told == bindparam("by_state")}


def in_visibility(table: Table) -> dict[str, ColumnElement[bool]]:
    """The condition of the filter `visibility`, derived as in answers: private by itself, or open as its project."""
    waits = SCOPES.c.release_date > bindparam(DAY, type_=SCOPES.c.release_date.type)
    shown = and_(_one_of(SCOPES.c.state, SHOWN), not_(_one_of(table.c.state, CLOSED)))
    seen = case(
        (and_(shown, waits), literal_column("'embargoed'")),
        (shown, literal_column("'public'")),
        else_=literal_column("'private'"),
    )
    return {"visibility": seen == bindparam("by_visibility")}


def _one_of(column: ColumnElement[str], states: tuple[State, ...]) -> ColumnElement[bool]:
    """Compared with texts in the statement, which the planner of a database sees."""
    return or_(*(column == literal_column(f"'{state.value}'") for state in states))


DAY = "by_day"
"""The parameter that is the day on which a condition is decided."""
EXTERNAL = ("alias", "ena_accession", "ncbi_accession")
_TAXON = ("organism", "tax_id", "sex")

PROJECT = Shape(
    Kind.PROJECT,
    Project,
    _project,
    filters(Project, *EXTERNAL, "title", "project_type", "license", "state")
    | {"organisation": ORGANISATIONS.c.slug, "release_date": SCOPES.c.release_date},
    {},
    "project",
    in_visibility(PROJECTS),
)
SUBJECT = Shape(
    Kind.SUBJECT,
    Subject,
    _subject,
    filters(Subject, "alias", *_TAXON) | {"project_accession": PROJECTS.c.serial},
    {"project_accession": Kind.PROJECT},
    "subject",
    in_state(told_state(SUBJECTS)) | in_visibility(SUBJECTS),
    personal=True,
)
SAMPLE = Shape(
    Kind.SAMPLE,
    Sample,
    _sample,
    filters(Sample, *EXTERNAL, *_TAXON, "checklist_id", "collection_date", "geographic_location")
    | filters(Sample, "breed", "host", "tissue", "developmental_stage")
    | {"project_accession": PROJECTS.c.serial, "subject_accession": SUBJECTS.c.serial},
    {"project_accession": Kind.PROJECT, "subject_accession": Kind.SUBJECT},
    "sample",
    in_state(told_state(SAMPLES)) | in_visibility(SAMPLES),
)
EXPERIMENT = Shape(
    Kind.EXPERIMENT,
    Experiment,
    _experiment,
    filters(Experiment, *EXTERNAL, "platform", "instrument_model", "library_strategy", "library_source")
    | filters(Experiment, "library_layout", "library_selection", "insert_size", "library_name")
    | {"sample_accession": SAMPLES.c.serial},
    {"sample_accession": Kind.SAMPLE},
    "experiment",
    in_state(told_state(EXPERIMENTS)) | in_visibility(EXPERIMENTS),
)
