"""Reports on sheets as the archive dialect's wire shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.api.archive.structs.sheets import (
    CellOut,
    FieldError,
    FileMatchOut,
    RowIssueOut,
    RowOut,
    SheetReportOut,
)

if TYPE_CHECKING:
    from accession.issues import Issue
    from accession.sheets.report import FileMatch, RowReport, SheetReport


def report_out(report: SheetReport) -> SheetReportOut:
    """A sheet's report."""
    return SheetReportOut(
        valid=report.valid,
        errors=[FieldError(issue.field or issue.column or "sheet", issue.message) for issue in report.errors],
        total_rows=report.total_rows,
        headers=report.headers,
        required_fields=report.required_fields,
        rows=[_row(row) for row in report.rows],
    )


def _row(row: RowReport) -> RowOut:
    return RowOut(
        row_num=row.row_num,
        sample_alias=row.sample_alias,
        errors=[_issue(issue, row.row_num) for issue in row.errors],
        warnings=[_issue(issue, row.row_num) for issue in row.warnings],
        forward_file=_file(row.forward_file),
        reverse_file=_file(row.reverse_file),
        cells={name: CellOut(cell.value, cell.status.value) for name, cell in row.cells.items()},
    )


def _issue(issue: Issue, row: int) -> RowIssueOut:
    return RowIssueOut(issue.row or row, issue.field or issue.column, issue.code, issue.message)


def _file(match: FileMatch | None) -> FileMatchOut | None:
    if match is None:
        return None
    return FileMatchOut(match.staged_file_id, match.filename, match.md5, match.direction.value)
