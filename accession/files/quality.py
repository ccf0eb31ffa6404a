"""Reads what is known of the quality of runs: verdicts, QC reports, and which pages may be shown to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, select

from accession.catalog.models import Run, RunVersion
from accession.errors import NotFound
from accession.files.leases import UNMEASURED
from accession.files.models import File, QcReport
from accession.files.own_report import SEQARK, own_report
from accession.files.reports import MULTIQC, ToolReport
from accession.files.versions import version_named
from accession.ids import Accession, Kind, require_serial
from accession.people.access import is_open, readable_by
from accession.people.models import Scope
from accession.records import raise_gone

if TYPE_CHECKING:
    from sqlalchemy import Row

    from accession.unit import Unit


class RunQuality(msgspec.Struct, frozen=True):
    """A run's QC: the reports of tools, then the archive's own, which is there with the verdict.

    `open` says that everyone may see it now; `multiqc` is the page made on demand, if it was.
    """

    accession: str
    file_id: UUID | None
    qc_status: str
    reports: list[ToolReport]
    multiqc: ToolReport | None
    open: bool

    @property
    def shown(self) -> list[str]:
        """The tools that MultiQC's page shows; none until the QC has ended."""
        ended = self.qc_status not in UNMEASURED
        return [report.tool for report in self.reports if ended and (report.data_keys or report.tool == SEQARK)]


class RunVerdict(msgspec.Struct, frozen=True):
    """A run's validation; `details` is None until the verdict. `state` is the file's."""

    accession: str
    state: str
    format: str | None
    size: int | None
    md5: str | None
    sha256: str | None
    details: dict[str, Any] | None


async def run_quality(unit: Unit, accession: str) -> RunQuality:
    """The QC of a run's current version, or of the one that the accession names; `NotFound`, `Gone`."""
    row = await _find_run(unit, accession, File.id.label("file_id"), File.qc_status, File.format, File.verdict)
    statement = select(QcReport).where(QcReport.file_id == row.file_id).order_by(QcReport.id)
    found = [_report(kept) for kept in await unit.session.scalars(statement)] if row.file_id is not None else []
    own = own_report(row.format, row.verdict)
    return RunQuality(
        accession=_printed(unit, accession),
        file_id=row.file_id,
        qc_status=row.qc_status or "pending",
        reports=[report for report in (*found, own) if report is not None and report.tool != MULTIQC],
        multiqc=next((report for report in found if report.tool == MULTIQC), None),
        open=is_open(unit.today, row.scope_state, row.release_date, row.state),
    )


async def run_verdict(unit: Unit, accession: str) -> RunVerdict:
    """The validation of a run's current version, or of the one that the accession names; `NotFound`, `Gone`."""
    columns = (File.state.label("file_state"), File.format, File.size, File.md5, File.sha256, File.verdict)
    row = await _find_run(unit, accession, *columns)
    return RunVerdict(
        accession=_printed(unit, accession),
        state=row.file_state or "pending",
        format=row.format,
        size=row.size,
        md5=row.md5,
        sha256=row.sha256,
        details=row.verdict,
    )


async def _find_run(unit: Unit, accession: str, *columns: Any) -> Row[Any]:
    """The wanted columns of a run's file, with what decides whether everyone may see it."""
    wanted = require_serial(accession, unit.prefix, Kind.RUN)
    openness = (Run.state, Scope.state.label("scope_state"), Scope.release_date)
    rows = _joined(unit, select(*openness, *columns).select_from(Run).join(Scope, Scope.id == Run.scope_id), wanted)
    rows = rows.where(Run.serial == wanted.serial, readable_by(Run, unit, by_accession=True))
    row = (await unit.session.execute(rows)).first()
    if row is None:
        await raise_gone(unit, Run, Kind.RUN, wanted.serial)
        raise NotFound(f"There is no run {accession}, or it is not visible to you.")
    return row


def _joined(unit: Unit, rows: Select[Any], wanted: Accession) -> Select[Any]:
    """Join the file of the wanted version; the current one may be described only, a named one must exist."""
    if wanted.version is None:
        return rows.outerjoin(File, File.id == Run.file_id)
    return rows.join(RunVersion, version_named(unit, wanted.version)).join(File, File.id == RunVersion.file_id)


def _printed(unit: Unit, accession: str) -> str:
    """The accession as it is answered: with the version where one was named."""
    wanted = require_serial(accession, unit.prefix, Kind.RUN)
    bare = unit.accession(Kind.RUN, wanted.serial)
    return bare if wanted.version is None else f"{bare}.{wanted.version}"


def _report(row: QcReport) -> ToolReport:
    return ToolReport(row.tool, row.status, row.summary, row.page_key, row.data_keys, row.reason)
