"""Keeps what the QC tools made of a file, and combines it into the file's QC status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import delete, select

from accession.audit import service as audit
from accession.catalog.models import Run
from accession.files.discarding import discard
from accession.files.leases import held
from accession.files.models import File, FileState, QcReport
from accession.files.project_reports import mark_report_due
from accession.ids import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from accession.files.leases import Claimed
    from accession.unit import Unit

MULTIQC = "MultiQC"


class ToolReport(msgspec.Struct, frozen=True):
    """What one tool made of a file, its page and data being in the object store."""

    tool: str
    status: str
    summary: dict[str, Any]
    page_key: str | None = None
    data_keys: list[str] = []
    reason: str | None = None


class Inputs(msgspec.Struct, frozen=True):
    """What MultiQC reads for one file: its name in reports and the data of its tools, as keys of the object store."""

    name: str
    keys: list[str]


async def settle_reports(unit: Unit, claimed: Claimed, reports: Sequence[ToolReport], *, status: str) -> bool:
    """Keep the reports of a file's tools and its combined `status`; False when the claim is lost.

    Reports of an earlier measuring give way. The project that the file has a run in is due for a new page.
    """
    statement = (
        held(claimed)
        .values(qc_status=status, claim=None, claimed_until=None, due_at=None, attempts=0)
        .returning(File.id)
        .execution_options(synchronize_session=False)
    )
    if (await unit.session.execute(statement)).first() is None:
        await _discard_orphans(unit, claimed.file_id, reports)
        return False
    await _forget_others(unit, claimed.file_id, reports)
    for report in reports:
        await keep_report(unit, report, file_id=claimed.file_id)
    audit.record(unit, "measured", unit.accession(Kind.FILE, claimed.serial), status=status)
    await renew_pages(unit, claimed.file_id)
    return True


async def renew_pages(unit: Unit, file_id: UUID) -> None:
    """Have the page made anew of each project that the file has a run in."""
    scopes = select(Run.scope_id).where(Run.file_id == file_id).distinct()
    for scope_id in (await unit.session.scalars(scopes)).all():
        await mark_report_due(unit, scope_id)


async def keep_report(
    unit: Unit, report: ToolReport, *, file_id: UUID | None = None, scope_id: UUID | None = None
) -> None:
    """Write the report of one tool on a file or a project, in the place of an earlier one."""
    owner = QcReport.file_id == file_id if file_id is not None else QcReport.scope_id == scope_id
    row = (await unit.session.scalars(select(QcReport).where(owner, QcReport.tool == report.tool))).one_or_none()
    if row is None:
        row = QcReport(file_id=file_id, scope_id=scope_id, tool=report.tool)
        unit.session.add(row)
    row.status, row.summary, row.reason = report.status, report.summary, report.reason
    row.page_key, row.data_keys = report.page_key, list(report.data_keys)
    row.updated_at = unit.now
    await unit.session.flush()


async def inputs_of_file(unit: Unit, file_id: UUID) -> Inputs | None:
    """What MultiQC reads for one file's page; None where the file is gone."""
    filename = (await unit.session.execute(select(File.filename).where(File.id == file_id))).scalar_one_or_none()
    if filename is None:
        return None
    data = select(QcReport.data_keys).where(QcReport.file_id == file_id).order_by(QcReport.id)
    return Inputs(filename, [key for keys in (await unit.session.scalars(data)).all() for key in keys])


async def _discard_orphans(unit: Unit, file_id: UUID, reports: Sequence[ToolReport]) -> None:
    """Have the pages and data of a file removed that went, or whose bytes did, while it was measured."""
    there = select(File.id).where(File.id == file_id, File.state != FileState.EXPIRED)
    if (await unit.session.execute(there)).first() is None:
        discard(unit, [key for report in reports for key in (report.page_key, *report.data_keys) if key])


async def _forget_others(unit: Unit, file_id: UUID, reports: Sequence[ToolReport]) -> None:
    """Remove the reports of tools that did not run this time; MultiQC's page is made anew under the same key."""
    gone = (
        delete(QcReport)
        .where(QcReport.file_id == file_id, QcReport.tool.not_in([report.tool for report in reports]))
        .returning(QcReport.tool, QcReport.page_key, QcReport.data_keys)
        .execution_options(synchronize_session=False)
    )
    rows = (await unit.session.execute(gone)).all()
    discard(unit, [key for tool, page, data in rows for key in (page, *data) if key and tool != MULTIQC])
