"""Runs the QC tools on a verified file and keeps their pages and data in the object store."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from accession.actor import ARCHIVE
from accession.errors import NotFound
from accession.files.leases import Claimed, claim_measuring
from accession.files.own_report import weight_of_grades
from accession.files.reports import ToolReport, settle_reports
from app.jobs import cpu
from app.jobs.holding import NO_BYTES, file_held, lease_of, tried_again, while_held
from app.jobs.keeping import DATA, PAGE, keep_object
from app.jobs.workfolder import fetch, work_folder

if TYPE_CHECKING:
    from accession.files.store import BlobStore
    from app.wiring import Wiring

log = logging.getLogger(__name__)


async def measure_file(wiring: Wiring, key: str) -> None:
    """Run the tools on the file with the id `key`; nothing happens when it is done or somebody else holds it."""
    if wiring.store is None:
        return
    lease = lease_of(wiring.settings)
    async with wiring.writing(ARCHIVE) as unit:
        claimed = await claim_measuring(unit, UUID(key), lease)
    if claimed is None:
        return
    async with file_held(wiring, claimed) as renew:
        try:
            reports = await while_held(_measure(wiring, wiring.store, claimed), renew, lease)
        except NotFound:
            if await tried_again(wiring, claimed, NO_BYTES):
                return
            reports = [_failed("QC", NO_BYTES)]
        except cpu.EngineFailed as error:
            reports = [_failed("QC", str(error))]
        async with wiring.writing(ARCHIVE) as unit:
            said = [*(report.status for report in reports), *await weight_of_grades(unit, claimed.file_id)]
            status = cpu.combined(map(cpu.QcStatus, said))
            await settle_reports(unit, claimed, reports, status=status.value)


async def _measure(wiring: Wiring, store: BlobStore, claimed: Claimed) -> list[ToolReport]:
    settings = wiring.settings
    with work_folder(settings) as folder:
        path = folder / "bytes"
        await fetch(store, claimed.key, path, version_id=claimed.version_id, size=claimed.size or 0)
        reports = await cpu.measure(
            path,
            folder / "reports",
            filename=claimed.filename,
            format=cpu.Format(claimed.format or cpu.Format.UNKNOWN),
            references=settings.references_dir,
            limits=cpu.CpuLimits(seconds=settings.job_seconds, memory=settings.job_memory),
        )
        return [await _kept(store, claimed.file_id, report) for report in reports]


async def _kept(store: BlobStore, file_id: UUID, report: cpu.EngineReport) -> ToolReport:
    """Put what a tool wrote into the store: its first page, and the data under their own names, which MultiQC reads."""
    below, tool = f"reports/{file_id}", report.tool.lower()
    page_key = f"{below}/{tool}_report.html" if report.pages else None
    if page_key is not None:
        await keep_object(store, page_key, Path(report.pages[0]), PAGE)
    data_keys = []
    for path in map(Path, report.data):
        data_keys.append(f"{below}/{tool}/{path.name}")
        await keep_object(store, data_keys[-1], path, DATA)
    return ToolReport(report.tool, report.status.value, report.summary, page_key, data_keys, report.reason)


def _failed(tool: str, reason: str) -> ToolReport:
    return ToolReport(tool, cpu.QcStatus.FAILED.value, {}, reason=reason)
