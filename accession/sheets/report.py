"""What a checked sheet is answered with: every cell, file and fault, row by row."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from accession.issues import Issue


class CellStatus(StrEnum):
    """How a cell was found."""

    OK = "ok"
    EMPTY_OPTIONAL = "empty_optional"
    MISSING_REQUIRED = "missing_required"
    INVALID = "invalid"


class Direction(StrEnum):
    """Which of a row's two files."""

    FORWARD = "forward"
    REVERSE = "reverse"


class Cell(msgspec.Struct, frozen=True, gc=False):
    """A cell's value as it will be stored (as written, where it is faulty), and how it was found."""

    value: str
    status: CellStatus


class FileMatch(msgspec.Struct, frozen=True, gc=False):
    """The staged file that a row's file column was matched to."""

    staged_file_id: str
    filename: str
    md5: str | None
    direction: Direction


class RowReport(msgspec.Struct, frozen=True, gc=False):
    """One row. `errors` and `warnings` carry row, field, code and message; `cells` go by column name."""

    row_num: int
    sample_alias: str
    errors: list[Issue]
    warnings: list[Issue]
    forward_file: FileMatch | None
    reverse_file: FileMatch | None
    cells: dict[str, Cell]


class SheetReport(msgspec.Struct, frozen=True):
    """The whole sheet. `errors` are those of its columns; `headers` are column names in the order of the sheet."""

    valid: bool
    errors: list[Issue]
    total_rows: int
    headers: list[str]
    required_fields: list[str]
    rows: list[RowReport]

    def all_issues(self) -> list[Issue]:
        """Every error of the sheet and of its rows, in order."""
        return [*self.errors, *(issue for row in self.rows for issue in row.errors)]
