"""Purges records for legal erasure: their content and bytes go at once, their accessions and tombstones stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import delete, func, or_, select, update

from accession.base import Owned
from accession.catalog.models import Run, RunVersion
from accession.errors import NotFound, Rejected
from accession.files import erasing
from accession.files.models import File
from accession.files.project_reports import mark_report_due
from accession.ids import Kind, parse_accession
from accession.issues import Issue
from accession.moves import State
from accession.numbers import visibility_moved
from accession.people.models import Grant, ReviewerLink, Scope
from accession.records import hold_scope
from accession.states.cascade import end_along, tell
from accession.states.family import MODELS, Branch, branches, itself
from accession.states.moving import Moving, refuse_personal, standing

if TYPE_CHECKING:
    from accession.unit import Unit

_KEPT = {*Owned.__annotations__, "id", "owner_id", "scope_id", "created_at", "updated_at", "file_id", "version"}
_KEPT = (_KEPT | {"experiment_id", "sample_id", "subject_id", "mate_id", "report_due_at"}) - {
    "alias",
    "submitted_digest",
}


class Purged(msgspec.Struct, frozen=True):
    """What was purged: every record by its accession, and the keys whose bytes are to be destroyed."""

    accessions: list[str]
    keys: list[str]


async def purge(unit: Unit, accession: str, reason: str) -> Purged:
    """Erase a record in any state with all that hangs on it; the keys are discarded with the commit.

    What everyone saw answers with its tombstone from now on, what nobody saw does not exist.
    """
    moving = await _load(unit, accession)
    await refuse_personal(unit, moving)
    kind, row = moving.kind, moving.row
    seen = moving.shown or row.state == State.WITHDRAWN
    below = branches(kind, row.id)
    await end_along(unit, below, moving.cause(reason), shown=seen)
    row.state = State.WITHDRAWN if seen else State.REMOVED
    row.moved_with, row.moved_at, row.moved_reason = None, moving.at, reason
    if kind is Kind.PROJECT:
        moving.scope.state = row.state
        moving.scope.embargo(None, unit.today)
    await unit.session.flush()
    keys = await _erase_bytes(unit, moving, [itself(kind, row.id), *below])
    erased = [a for branch in (itself(kind, row.id), *below) for a in await _erase(unit, branch, reason)]
    await visibility_moved(unit.session)
    return Purged(erased, keys)


async def census(unit: Unit, accession: str) -> int:
    """How many records a purge would erase."""
    moving = await _load(unit, accession)
    family = (itself(moving.kind, moving.row.id), *branches(moving.kind, moving.row.id))
    counts = [select(func.count()).select_from(branch.model).where(branch.condition) for branch in family]
    return sum([(await unit.session.execute(counted)).scalar_one() for counted in counts])


async def _load(unit: Unit, accession: str) -> Moving:
    """The record whatever its state, alone with its project until the commit."""
    wanted = parse_accession(accession)
    if wanted is None or wanted.prefix != unit.prefix or wanted.kind not in MODELS or wanted.version is not None:
        message = (
            f"{accession[:80]!r} is no accession of a project, subject, sample, experiment or run of this archive."
        )
        raise Rejected([Issue("malformed_accession", message, field="accession")])
    model = MODELS[wanted.kind]
    at = model.serial == wanted.serial
    await hold_scope(unit, select(model.scope_id).where(at).scalar_subquery(), alone=True)
    found = select(model, Scope).join(Scope, Scope.id == model.scope_id).where(at).with_for_update(of=model)
    pair = (await unit.session.execute(found)).first()
    if pair is None:
        raise NotFound(f"There is no {accession}.")
    row, scope = pair
    return Moving(wanted.kind, row, scope, accession, standing(unit, wanted.kind, row, scope), unit.now)


async def _erase(unit: Unit, branch: Branch, reason: str) -> list[str]:
    """Erase the content of some records; their accessions."""
    columns = branch.model.__table__.columns
    content = {c.name: None if c.nullable else _blank(c) for c in columns if c.name not in _KEPT}
    erasing_rows = (
        update(branch.model)
        .where(branch.condition)
        .values(**content, revision=branch.model.revision + 1, updated_at=unit.now)
        .returning(branch.model.serial)
        .execution_options(synchronize_session=False)
    )
    serials = sorted((await unit.session.scalars(erasing_rows)).all())
    await tell(unit, branch.kind, "purge", serials, reason=reason)
    return [unit.accession(branch.kind, serial) for serial in serials]


def _blank(column: Any) -> Any:
    """What stands for nothing in a column that must have something."""
    return {} if column.type.python_type is dict else ""


async def _erase_bytes(unit: Unit, moving: Moving, family: list[Branch]) -> list[str]:
    """Erase the files of all runs, their reports and the project's page, and end what was granted on them; the keys."""
    runs = [branch.condition for branch in family if branch.kind is Kind.RUN]
    of_runs = select(Run.id).where(or_(*runs))
    files = or_(
        File.id.in_(select(RunVersion.file_id).where(RunVersion.run_id.in_(of_runs))),
        File.id.in_(select(Run.file_id).where(Run.id.in_(of_runs))),
    )
    if moving.kind is Kind.PROJECT:
        files = or_(files, File.scope_id == moving.row.id)
        links = delete(ReviewerLink).where(ReviewerLink.scope_id == moving.row.id)
        await unit.session.execute(links.execution_options(synchronize_session=False))
    targets = [Grant.target_id.in_(select(branch.model.id).where(branch.condition)) for branch in family]
    grants = delete(Grant).where(or_(*targets, Grant.target_id.in_(select(File.id).where(files))))
    await unit.session.execute(grants.execution_options(synchronize_session=False))
    keys = [*await erasing.erase_files(unit, files), *await erasing.forget_page(unit, moving.scope.id)]
    if moving.kind is not Kind.PROJECT:
        await mark_report_due(unit, moving.scope.id)
    return keys
