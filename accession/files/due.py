"""Lists the work that rows say is due: what the sweep queues, in case that no hint reached the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from accession.files.leases import MEASURABLE, UNMEASURED
from accession.files.models import File, FileState
from accession.projects.models import Project
from accession.work import Work

if TYPE_CHECKING:
    from accession.unit import Unit

MOST = 500


async def due_files(unit: Unit, limit: int = MOST) -> list[str]:
    """The ids of files whose verdict is due, those due longest first."""
    due = select(File.id).where(File.due_at <= unit.now, File.state == FileState.VERIFYING)
    return [str(found) for found in await unit.session.scalars(due.order_by(File.due_at).limit(limit))]


async def due_measures(unit: Unit, limit: int = MOST) -> list[str]:
    """The ids of verified files whose QC is due, those due longest first."""
    due = select(File.id).where(File.due_at <= unit.now, File.state.in_(MEASURABLE), File.qc_status.in_(UNMEASURED))
    return [str(found) for found in await unit.session.scalars(due.order_by(File.due_at).limit(limit))]


async def due_reports(unit: Unit, limit: int = MOST) -> list[str]:
    """The ids of projects whose page is due."""
    due = select(Project.id).where(Project.report_due_at <= unit.now).order_by(Project.report_due_at)
    return [str(found) for found in await unit.session.scalars(due.limit(limit))]


async def due_work(unit: Unit, limit: int = MOST) -> list[tuple[Work, str]]:
    """All that is due, as work and keys."""
    return [
        *((Work.VALIDATE_FILE, key) for key in await due_files(unit, limit)),
        *((Work.PROJECT_REPORT, key) for key in await due_reports(unit, limit)),
        *((Work.MEASURE_FILE, key) for key in await due_measures(unit, limit)),
    ]
