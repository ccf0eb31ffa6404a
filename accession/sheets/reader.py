"""Read a sample sheet (TSV, CSV or XLSX) into rows of text with their positions, in bounded time and memory.

What a sheet is comes from its bytes: a zip is XLSX, anything else is text in UTF-8. Row numbers are those that a
spreadsheet shows: 1 is the header, 2 the first data row; blank rows are left out but counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from accession.checklists.fields import normalise_name
from accession.errors import Malformed, Rejected, TooLarge
from accession.issues import Issue
from accession.sheets.limits import SheetLimits
from accession.sheets.text import decode_sheet, delimiter_of, records_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_MAX_ISSUES: Final = 100
_FOREIGN: Final = {
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls)",
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF file",
    b"\x89PNG": "an image",
}


class Row(msgspec.Struct, frozen=True, gc=False):
    """One data row: its number in the sheet and one trimmed text for each header."""

    number: int
    cells: tuple[str, ...]


class Sheet(msgspec.Struct, frozen=True):
    """A sheet as read. `headers` are as written, trimmed; every row has exactly as many cells."""

    headers: tuple[str, ...]
    rows: tuple[Row, ...]


def read_sheet(path: Path, filename: str, *, limits: SheetLimits | None = None) -> Sheet:
    """Read the sheet in the file at `path`, which its sender calls `filename`.

    Raises `TooLarge` for more bytes than allowed, `Malformed` for what is no sheet at all, and `Rejected` with an issue
    for each row or column at fault (the first hundred): short rows, extra cells, duplicate headers, bytes that are not
    UTF-8, cells, rows or columns beyond the limits.
    """
    limits = limits or SheetLimits()
    size = path.stat().st_size
    if size > limits.max_bytes:
        raise TooLarge(f"The sheet has {size:,} bytes; at most {limits.max_bytes:,} are read.")
    data = path.read_bytes()
    if data.startswith(b"PK"):
        from accession.sheets.workbook import read_workbook  # noqa: PLC0415  # loads the XLSX parser only when needed

        return _sheet_of(read_workbook(data, limits), limits, strict=False)
    for magic, what in _FOREIGN.items():
        if data.startswith(magic):
            raise Malformed(f"The sheet is {what}; send TSV or CSV in UTF-8, or XLSX.", code="not_a_sheet")
    text = decode_sheet(data)
    return _sheet_of(records_of(text, delimiter_of(text, filename), limits.max_columns), limits, strict=True)


def _sheet_of(records: Iterable[list[str]], limits: SheetLimits, *, strict: bool) -> Sheet:
    """Take the header from the first record, then hold every other against it.

    With `strict`, as in text, a row must have exactly as many cells as the header; without, as in a workbook, empty
    cells at the end of a row do not count.
    """
    numbered = enumerate(records, start=1)
    issues: list[Issue] = []
    rows: list[Row] = []
    headers: tuple[str, ...] = ()
    for number, record in numbered:
        if number == 1:
            headers = _headers_of(record, limits, strict=strict)
            continue
        cells = tuple([cell.strip() for cell in record])
        if not any(cells):
            continue
        fault = _row_fault(number, cells, headers, limits, strict=strict)
        if fault is not None:
            issues.append(fault)
        elif not strict and len(cells) != len(headers):
            cells = (*cells[: len(headers)], *("",) * (len(headers) - len(cells)))
        rows.append(Row(number, cells))
        if len(rows) > limits.max_rows or len(rows) * len(headers) > limits.max_cells:
            raise Rejected([*issues, _too_many_rows(number, len(headers), limits)])
        if len(issues) >= _MAX_ISSUES:
            break
    if not headers:
        raise Malformed("The sheet is empty; its first row must name the columns.", code="empty_sheet")
    if issues:
        raise Rejected(issues)
    return Sheet(headers, tuple(rows))


def _headers_of(record: list[str], limits: SheetLimits, *, strict: bool) -> tuple[str, ...]:
    """The header row, trimmed, or `Rejected` with what is wrong with it."""
    headers = [cell.strip() for cell in record]
    while not strict and headers and not headers[-1]:
        headers.pop()
    if not any(headers):
        raise Malformed("The first row must name the columns; it is blank.", code="empty_sheet")
    if len(headers) > limits.max_columns:
        message = f"The sheet has {len(headers):,} columns; at most {limits.max_columns:,} are read."
        raise Rejected([Issue("too_many_columns", message, row=1)])
    issues: list[Issue] = []
    first: dict[str, int] = {}
    for place, header in enumerate(headers, start=1):
        if "\udc80" <= max(header, default="") <= "\udcff":
            issues.append(_not_utf8(1, header))
        elif not header:
            issues.append(Issue("empty_header", f"Column {place} has no name.", row=1))
        elif len(header) > 200:
            issues.append(Issue("header_too_long", f"The name of column {place} has more than 200 characters.", row=1))
        elif (folded := normalise_name(header) or header) in first:
            message = f"Columns {first[folded]} and {place} are both named {header!r}."
            issues.append(Issue("duplicate_header", message, row=1, column=header))
        else:
            first[folded] = place
    if issues:
        raise Rejected(issues[:_MAX_ISSUES])
    return tuple(headers)


def _row_fault(
    number: int, cells: tuple[str, ...], headers: tuple[str, ...], limits: SheetLimits, *, strict: bool
) -> Issue | None:
    """What makes a row unreadable as a whole, if anything."""
    if len(cells) < len(headers) and strict:
        message = f"Row {number} has {len(cells)} cells where the header has {len(headers)}."
        return Issue("short_row", message, row=number)
    if len(cells) > len(headers) and (strict or any(cells[len(headers) :])):
        message = f"Row {number} has {len(cells)} cells, more than the {len(headers)} of the header."
        return Issue("extra_cells", message, row=number)
    longest = max(map(len, cells))
    if longest > limits.max_cell_length:
        column = next(header for header, cell in zip(headers, cells, strict=False) if len(cell) == longest)
        message = f"A cell of row {number} has {longest:,} characters; at most {limits.max_cell_length:,} are read."
        return Issue("cell_too_long", message, row=number, column=column)
    for header, cell in zip(headers, cells, strict=False):
        if not cell.isascii() and not cell.isprintable() and any("\udc80" <= sign <= "\udcff" for sign in cell):
            return _not_utf8(number, header)
    return None


def _not_utf8(number: int, column: str) -> Issue:
    """The row that bytes in another encoding were found in."""
    shown = column.encode("utf-8", "replace").decode()
    message = f"Row {number} is not UTF-8 (column {shown!r}); save the sheet as UTF-8 and send it again."
    return Issue("not_utf8", message, row=number, column=shown)


def _too_many_rows(number: int, columns: int, limits: SheetLimits) -> Issue:
    message = (
        f"The sheet goes on beyond row {number} with {columns} columns; at most {limits.max_rows:,} rows "
        f"and {limits.max_cells:,} cells are read. Send it in parts."
    )
    return Issue("too_many_rows", message, row=number)
