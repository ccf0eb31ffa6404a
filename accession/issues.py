"""One fault found in what somebody sent: where it is, what was expected, and a stable code."""

from __future__ import annotations

import msgspec


class Issue(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One fault. `row` is the sheet's row number (2 = first data row), `column` its header, `field` the record's field.

    `code` is stable and snake_case (`missing_required`, `not_in_vocabulary`, …); `message` is one sentence that names
    what was found and what was expected.
    """

    code: str
    message: str
    field: str | None = None
    row: int | None = None
    column: str | None = None
