"""Decides when a project's MultiQC page is made anew, and gives the making of it to one job at a time.

`projects.report_due_at` is the whole state: None while nothing is due; otherwise when it is. A job that makes the page
pushes it ahead as its lease, so that the page of a job that died is due again by itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy import case, exists, func, or_, select, true, update

from accession.base import State
from accession.catalog.models import Run
from accession.files.leases import UNMEASURED
from accession.files.models import File, FileState, QcReport
from accession.ids import Kind
from accession.projects.models import Project
from accession.work import Work

if TYPE_CHECKING:
    from accession.unit import Unit

MOST_RUNS = 1000
_GONE = (State.WITHDRAWN, State.REMOVED)
_UNLISTED = (*_GONE, State.SUPPRESSED)
_COMING = (FileState.VERIFYING, FileState.VERIFIED, FileState.LINKED)


class ProjectClaim(msgspec.Struct, frozen=True):
    """A project whose page a job makes; `until` is the end of its lease."""

    project_id: UUID
    accession: str
    title: str
    until: datetime


class RunInputs(msgspec.Struct, frozen=True):
    """What MultiQC reads for one run of a project, as keys of the object store."""

    accession: str
    keys: list[str]


async def mark_report_due(unit: Unit, project_id: UUID, settle: timedelta = timedelta()) -> None:
    """Have a project's page made after `settle`, unless it is due sooner already; the job decides if it is too soon."""
    at = unit.now + settle
    later = or_(Project.report_due_at.is_(None), Project.report_due_at > at)
    await unit.session.execute(
        update(Project)
        .where(Project.id == project_id, later)
        .values(report_due_at=at)
        .execution_options(synchronize_session=False)
    )
    if not settle:
        unit.notify(Work.PROJECT_REPORT, str(project_id))


async def claim_report(unit: Unit, project_id: UUID, *, lease: timedelta, interval: timedelta) -> ProjectClaim | None:
    """Take the making of a page that is due; None when it is not, somebody else makes it, or it is too soon.

    It is too soon while the last page is younger than `interval`, and while QC goes on in the project, but results
    wait no longer than `interval` for the others.
    """
    until = unit.now + lease
    row = (await unit.session.execute(_taking(unit, project_id, until))).first()
    if row is None:
        return None
    earliest = await _earliest(unit, project_id, interval)
    if earliest > unit.now:
        putting_off = update(Project).where(Project.id == project_id).values(report_due_at=earliest)
        await unit.session.execute(putting_off.execution_options(synchronize_session=False))
        return None
    return ProjectClaim(project_id, unit.accession(Kind.PROJECT, row.serial), row.title, until)


async def renew_report(unit: Unit, claim: ProjectClaim, lease: timedelta) -> ProjectClaim:
    """Hold the lease for longer; where the page was marked due meanwhile, the mark stays."""
    until = unit.now + lease
    await unit.session.execute(
        update(Project)
        .where(Project.id == claim.project_id, Project.report_due_at == claim.until)
        .values(report_due_at=until)
        .execution_options(synchronize_session=False)
    )
    return msgspec.structs.replace(claim, until=until)


async def end_report(unit: Unit, claim: ProjectClaim, *, again: timedelta | None, interval: timedelta) -> None:
    """End the lease: with the page made (`again` None), or to be tried `again` after some time.

    A project that was marked due while the page was made gets its next one after `interval`.
    """
    mine = None if again is None else unit.now + again
    next_due = case((Project.report_due_at == claim.until, mine), else_=unit.now + interval)
    await unit.session.execute(
        update(Project)
        .where(Project.id == claim.project_id, Project.report_due_at.is_not(None))
        .values(report_due_at=next_due)
        .execution_options(synchronize_session=False)
    )


async def inputs_of_project(unit: Unit, project_id: UUID) -> list[RunInputs]:
    """What MultiQC reads for a project's page: the data of its newest runs, at most `MOST_RUNS`, oldest first."""
    newest = (
        select(Run.serial, Run.file_id)
        .where(Run.scope_id == project_id, Run.state.not_in(_UNLISTED), Run.file_id.is_not(None))
        .order_by(Run.serial.desc())
        .limit(MOST_RUNS)
        .subquery()
    )
    data = (
        select(newest.c.serial, QcReport.data_keys)
        .join(QcReport, QcReport.file_id == newest.c.file_id)
        .order_by(newest.c.serial, QcReport.id)
    )
    keys: dict[int, list[str]] = {}
    for serial, some in (await unit.session.execute(data)).all():
        keys.setdefault(serial, []).extend(some)
    return [RunInputs(unit.accession(Kind.RUN, serial), found) for serial, found in keys.items() if found]


def _taking(unit: Unit, project_id: UUID, until: datetime) -> Any:
    return (
        update(Project)
        .where(Project.id == project_id, Project.report_due_at <= unit.now)
        .values(report_due_at=until)
        .returning(Project.serial, Project.title)
        .execution_options(synchronize_session=False)
    )


async def _earliest(unit: Unit, project_id: UUID, interval: timedelta) -> datetime:
    """When the page may be made: `interval` after the last, and not while QC goes on unless results wait so long."""
    made = select(func.max(QcReport.updated_at)).where(QcReport.scope_id == project_id)
    last = (await unit.session.execute(made)).scalar_one()
    earliest = unit.now if last is None else last + interval
    if await _is_measuring(unit, project_id):
        news = select(func.min(QcReport.updated_at)).join(Run, Run.file_id == QcReport.file_id)
        news = news.where(Run.scope_id == project_id, QcReport.updated_at > last if last is not None else true())
        waiting_since = (await unit.session.execute(news)).scalar_one() or unit.now
        earliest = max(earliest, waiting_since + interval)
    return earliest


async def _is_measuring(unit: Unit, project_id: UUID) -> bool:
    """Whether a run of the project waits for its verdict or its QC."""
    waiting = (
        exists()
        .where(Run.scope_id == project_id, Run.state.not_in(_GONE), File.id == Run.file_id)
        .where(File.state.in_(_COMING), File.due_at.is_not(None), File.qc_status.in_(UNMEASURED))
    )
    return bool((await unit.session.execute(select(waiting))).scalar())
