"""Makes the MultiQC pages: of a project by itself after QC, of one run when somebody asks for it."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import msgspec

from accession.actor import ARCHIVE
from accession.errors import NotFound
from accession.files import project_reports
from accession.files.project_reports import ProjectClaim, claim_report, inputs_of_project
from accession.files.reports import MULTIQC, ToolReport, inputs_of_file, keep_report
from accession.files.run_rows import PENDING, rows_of_file, rows_of_project
from app.jobs import cpu
from app.jobs.holding import lease_of, while_held
from app.jobs.keeping import PAGE, keep_object
from app.jobs.workfolder import fetch, work_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from accession.files.run_rows import RunRow
    from accession.files.store import BlobStore
    from app.wiring import Wiring

log = logging.getLogger(__name__)

AGAIN = timedelta(seconds=30)  # after an outage


class _Content(NamedTuple):
    """What a page shows: its title, the keys of the tools' data by run, and the archive's own rows."""

    title: str
    data: Mapping[str, Sequence[str]]
    rows: Sequence[RunRow]


async def project_report(wiring: Wiring, key: str) -> None:
    """Make the page of the project with the id `key`; nothing happens when it is not due or somebody else makes it."""
    if wiring.store is None:
        return
    lease, interval = lease_of(wiring.settings), timedelta(seconds=wiring.settings.report_interval)
    async with wiring.writing(ARCHIVE) as unit:
        claim = await claim_report(unit, UUID(key), lease=lease, interval=interval)
    if claim is None:
        return
    async with wiring.reading(ARCHIVE) as unit:
        inputs = await inputs_of_project(unit, claim.project_id)
        rows = await rows_of_project(unit, claim.project_id)
    held = [claim]

    async def renew() -> bool:
        async with wiring.writing(ARCHIVE) as unit:
            held[0] = await project_reports.renew_report(unit, held[0], lease)
        return True

    again: timedelta | None = AGAIN
    report = None
    try:
        if any(row.verdict != PENDING for row in rows):
            page = f"reports/{claim.project_id}/multiqc_report.html"
            content = _Content(f"{claim.accession} {claim.title}", {run.accession: run.keys for run in inputs}, rows)
            making = _make(wiring, wiring.store, content, page_key=page)
            report = await while_held(making, renew, lease)
        again = None
    except Exception:
        log.exception("the page of project %s was not made", claim.accession)
    finally:
        await _end(wiring, held[0], report, again=again, interval=interval)


async def run_report(wiring: Wiring, key: str) -> None:
    """Make the page of one run's file with the id `key`, once; making it twice does no harm."""
    if wiring.store is None:
        return
    file_id = UUID(key)
    async with wiring.reading(ARCHIVE) as unit:
        inputs = await inputs_of_file(unit, file_id)
        rows = await rows_of_file(unit, file_id)
    if inputs is None or not (inputs.keys or rows):
        return
    page = f"reports/{file_id}/multiqc_report.html"
    report = await _make(wiring, wiring.store, _Content(inputs.name, {"file": inputs.keys}, rows), page_key=page)
    async with wiring.writing(ARCHIVE) as unit:
        await keep_report(unit, report, file_id=file_id)


async def _end(
    wiring: Wiring, claim: ProjectClaim, report: ToolReport | None, *, again: timedelta | None, interval: timedelta
) -> None:
    async with wiring.writing(ARCHIVE) as unit:
        if report is not None:
            await keep_report(unit, report, scope_id=claim.project_id)
        await project_reports.end_report(unit, claim, again=again, interval=interval)


async def _make(wiring: Wiring, store: BlobStore, content: _Content, *, page_key: str) -> ToolReport:
    """Fetch the tools' data into one folder a name, run MultiQC, and keep its page."""
    settings = wiring.settings
    with work_folder(settings) as folder:
        paths = [
            path
            for name, keys in content.data.items()
            for key in keys
            if (path := await _fetched(store, key, folder / "inputs" / name)) is not None
        ]
        limits = cpu.CpuLimits(seconds=settings.job_seconds, memory=settings.job_memory)
        table = [cpu.TableRow(**msgspec.structs.asdict(row)) for row in content.rows]
        made = await cpu.report(paths, folder, title=content.title, table=table, limits=limits)
        if made.pages:
            await keep_object(store, page_key, Path(made.pages[0]), PAGE)
    kept = page_key if made.pages else None
    return ToolReport(
        MULTIQC, made.status.value, {**made.summary, "files": len(content.rows)}, kept, reason=made.reason
    )


async def _fetched(store: BlobStore, key: str, folder: Path) -> Path | None:
    """Copy one tool's data; None where they were removed meanwhile."""
    with suppress(NotFound):
        return await fetch(store, key, folder / PurePosixPath(key).name, version_id=None, size=0)
    return None
