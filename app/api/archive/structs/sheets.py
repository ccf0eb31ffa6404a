"""The wire shapes of bulk submission and of checklists."""

from __future__ import annotations

from typing import Any

import msgspec

from accession.issues import Issue


class FieldError(msgspec.Struct, frozen=True):
    """An error of the whole sheet, such as a column that is missing."""

    field: str
    message: str


class RowIssueOut(msgspec.Struct, frozen=True, gc=False):
    """An error or a warning of one row (2 = first data row)."""

    row: int
    field: str | None
    code: str
    message: str


class FileMatchOut(msgspec.Struct, frozen=True, gc=False):
    """The staged file that a row means."""

    staged_file_id: str
    filename: str
    md5: str | None
    direction: str


class CellOut(msgspec.Struct, frozen=True, gc=False):
    """A cell: `status` is ok, empty_optional, missing_required or invalid."""

    value: str
    status: str


class RowOut(msgspec.Struct, frozen=True, gc=False):
    """One row of the sheet."""

    row_num: int
    sample_alias: str
    errors: list[RowIssueOut]
    warnings: list[RowIssueOut]
    forward_file: FileMatchOut | None
    reverse_file: FileMatchOut | None
    cells: dict[str, CellOut]


class SheetReportOut(msgspec.Struct, frozen=True):
    """The whole sheet, every error of every row at once."""

    valid: bool
    errors: list[FieldError]
    total_rows: int
    headers: list[str]
    required_fields: list[str]
    rows: list[RowOut]


class ConfirmedOut(msgspec.Struct, frozen=True):
    """The accessions of all that the sheet names, in its order."""

    status: str
    samples: list[str]
    subjects: list[str]
    experiments: list[str]
    runs: list[str]


class RefusedSheetOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sheet that was not accepted: nothing was made. There is no report where the form itself is malformed."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    issues: list[Issue] = []
    report: SheetReportOut | None = None


class ChecklistOut(msgspec.Struct, frozen=True):
    """A checklist and the fields that it requires."""

    id: str
    name: str
    title: str
    required_fields: list[str]


class ChecklistFieldOut(msgspec.Struct, frozen=True):
    """One field of a checklist."""

    name: str
    label: str
    requirement: str
    kind: str
    choices: list[str]


class ChecklistDetailOut(msgspec.Struct, frozen=True):
    """A checklist with all of its fields."""

    id: str
    name: str
    title: str
    required_fields: list[str]
    fields: list[ChecklistFieldOut]


Schema = dict[str, Any]
