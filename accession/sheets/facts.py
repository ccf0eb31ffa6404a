"""Gathers what a sheet is checked against: the caller's staged files and the aliases already used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import select

from accession.catalog.models import Experiment, Run, Sample, Subject
from accession.errors import NotFound, TooLarge
from accession.files.models import File, FileState
from accession.ids import Kind, require_serial
from accession.people.access import Verb, readable_by, require
from accession.people.models import Scope
from accession.projects.models import Project
from accession.sheets.matching import StagedFact
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


async def gather(unit: Unit, sheet: Sheet, project_accession: str | None) -> Facts:
    """Read the facts for a sheet of the unit's caller, who must be allowed to add to the project."""
    owner = unit.require_account()
    scope = await _scope(unit, project_accession) if project_accession else None
    scope_id = scope.id if scope else None
    staged = await _staged(unit, owner)
    linked = await _linked(unit, owner, sheet, scope_id)
    samples = await _aliases(unit, Sample, Kind.SAMPLE, owner, _column(sheet, "sample_alias"), scope_id)
    subjects = await _aliases(unit, Subject, Kind.SUBJECT, owner, _column(sheet, "subject_alias"), scope_id)
    return Facts(scope, [*linked, *staged], samples, subjects)


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
    require(unit, Verb.CONTRIBUTE, scope)
    return scope


def _column(sheet: Sheet, *names: str) -> list[str]:
    """The distinct values of some columns, however their headers are spelt."""
    wanted = {name.replace("_", "") for name in names}
    places = [p for p, h in enumerate(sheet.headers) if "".join(c for c in h.lower() if c.isalnum()) in wanted]
    return list(dict.fromkeys(row.cells[p] for row in sheet.rows for p in places if row.cells[p]))


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


_COLUMNS = (File.id, File.filename, File.md5, File.state, File.reason, File.format)


def _fact(row: Any, linked_to: str | None = None) -> StagedFact:
    return StagedFact(str(row.id), row.filename, row.md5, row.state, row.reason, row.format, linked_to)


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
    """The caller's files that runs have already, as far as the sheet names them, with the sample that has them."""
    facts: dict[str, StagedFact] = {}
    named = ((File.filename, ("filename_forward", "filename_reverse")), (File.md5, ("md5_forward", "md5_reverse")))
    for column, headers in named:
        for some in _chunks(_column(sheet, *headers)):
            found = (
                select(*_COLUMNS, Sample.alias, Run.scope_id)
                .join(Run, Run.file_id == File.id)
                .join(Experiment, Experiment.id == Run.experiment_id)
                .join(Sample, Sample.id == Experiment.sample_id)
                .where(File.owner_id == owner, File.state == FileState.LINKED, column.in_(some))
                .order_by(File.serial)
            )
            for row in (await unit.session.execute(found)).all():
                facts[str(row.id)] = _fact(row, row.alias if row.scope_id == scope_id else None)
    return list(facts.values())


async def _aliases(
    unit: Unit, model: Any, kind: Kind, owner: UUID, aliases: list[str], scope_id: UUID | None
) -> dict[str, ExistingFact]:
    """Which of these aliases the caller has used; without a project named nothing counts as elsewhere."""
    facts: dict[str, ExistingFact] = {}
    for some in _chunks(aliases):
        found = select(model.alias, model.serial, model.scope_id, model.submitted_digest).where(
            model.owner_id == owner, model.alias.in_(some)
        )
        for row in (await unit.session.execute(found)).all():
            here = scope_id is None or row.scope_id == scope_id
            facts[row.alias] = ExistingFact(unit.accession(kind, row.serial), here, row.submitted_digest)
    return facts
