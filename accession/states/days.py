"""Notes that the day of an embargo has come; that the project is open from then on is decided whenever it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from accession.audit import service as audit
from accession.files.project_reports import mark_report_due
from accession.ids import Kind
from accession.moves import State
from accession.numbers import visibility_moved
from accession.people.models import Scope
from accession.projects.models import Project

if TYPE_CHECKING:
    from accession.unit import Unit

_AT_ONCE = 100


async def note_openings(unit: Unit) -> list[str]:
    """Record once of each project that its embargo has ended, and have its page made; their accessions, some at a time.

    Needs a write unit of the archive itself.
    """
    due = select(Scope.id).where(Scope.awaits <= unit.today).order_by(Scope.awaits).limit(_AT_ONCE)
    noting = (
        update(Scope)
        .where(Scope.id.in_(due.with_for_update(skip_locked=True)))
        .values(awaits=None)
        .returning(Scope.id, Scope.state, Scope.release_date)
        .execution_options(synchronize_session=False)
    )
    days = {row.id: row.release_date for row in await unit.session.execute(noting) if row.state == State.PUBLIC}
    opened = select(Project.id, Project.serial).where(Project.id.in_(days)).order_by(Project.serial)
    accessions: list[str] = []
    for project_id, serial in (await unit.session.execute(opened)).all():
        accessions.append(unit.accession(Kind.PROJECT, serial))
        audit.record(unit, "released", accessions[-1], release_date=days[project_id].isoformat())
        await mark_report_due(unit, project_id)
    if accessions:
        await visibility_moved(unit.session)
    return accessions
