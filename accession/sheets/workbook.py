"""Read the first sheet of an XLSX file, after making sure that opening it cannot cost more than it should.

The order matters: the container is weighed by unpacking every part with its own bounds and counting its elements and
the farthest cell; only then is the spreadsheet parser, which trusts what it is given, let at it.
"""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from python_calamine import CalamineError, CalamineWorkbook

from accession.errors import Malformed, Rejected
from accession.issues import Issue
from accession.sheets.container import weigh_container

if TYPE_CHECKING:
    from accession.sheets.limits import SheetLimits


def read_workbook(data: bytes, limits: SheetLimits) -> list[list[str]]:
    """All rows of the first sheet as text, from row 1 and column A on.

    Dates become ISO 8601, whole numbers lose their ".0", formulas give their stored result. Raises `Malformed` for
    what is no XLSX file and `Rejected` for one that is larger than `limits` allow or has cells in error (#REF!).
    """
    broken = weigh_container(data, limits)
    if broken:
        raise Rejected([_error_at(place) for place in broken])
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        rows = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, ValueError, IndexError, OSError) as error:
        raise Malformed(f"The workbook cannot be read: {str(error)[:200]}", code="not_xlsx") from None
    return [[_text_of(value) for value in row] for row in rows]


def _error_at(place: str) -> Issue:
    """A formula that failed, whose result must not be read as an empty cell."""
    digits = "".join(sign for sign in place if sign.isdigit())
    message = f"The formula in cell {place} has no result but an error such as #REF!; replace it by its value."
    return Issue("formula_error", message, row=int(digits) if digits else None)


def _text_of(value: object) -> str:
    """A cell as the text that its author sees, in ISO form where it is a date."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(value, ".15g")
        case datetime():
            midnight = value.time() == time()
            return value.date().isoformat() if midnight else value.isoformat(timespec="seconds")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return format(value.total_seconds(), ".15g")
        case _:
            return str(value)
