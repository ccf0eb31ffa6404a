"""Finds what a project, or a record with what hangs on it, must say before everyone may read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select

from accession.catalog.models import Run
from accession.errors import Rejected
from accession.files.models import File, FileState
from accession.ids import Kind
from accession.issues import Issue
from accession.moves import State
from accession.states.family import Branch, branches, itself

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Row, Select

    from accession.states.moving import Moving
    from accession.unit import Unit

MOST_ISSUES = 100
REQUIRED: dict[Kind, tuple[str, ...]] = {
    Kind.PROJECT: ("title", "description", "project_type", "license"),
    Kind.SUBJECT: ("organism", "tax_id"),
    Kind.SAMPLE: ("checklist_id", "organism", "tax_id"),
    Kind.EXPERIMENT: ("platform", "instrument_model", "library_strategy", "library_source", "library_layout"),
    Kind.RUN: ("filename", "file_size", "checksum_md5", "file_type"),
}
_GOOD = (FileState.VERIFIED, FileState.LINKED)
_NUMBERS = {"tax_id", "file_size"}


async def refuse_incomplete(unit: Unit, moving: Moving) -> None:
    """Raise `Rejected` with what is missing in a record and in all that opens along with it: the first hundred issues.

    What is closed by itself in a project is not asked for anything.
    """
    issues: list[Issue] = []
    total = 0
    own = itself(moving.kind, moving.row.id)
    for branch in (own, *_opening(moving)):
        found, more = await _issues(unit, branch, MOST_ISSUES - len(issues))
        issues += found
        total += more
    if total:
        listed = "all are" if total == len(issues) else f"the first {len(issues)} are"
        things = "thing is" if total == 1 else "things are"
        raise Rejected(issues, f"{total} {things} missing before the release of {moving.accession}; {listed} listed.")


def _opening(moving: Moving) -> list[Branch]:
    """What opens along: in a project what follows it, below a record what was closed with it."""
    below = branches(moving.kind, moving.row.id)
    if moving.kind is Kind.PROJECT:
        return [b._replace(condition=and_(b.condition, b.model.state == State.PUBLIC)) for b in below]
    return [b._replace(condition=and_(b.condition, b.model.moved_with == moving.accession)) for b in below]


async def _issues(unit: Unit, branch: Branch, most: int) -> tuple[list[Issue], int]:
    """The first issues of one kind of record, and how many there are in all."""
    faults = _faults(branch)
    rows = _rows(branch, *(fault.label(name) for name, fault in faults.items())).where(or_(*faults.values()))
    ordered = rows.order_by(branch.model.serial).limit(max(most, 1))
    found = [issue for row in (await unit.session.execute(ordered)).all() for issue in _told(unit, branch.kind, row)]
    if len(found) < most:
        return found, len(found)
    counted = _rows(branch).with_only_columns(*(func.count().filter(fault) for fault in faults.values()))
    return found[:most], sum((await unit.session.execute(counted)).one())


def _faults(branch: Branch) -> dict[str, ColumnElement[bool]]:
    """The conditions of what can be missing, by the field's name."""
    faults: dict[str, ColumnElement[bool]] = {}
    for name in REQUIRED[branch.kind]:
        column = getattr(branch.model, name)
        faults[name] = column.is_(None) if name in _NUMBERS else or_(column.is_(None), column == "")
    if branch.kind is Kind.RUN:
        faults["file_id"] = and_(File.id.is_not(None), File.state.not_in(_GOOD))
    return faults


def _rows(branch: Branch, *wanted: Any) -> Select[Any]:
    model = branch.model
    rows = select(model.serial, *wanted).select_from(model).where(branch.condition)
    return rows.outerjoin(File, File.id == Run.file_id) if branch.kind is Kind.RUN else rows


def _told(unit: Unit, kind: Kind, row: Row[Any]) -> list[Issue]:
    """The issues of one record."""
    accession = unit.accession(kind, row.serial)
    missing = [name for name, is_missing in row._mapping.items() if name != "serial" and is_missing]  # noqa: SLF001
    return [_issue(accession, name) for name in missing]


def _issue(accession: str, name: str) -> Issue:
    if name == "file_id":
        message = f"The file of {accession} is not verified; wait for its verdict, or give it another file."
        return Issue("file_not_verified", message, field=name)
    return Issue("missing_required", f"{accession} has no '{name}', which the release needs.", field=name)
