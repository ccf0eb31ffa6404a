"""Reads records of every kind: one by its accession, or a page of those that the caller may see."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Select, bindparam, func, literal_column, select

from accession.catalog.shapes import DAY, Shape, table_of
from accession.catalog.walking import MOST_STATEMENTS, candidates, walk
from accession.errors import NotFound
from accession.ids import Accession, require_serial
from accession.paging import EXACT_LIMIT, Page, PageRequest
from accession.people.access import Viewer, granted_now, readable, values, viewer
from accession.records import hold_scope, raise_gone, whole_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Row

    from accession.unit import Unit


@cache
def _one(shape: Shape, who: Viewer) -> Select[Any]:
    """The statement for one record, built once per kind of record and viewer."""
    serial = table_of(shape.model).c.serial
    return shape.query_for(who).where(serial == bindparam("serial"), readable(shape.model, who, by_accession=True))


async def get_record(unit: Unit, shape: Shape, accession: str) -> Row[Any]:
    """One record by its accession; `NotFound` where it is absent or not visible, `Gone` where it was withdrawn."""
    return await find_record(unit, shape, require_serial(accession, unit.prefix, shape.kind))


async def find_record(unit: Unit, shape: Shape, accession: Accession) -> Row[Any]:
    """`get_record` for an accession that was parsed already."""
    parameters = {"serial": accession.serial, **values(unit)}
    rows = await unit.fetch(_one(shape, viewer(unit)), parameters)
    if not rows:
        await raise_gone(unit, shape.model, shape.kind, accession.serial)
        printed = unit.accession(shape.kind, accession.serial)
        raise NotFound(f"There is no {shape.noun} {printed}, or it is not visible to you.")
    return rows[0]


async def lock_record(unit: Unit, shape: Shape, accession: str, *, alone: bool = False) -> None:
    """Keep a record as it is until the commit, before it is looked at and changed; `alone`: before a move of state."""
    unit.require_account()
    serial = whole_record(accession, unit.prefix, shape.kind)
    columns = table_of(shape.model).c
    await hold_scope(unit, select(columns.scope_id).where(columns.serial == serial).scalar_subquery(), alone=alone)
    await unit.session.execute(select(columns.id).where(columns.serial == serial).with_for_update())


async def page_of(
    unit: Unit, shape: Shape, wanted: PageRequest, filters: Mapping[str, Any] | None = None
) -> Page[Row[Any]]:
    """A page of the records that the caller may see, newest first, narrowed by the shape's filters."""
    given = {name: value for name, value in (filters or {}).items() if value is not None}
    serials = {
        name: require_serial(given[name], unit.prefix, kind, name).serial
        for name, kind in shape.parents.items()
        if name in given
    }
    names = tuple(sorted(given))
    parameters = {**values(unit), **{f"by_{name}": serials.get(name, given[name]) for name in names}}
    if "visibility" in names:
        parameters[DAY] = unit.today
    offset = 0 if wanted.before is not None else (wanted.page - 1) * wanted.per_page
    rows = await walk(unit, shape, names, parameters, limit=wanted.per_page + 1, before=wanted.before, offset=offset)
    more = len(rows) > wanted.per_page
    rows = rows[: wanted.per_page]
    total = await _total(unit, shape, parameters, _Seen(wanted, names, offset, rows, more))
    return Page(
        items=rows,
        total=total,
        at_least=total is not None and total > EXACT_LIMIT and not wanted.exact,
        next_before=rows[-1].serial if more else None,
    )


_STEADY = {"project_accession", "sample_accession", "experiment_accession"}
"""Filters by what never changes in a record; a total under any other filter is counted anew each time."""


class _Seen(NamedTuple):
    """What a page itself tells about the total."""

    wanted: PageRequest
    names: tuple[str, ...]
    offset: int
    rows: Sequence[Row[Any]]
    more: bool


async def _total(unit: Unit, shape: Shape, parameters: dict[str, Any], seen: _Seen) -> int | None:
    """How many there are in all; counted only where the page itself does not tell, and not for a plain cursor."""
    wanted = seen.wanted
    if wanted.before is not None and not wanted.exact:
        return None
    if wanted.before is None and not seen.more and (seen.rows or not seen.offset):
        return seen.offset + len(seen.rows)
    steady = set(seen.names) <= _STEADY
    mark = seen.rows[0].mark if seen.rows and steady else None
    told = [str(value) for name, value in parameters.items() if name != "viewer_now"]
    key = (shape, seen.names, wanted.exact, *told, await granted_now(unit) if mark is not None else ())
    known: int | None = unit.memory.recall(key, mark) if mark is not None else None
    if known is not None:
        return known
    counting = _count_statement(shape, viewer(unit), seen.names, wanted.exact)
    total = int((await unit.fetch(counting, parameters))[0][0])
    if mark is not None:
        unit.memory.remember(key, mark, total)
    return total


@lru_cache(MOST_STATEMENTS)
def _count_statement(shape: Shape, who: Viewer, names: tuple[str, ...], exact: bool) -> Select[Any]:  # noqa: FBT001
    """Counts at most one more than the exact limit, from the narrowest index, unless the exact number is wanted."""
    columns = table_of(shape.model).c
    counted = candidates(shape, names, columns.serial if names else columns.state)
    rows = counted.where(readable(shape.model, who, by_accession=False))
    counted_rows = rows if exact else rows.limit(literal_column(str(EXACT_LIMIT + 1)))
    return select(func.count()).select_from(counted_rows.subquery())
