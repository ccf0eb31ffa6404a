"""Rows of the catalog as the archive dialect's wire shapes, and its patches as changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from accession.ids import Kind
from accession.moves import CLOSED, State, Visibility, opening_issues, opening_state, state_told, visibility_of
from accession.records import refuse
from app.api.archive.structs.experiments import ExperimentOut
from app.api.archive.structs.projects import ProjectOut
from app.api.archive.structs.samples import SampleOut
from app.api.archive.structs.subjects import SubjectOut

if TYPE_CHECKING:
    from accession.unit import Unit


_STANDING = {"state", "visibility", "state_reason", "replaced_by"}
_SAMPLE = tuple(n for n in SampleOut.__struct_fields__ if n not in _STANDING and not n.endswith("accession"))
_SAMPLE += ("ena_accession", "ncbi_accession")


OPENING = ("draft", "visibility")
"""The fields of a new record's body that say how it begins, and are none of its own."""


def changes_of(patch: msgspec.Struct) -> dict[str, Any]:
    """The fields that a patch gives, null among them."""
    given = {name: getattr(patch, name) for name in patch.__struct_fields__}
    return {name: value for name, value in given.items() if value is not msgspec.UNSET}


def fields_of(body: msgspec.Struct, *but: str) -> dict[str, Any]:
    """The fields of a body except those that name other records."""
    return {name: getattr(body, name) for name in body.__struct_fields__ if name not in but}


def opening_of(body: Any) -> State:
    """The state that a new record is to begin with; `Rejected` where the body contradicts itself."""
    refuse(opening_issues(draft=body.draft, visibility=body.visibility))
    return opening_state(draft=body.draft, visibility=body.visibility)


def standing_out(unit: Unit, row: Any) -> dict[str, Any]:
    """What every record tells of its state."""
    closed = row.state in CLOSED
    seen = Visibility.PRIVATE if closed else visibility_of(row.scope_state, row.release_date, unit.today)
    return {
        "state": state_told(row.state, row.scope_state),
        "visibility": seen.value,
        "state_reason": row.moved_reason,
        "replaced_by": row.replaced_by,
    }


def project_out(unit: Unit, row: Any) -> ProjectOut:
    """A project's row with its scope."""
    return ProjectOut(
        accession=unit.accession(Kind.PROJECT, row.serial),
        alias=row.alias,
        organisation=None if unit.actor.owners_hidden else row.organisation,
        title=row.title,
        description=row.description,
        project_type=row.project_type,
        release_date=row.release_date,
        license=row.license,
        ena_accession=row.ena_accession,
        ncbi_accession=row.ncbi_accession,
        created_at=row.created_at,
        updated_at=row.updated_at,
        **standing_out(unit, row),
    )


def subject_out(unit: Unit, row: Any) -> SubjectOut:
    """A subject's row; its personal fields go only to those who have a share in the project."""
    shared = row.let_in
    return SubjectOut(
        accession=unit.accession(Kind.SUBJECT, row.serial),
        alias=row.alias,
        project_accession=unit.accession(Kind.PROJECT, row.project_serial),
        organism=row.organism,
        tax_id=row.tax_id,
        sex=row.sex,
        date_of_birth=row.date_of_birth if shared else None,
        external_id=row.external_id if shared else None,
        properties=row.properties if shared else {},
        created_at=row.created_at,
        updated_at=row.updated_at,
        **standing_out(unit, row),
    )


def sample_out(unit: Unit, row: Any) -> SampleOut:
    """A sample's row with the serials of its parents."""
    values = row._mapping  # noqa: SLF001  # Row's public view; attributes cost a microsecond each, twenty a record
    subject = values["subject_serial"]
    return SampleOut(
        accession=unit.accession(Kind.SAMPLE, values["serial"]),
        project_accession=unit.accession(Kind.PROJECT, values["project_serial"]),
        subject_accession=unit.accession(Kind.SUBJECT, subject) if subject is not None else None,
        **standing_out(unit, row),
        **{name: values[name] for name in _SAMPLE},
    )


def experiment_out(unit: Unit, row: Any) -> ExperimentOut:
    """An experiment's row with the serial of its sample."""
    return ExperimentOut(
        accession=unit.accession(Kind.EXPERIMENT, row.serial),
        alias=row.alias,
        sample_accession=unit.accession(Kind.SAMPLE, row.sample_serial),
        platform=row.platform,
        instrument_model=row.instrument_model,
        library_strategy=row.library_strategy,
        library_source=row.library_source,
        library_layout=row.library_layout,
        library_selection=row.library_selection,
        insert_size=row.insert_size,
        library_name=row.library_name,
        ena_accession=row.ena_accession,
        ncbi_accession=row.ncbi_accession,
        created_at=row.created_at,
        **standing_out(unit, row),
    )
