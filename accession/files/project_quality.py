"""Reads the QC of a whole project: one line a run, and its MultiQC page for readers of the whole project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy import and_, exists, or_, select

from accession.base import GONE, State
from accession.catalog.models import Run
from accession.errors import NotFound
from accession.files.models import File, QcReport
from accession.files.own_report import KEPT_PARTS, details_of, own_report
from accession.files.reports import MULTIQC
from accession.ids import Kind, require_serial
from accession.people.access import is_open, readable_by, reads_whole
from accession.people.models import Scope
from accession.projects.models import Project
from accession.records import raise_gone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from accession.unit import Unit

MOST_RUNS = 10_000
_IDS_AT_ONCE = 500


class RunLine(msgspec.Struct, frozen=True):
    """One run's QC in its project's list."""

    accession: str
    status: str
    summary: dict[str, Any]


class ProjectQuality(msgspec.Struct, frozen=True):
    """A project's QC as the caller may see it. `page_key` is None while there is no page, or none for this caller.

    `open` says that everyone may see the page now.
    """

    accession: str
    page_key: str | None
    open: bool
    runs: list[RunLine]


async def project_quality(unit: Unit, accession: str, limit: int = MOST_RUNS) -> ProjectQuality:
    """The QC of the newest runs of a project that the caller may see, at most `limit`; `NotFound`."""
    page = await project_page(unit, accession)
    rows = (
        select(Run.serial, File.id, File.qc_status)
        .outerjoin(File, File.id == Run.file_id)
        .where(Run.scope_id == page.project_id, readable_by(Run, unit))
        .order_by(Run.serial.desc())
        .limit(limit)
    )
    runs = (await unit.session.execute(rows)).all()
    summaries = await _summaries(unit, [file_id for _, file_id, _ in runs if file_id is not None])
    lines = [
        RunLine(unit.accession(Kind.RUN, serial), status or "pending", summaries.get(file_id, {}))
        for serial, file_id, status in runs
    ]
    return ProjectQuality(page.accession, page.key, page.open, lines)


class ProjectPage(msgspec.Struct, frozen=True):
    """Where a project's page is, if it was made and the caller reads the whole project."""

    project_id: UUID
    accession: str
    key: str | None
    open: bool


async def project_page(unit: Unit, accession: str) -> ProjectPage:
    """Find the page of a project; `NotFound` where the project is not visible, `Gone` where it was withdrawn."""
    wanted = require_serial(accession, unit.prefix, Kind.PROJECT)
    statement = (
        select(Project.id, Project.state, Scope)
        .join(Scope, Scope.id == Project.id)
        .where(Project.serial == wanted.serial, readable_by(Project, unit, by_accession=True))
    )
    row = (await unit.session.execute(statement)).first()
    printed = unit.accession(Kind.PROJECT, wanted.serial)
    if row is None:
        await raise_gone(unit, Project, Kind.PROJECT, wanted.serial)
        raise NotFound(f"There is no project {printed}, or it is not visible to you.")
    kept = select(QcReport.page_key, QcReport.updated_at).where(QcReport.scope_id == row.id, QcReport.tool == MULTIQC)
    page = (await unit.session.execute(kept)).first()
    if page is None or page.page_key is None:
        return ProjectPage(row.id, printed, None, open=False)
    partial = await _tells_of_hidden(unit, row.id, page.updated_at)
    may_read = not partial or await reads_whole(unit, row.Scope)
    openly = is_open(unit.today, row.Scope.state, row.Scope.release_date, row.state) and not partial
    return ProjectPage(row.id, printed, page.page_key if may_read else None, openly)


async def _tells_of_hidden(unit: Unit, project_id: UUID, made: datetime) -> bool:
    """Whether a page may tell of a run that is not everyone's: private by itself, or not listed since it was made."""
    private = Run.state.in_((State.DRAFT, State.PRIVATE))
    unlisted = and_(Run.state.in_((State.SUPPRESSED, *GONE)), Run.updated_at >= made)
    hidden = exists().where(Run.scope_id == project_id, or_(private, unlisted))
    return bool((await unit.session.execute(select(hidden))).scalar())


async def _summaries(unit: Unit, files: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """The summary of each file's first tool that has one; where no tool has, that of the archive's own report."""
    found = await _of_tools(unit, files)
    others = [file_id for file_id in files if file_id not in found]
    for start in range(0, len(others), _IDS_AT_ONCE):
        rows = select(File.id, File.format, *KEPT_PARTS).where(File.id.in_(others[start : start + _IDS_AT_ONCE]))
        for file_id, kind, *parts in (await unit.session.execute(rows)).all():
            own = own_report(kind, details_of(parts))
            if own is not None:
                found[file_id] = own.summary
    return found


async def _of_tools(unit: Unit, files: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    found: dict[UUID, dict[str, Any]] = {}
    for start in range(0, len(files), _IDS_AT_ONCE):
        some = files[start : start + _IDS_AT_ONCE]
        rows = (
            select(QcReport.file_id, QcReport.summary)
            .where(QcReport.file_id.in_(some), QcReport.tool != MULTIQC)
            .order_by(QcReport.id)
        )
        for file_id, summary in (await unit.session.execute(rows)).all():
            if summary:
                found.setdefault(file_id, summary)
    return found
