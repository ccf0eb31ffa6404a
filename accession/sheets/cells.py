"""Check each row of a sheet by itself: every cell against its field, and what is required but empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from accession.checklists.fields import Checklist, Field, normalise_name
from accession.checklists.rules import missing_field
from accession.checklists.values import settle_value
from accession.issues import Issue
from accession.sheets.columns import Column, Part
from accession.sheets.matching import StagedFact
from accession.sheets.report import Cell, CellStatus, Direction, FileMatch, RowReport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accession.sheets.reader import Row

_MEMO_SIZE: Final = 10_000
_EMPTY_OPTIONAL: Final = Cell("", CellStatus.EMPTY_OPTIONAL)
_MISSING_REQUIRED: Final = Cell("", CellStatus.MISSING_REQUIRED)


class CheckedRow(msgspec.Struct, gc=False):
    """A row while it is being checked.

    `values` holds the settled value of each column that is neither blank nor faulty; `files` is filled in
    by the step that matches files.
    """

    number: int
    alias: str
    values: dict[str, object]
    cells: dict[str, Cell]
    errors: list[Issue]
    warnings: list[Issue]
    files: dict[Direction, StagedFact]

    def text(self, name: str) -> str:
        """The settled value of a column as text, "" where it is blank or faulty."""
        value = self.values.get(name)
        return "" if value is None else str(value)

    def fail(self, code: str, message: str, field: str) -> None:
        """Note an error of this row, and mark its cell where the sheet has that column."""
        self.errors.append(Issue(code, message, field=field, row=self.number))
        cell = self.cells.get(field)
        if cell is not None and cell.status is not CellStatus.MISSING_REQUIRED:
            self.cells[field] = Cell(cell.value, CellStatus.INVALID)

    def warn(self, code: str, message: str, field: str) -> None:
        """Note something that the row's author should look at."""
        self.warnings.append(Issue(code, message, field=field, row=self.number))

    def report(self) -> RowReport:
        """The row as it is answered."""
        forward, reverse = (
            _match_of(self.files.get(direction), direction) for direction in (Direction.FORWARD, Direction.REVERSE)
        )
        return RowReport(self.number, self.alias, self.errors, self.warnings, forward, reverse, self.cells)


def _match_of(file: StagedFact | None, direction: Direction) -> FileMatch | None:
    return None if file is None else FileMatch(file.id, file.filename, file.md5, direction)


class _ColumnCheck:
    """Checks the cells of one column; cells that repeat are checked once."""

    def __init__(self, column: Column, checklist: Checklist) -> None:
        self.place = column.place
        self.name = column.name
        self._field: Field = column.field
        self._memo: dict[str, tuple[object, Cell, Issue | None]] = {}
        renamed = normalise_name(column.header) != normalise_name(column.name)
        self._header = column.header if renamed else None
        self._absent: Issue | None = None
        if column.field.required and column.part is Part.SAMPLE:
            known = column.name in checklist.by_name
            message = f"{column.name} is required."
            absent = missing_field(checklist, column.name) if known else Issue("missing_required", message)
            self._absent = msgspec.structs.replace(absent, field=column.name, column=self._header)

    def check(self, text: str) -> tuple[object, Cell, Issue | None]:
        """The settled value (None where there is none to store), the cell, and the fault."""
        found = self._memo.get(text)
        if found is None:
            found = self._check(text)
            if len(self._memo) < _MEMO_SIZE:
                self._memo[text] = found
        return found

    def _check(self, text: str) -> tuple[object, Cell, Issue | None]:
        if not text:
            return None, _MISSING_REQUIRED if self._absent else _EMPTY_OPTIONAL, self._absent
        value, fault = settle_value(self._field, text)
        if fault is None:
            return value, Cell(str(value), CellStatus.OK), None
        return None, Cell(text, CellStatus.INVALID), msgspec.structs.replace(fault, column=self._header)


def check_cells(rows: Sequence[Row], columns: Sequence[Column], checklist: Checklist) -> list[CheckedRow]:
    """Every row with its cells checked and every fault of every cell noted."""
    checks = [_ColumnCheck(column, checklist) for column in columns]
    alias_place = next((column.place for column in columns if column.name == "sample_alias"), None)
    checked: list[CheckedRow] = []
    for row in rows:
        values: dict[str, object] = {}
        cells: dict[str, Cell] = {}
        errors: list[Issue] = []
        for check in checks:
            value, cell, fault = check.check(row.cells[check.place])
            cells[check.name] = cell
            if fault is not None:
                errors.append(msgspec.structs.replace(fault, row=row.number))
            elif value is not None:
                values[check.name] = value
        alias = row.cells[alias_place] if alias_place is not None else ""
        checked.append(CheckedRow(row.number, alias, values, cells, errors, [], {}))
    return checked
