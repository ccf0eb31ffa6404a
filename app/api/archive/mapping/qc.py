"""QC reports and verdicts as the archive dialect's wire shapes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from accession.files.reports import MULTIQC, ToolReport
from app.api.archive.structs.qc import (
    FindingOut,
    GradeOut,
    ProjectQcOut,
    ReportOut,
    RunLineOut,
    RunQcOut,
    ValidationOut,
)
from app.http.pages import page_path
from app.http.signing import signed
from app.jobs.cpu import QcStatus, combined

if TYPE_CHECKING:
    from accession.actor import Actor
    from accession.files.project_quality import ProjectQuality
    from accession.files.quality import RunQuality, RunVerdict
    from app.wiring import Wiring


def run_qc_out(quality: RunQuality, wiring: Wiring, actor: Actor) -> RunQcOut:
    """A run's QC, its links signed where not everyone may follow them; a reviewer's end with the reviewer link."""
    reports = [_report_out(report, quality, wiring, actor) for report in quality.reports]
    if not reports:
        return RunQcOut(quality.qc_status, [])
    leading = next((report for report in reports if report.summary), reports[0])
    if quality.shown:
        reports.append(_report_out(quality.multiqc or _multiqc_to_come(quality), quality, wiring, actor))
    return RunQcOut(quality.qc_status, reports, leading.tool, leading.summary, leading.report_url)


def project_qc_out(quality: ProjectQuality, wiring: Wiring, actor: Actor) -> ProjectQcOut:
    """A project's QC: the worst status of its runs that were or are to be measured."""
    status = combined(QcStatus(run.status) for run in quality.runs)
    url = _link(wiring, actor, quality.accession, MULTIQC, open_to_all=quality.open) if quality.page_key else None
    runs = [RunLineOut(run.accession, run.status, run.summary) for run in quality.runs]
    return ProjectQcOut(status.value, url, runs)


def validation_out(verdict: RunVerdict) -> ValidationOut:
    """A run's verdict."""
    details: dict[str, Any] = verdict.details or {}
    findings = msgspec.convert(details.get("findings", []), list[FindingOut])
    return ValidationOut(
        accession=verdict.accession,
        status=verdict.state,
        valid=details.get("valid"),
        format=verdict.format,
        compression=details.get("compression"),
        file_size=verdict.size,
        checksum_md5=verdict.md5,
        checksum_sha256=verdict.sha256,
        first_error=next((finding for finding in findings if finding.severity == "error"), None),
        findings=findings,
        finding_counts=details.get("finding_counts", {}),
        counts=details.get("counts", {}),
        checked=details.get("checked", []),
        seconds=details.get("seconds"),
        grades=msgspec.convert(details.get("grades", []), list[GradeOut]),
    )


def _multiqc_to_come(quality: RunQuality) -> ToolReport:
    """The page that is made when its link is first followed."""
    summary = {"reports": len(quality.shown), "tools": quality.shown}
    return ToolReport(MULTIQC, quality.qc_status, summary, page_key="")


def _report_out(report: ToolReport, quality: RunQuality, wiring: Wiring, actor: Actor) -> ReportOut:
    has_page = report.page_key is not None
    url = _link(wiring, actor, quality.accession, report.tool, open_to_all=quality.open) if has_page else None
    return ReportOut(report.tool, report.status, report.summary, url, report.reason)


def _link(wiring: Wiring, actor: Actor, accession: str, tool: str, *, open_to_all: bool) -> str:
    path = page_path(accession, tool)
    lives = timedelta(minutes=wiring.settings.private_link_minutes)
    review = actor.review.link_id if actor.review is not None else None
    return path if open_to_all else signed(wiring, path, lives=lives, review=review)
