"""Gathers what a sheet is checked against: the caller's staged files and the aliases already used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import and_, select

from accession.base import GONE
from accession.catalog.models import Experiment, Run, Sample, Subject
from accession.errors import NotFound, TooLarge
from accession.files.models import File, FileState
from accession.files.reads import NAMES_DIGEST, RECORDS
from accession.ids import Kind, require_serial
from accession.people.access import Verb, readable_by, require
from accession.people.models import Scope
from accession.projects.models import Project
from accession.sheets.columns import fixed_name
from accession.sheets.matching import LibraryKey, StagedFact
from accession.sheets.rules import ExistingFact

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from accession.sheets.reader import Sheet
    from accession.unit import Unit

_CHUNK = 500
_MOST_FILES = 200_000
_STAGED = (FileState.PENDING, FileState.VERIFYING, FileState.VERIFIED, FileState.REJECTED)


class Facts(msgspec.Struct, frozen=True):
    """What the archive knows that bears on one sheet. `scope` is the project's, None where no project is named."""

    scope: Scope | None
    staged: list[StagedFact]
    samples: dict[str, ExistingFact]
    subjects: dict[str, ExistingFact]
    libraries: dict[tuple[str, LibraryKey], dict[str, object]]


async def gather(unit: Unit, sheet: Sheet, project_accession: str | None) -> Facts:
    """Read the facts for a sheet of the unit's caller, who must be allowed to add to the project."""
    owner = unit.require_account()
    scope = await _scope(unit, project_accession) if project_accession else None
    scope_id = scope.id if scope else None
    staged = await _staged(unit, owner)
    linked = await _linked(unit, owner, sheet, scope_id)
    samples = await _aliases(unit, Sample, Kind.SAMPLE, owner, _column(sheet, "sample_alias"), scope_id)
    subjects = await _aliases(unit, Subject, Kind.SUBJECT, owner, _column(sheet, "subject_alias"), scope_id)
    libraries = await _libraries(unit, owner, sheet, scope_id)
    return Facts(scope, [*linked, *staged], samples, subjects, libraries)


async def _scope(unit: Unit, accession: str) -> Scope:
    serial = require_serial(accession, unit.prefix, Kind.PROJECT, "project_accession").serial
    found = (
        select(Scope)
        .join(Project, Project.scope_id == Scope.id)
        .where(Project.serial == serial, readable_by(Project, unit, by_accession=True))
    )
    scope = (await unit.session.scalars(found)).one_or_none()
    if scope is None:
        raise NotFound(f"project_accession: there is no project {accession}, or it is not visible to you.")
    await require(unit, Verb.CONTRIBUTE, scope)
    return scope


def _column(sheet: Sheet, *names: str) -> list[str]:
    """The distinct values of some columns, however their headers are spelt."""
    places = [place for place, header in enumerate(sheet.headers) if fixed_name(header) in names]
    return list(dict.fromkeys(row.cells[p] for row in sheet.rows for p in places if row.cells[p]))


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


_COLUMNS = (File.id, File.filename, File.md5, File.state, File.reason, File.format, RECORDS, NAMES_DIGEST)
_LIBRARY = (Experiment.platform, Experiment.instrument_model, Experiment.library_strategy, Experiment.library_name)


def _fact(row: Any) -> StagedFact:
    return StagedFact(
        id=str(row.id),
        filename=row.filename,
        md5=row.md5,
        state=row.state,
        reason=row.reason,
        file_type=row.format,
        records=row.records,
        names_digest=row.names_digest,
    )


async def _staged(unit: Unit, owner: UUID) -> list[StagedFact]:
    """The caller's files that no run has yet, oldest first."""
    found = (
        select(*_COLUMNS)
        .where(File.owner_id == owner, File.state.in_(_STAGED))
        .order_by(File.serial)
        .limit(_MOST_FILES + 1)
    )
    rows = (await unit.session.execute(found)).all()
    if len(rows) > _MOST_FILES:
        raise TooLarge(f"You have more than {_MOST_FILES} staged files; delete those that you do not need.")
    return [_fact(row) for row in rows]


async def _linked(unit: Unit, owner: UUID, sheet: Sheet, scope_id: UUID | None) -> list[StagedFact]:
    """The caller's files that runs have already: those that the sheet names, and those of its samples.

    The latter are what a row was given that names no file, or one that was found by the sample's alias.
    """
    facts: dict[int, StagedFact] = {}
    for condition in _meant(owner, sheet):
        found = (
            select(*_COLUMNS, File.serial, Sample.alias, Run.scope_id, *_LIBRARY)
            .join(Run, Run.file_id == File.id)
            .join(Experiment, Experiment.id == Run.experiment_id)
            .join(Sample, Sample.id == Experiment.sample_id)
            .where(File.owner_id == owner, File.state == FileState.LINKED, Run.state.not_in(GONE), condition)
        )
        for row in (await unit.session.execute(found)).all():
            library = (row.platform, row.instrument_model, row.library_strategy, row.library_name)
            alias = row.alias if row.scope_id == scope_id else None
            facts[row.serial] = msgspec.structs.replace(_fact(row), linked_to=alias, linked_library=library)
    return [facts[serial] for serial in sorted(facts)]


def _meant(owner: UUID, sheet: Sheet) -> Iterator[Any]:
    """What a linked file that the sheet means answers to: a name, an MD5, or the alias of its sample."""
    for some in _chunks(_column(sheet, "filename_forward", "filename_reverse")):
        yield File.filename.in_(some)
    for some in _chunks(_column(sheet, "md5_forward", "md5_reverse")):
        yield File.md5.in_([md5.lower() for md5 in some])
    for some in _chunks(_column(sheet, "sample_alias")):
        yield and_(Sample.owner_id == owner, Sample.alias.in_(some))


async def _aliases(
    unit: Unit, model: Any, kind: Kind, owner: UUID, aliases: list[str], scope_id: UUID | None
) -> dict[str, ExistingFact]:
    """Which of these aliases the caller has used; without a project named nothing counts as elsewhere."""
    facts: dict[str, ExistingFact] = {}
    for some in _chunks(aliases):
        found = select(model.alias, model.serial, model.scope_id, model.submitted_digest).where(
            model.owner_id == owner, model.alias.in_(some), model.state.not_in(GONE)
        )
        for row in (await unit.session.execute(found)).all():
            here = scope_id is None or row.scope_id == scope_id
            facts[row.alias] = ExistingFact(unit.accession(kind, row.serial), here, row.submitted_digest)
    return facts


_TOLD = ("library_source", "library_layout", "library_selection", "insert_size")


async def _libraries(
    unit: Unit, owner: UUID, sheet: Sheet, scope_id: UUID | None
) -> dict[tuple[str, LibraryKey], dict[str, object]]:
    """What is stored of the experiments that samples of the sheet have already; the oldest of equal ones counts."""
    found: dict[tuple[str, LibraryKey], dict[str, object]] = {}
    for some in _chunks(_column(sheet, "sample_alias")):
        statement = (
            select(Sample.alias, *_LIBRARY, *(getattr(Experiment, name) for name in _TOLD))
            .join(Sample, Sample.id == Experiment.sample_id)
            .where(Sample.owner_id == owner, Sample.alias.in_(some), Sample.scope_id == scope_id)
            .where(Experiment.state.not_in(GONE))
            .order_by(Experiment.serial.desc())
        )
        for row in (await unit.session.execute(statement)).all():
            key = (row.platform, row.instrument_model, row.library_strategy, row.library_name)
            found[row.alias, key] = {name: getattr(row, name) for name in _TOLD}
    return found
