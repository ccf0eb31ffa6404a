"""Says under which mark the total of a list holds, so that it is counted once and not with every page.

The mark comes with each page, read in the same statement as its rows: it grows when a record of the kind is registered
(the kind's own counter) and when states or release dates move (`numbers.visibility_moved`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Table, func, literal_column, or_, select

from accession.numbers import VISIBILITY, Counter

if TYPE_CHECKING:
    from sqlalchemy import Label

    from accession.ids import Kind

_counters = cast("Table", Counter.__table__)


def mark_of(kind: Kind) -> Label[Any]:
    """The column that a page brings its mark along in."""
    names = or_(*(_counters.c.kind == literal_column(f"'{name}'") for name in (kind.value, VISIBILITY)))
    return select(func.sum(_counters.c.next)).where(names).scalar_subquery().label("mark")
