"""Walks down a kind's records, newest first, to those that the caller may see, past long stretches that are hidden.

A walk looks at so many of the newest records, row by row. Where they are not enough, it jumps to the newest record that
can be visible at all, which the spans of the scopes tell, and looks at more.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Select, Table, bindparam, func, literal_column, select, union_all

from accession.catalog.shapes import PROJECTS, SCOPES, Shape, table_of
from accession.catalog.totals import mark_of
from accession.numbers import Span
from accession.people.access import Viewer, enterable, held_rows, readable, viewer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Row, ScalarSelect

    from accession.unit import Unit

MOST_STATEMENTS = 500  # filters combine into more statements than anybody asks for, but everybody
NEWEST = 2**62
_LOOKED_AT = 5  # times the records wanted, at first
_WIDER = 4  # times as many after each jump but the first, which mostly is the last
_SPANS = cast("Table", Span.__table__)


class Listed(NamedTuple):
    """What is listed: a kind of record, for a kind of viewer, under filters of these names."""

    shape: Shape
    who: Viewer
    names: tuple[str, ...]


async def walk(
    unit: Unit,
    shape: Shape,
    names: tuple[str, ...],
    parameters: Mapping[str, Any],
    *,
    limit: int,
    before: int | None = None,
    offset: int = 0,
) -> Sequence[Row[Any]]:
    """At most `limit` records with serials under `before`, newest first, without the `offset` newest of them."""
    listed = Listed(shape, viewer(unit), names)
    if names and not _leads(shape, names):
        window = {"before": NEWEST if before is None else before, "limit": limit, "offset": offset}
        return await unit.fetch(_all(listed, by_row=False), {**parameters, **window})
    if not offset:
        return await _nearest(unit, listed, parameters, NEWEST if before is None else before, limit)
    first = await _nearest(unit, listed, parameters, NEWEST, 1)
    if not first:
        return []
    window = {"before": first[0].serial + 1, "limit": limit, "offset": offset}
    return await unit.fetch(_all(listed), {**parameters, **window})


async def _nearest(
    unit: Unit, listed: Listed, parameters: Mapping[str, Any], before: int, limit: int
) -> Sequence[Row[Any]]:
    found: list[Row[Any]] = []
    looked_at, jumped = _LOOKED_AT * limit, False
    while True:
        asked = {**parameters, "before": before}
        found.extend(await unit.fetch(_near(listed, looked_at, limit), asked))
        if len(found) >= limit:
            return found[:limit]
        start = (await unit.fetch(_ahead(listed, looked_at), asked))[0].start
        if start is None:
            return found
        before = start + 1
        looked_at *= _WIDER if jumped else 1
        jumped = True


def conditions(shape: Shape, names: tuple[str, ...]) -> list[ColumnElement[bool]]:
    """What the filters of these names ask for, each with the parameter `by_NAME`."""
    return [_condition(shape, name) for name in names]


def _condition(shape: Shape, name: str) -> ColumnElement[bool]:
    if name in shape.conditions:
        return cast("ColumnElement[bool]", shape.conditions[name])
    asked = shape.filters[name] == bindparam(f"by_{name}")
    if name != "project_accession":
        return cast("ColumnElement[bool]", asked)
    scope = select(PROJECTS.c.scope_id).where(asked).scalar_subquery()  # so that the index of the scope gives the order
    return table_of(shape.model).c.scope_id == scope


def _leads(shape: Shape, names: tuple[str, ...]) -> bool:
    """Whether an index leads to the records of one of the filters; without one all are read anyway."""
    table = table_of(shape.model)
    first = {index.columns[0] for index in table.indexes}
    return any(name in shape.parents or shape.filters.get(name) in first for name in names)


@lru_cache(MOST_STATEMENTS)
def _all(listed: Listed, *, by_row: bool = True) -> Select[Any]:
    """The records under `before`, as an answer tells them."""
    shape, who, names = listed
    serial = table_of(shape.model).c.serial
    seen = readable(shape.model, who, by_accession=False, by_row=by_row)
    page = shape.query_for(who).add_columns(mark_of(shape.kind)).where(seen, *conditions(shape, names))
    ordered = page.where(serial < bindparam("before")).order_by(serial.desc())
    return ordered.limit(bindparam("limit")).offset(bindparam("offset"))


@lru_cache(MOST_STATEMENTS)
def _near(listed: Listed, looked_at: int, limit: int) -> Select[Any]:
    """The first `limit` of those of the first `looked_at` that the viewer may see.

    Both stand in the statement: PostgreSQL keeps no plan for parameters in their place, and plans it every time.
    """
    serial = table_of(listed.shape.model).c.serial
    near = _all(listed).where(serial > func.coalesce(_edge(listed, looked_at), 0))
    return near.limit(literal_column(str(limit))).offset(None)


def candidates(shape: Shape, names: tuple[str, ...], *columns: Any) -> Select[Any]:
    """These columns of what the filters ask for, seen or not; from the kind's own table where that is enough."""
    table = table_of(shape.model)
    others = set(shape.conditions) | {name for name in shape.parents if name != "project_accession"}
    own = not others & set(names) and all(shape.filters[name].table in {table, PROJECTS} for name in names)
    asked = select(*columns) if own else shape.query.with_only_columns(*columns)
    return asked.where(*conditions(shape, names))


def _edge(listed: Listed, looked_at: int) -> ScalarSelect[int]:
    """The first record that is not looked at, seen or not; NULL where all were."""
    serial = table_of(listed.shape.model).c.serial
    under = candidates(listed.shape, listed.names, serial).where(serial < bindparam("before"))
    last = under.order_by(serial.desc()).limit(literal_column("1")).offset(literal_column(str(looked_at)))
    return last.correlate(None).scalar_subquery()


@lru_cache(MOST_STATEMENTS)
def _ahead(listed: Listed, looked_at: int) -> Select[Any]:
    """Where to go on: the newest serial, from the edge down, at which the viewer may see anything."""
    shape, who, _ = listed
    edge = select(_edge(listed, looked_at).label("at")).cte("edge")
    at = select(edge.c.at).scalar_subquery()
    if who.admin or table_of(shape.model).name == "projects":
        return select(edge.c.at.label("start"))
    columns = table_of(shape.model).alias("ahead").c
    spans = select(_SPANS.c.last).join(SCOPES, SCOPES.c.id == _SPANS.c.scope_id)
    ours = spans.where(_SPANS.c.kind == literal_column(f"'{shape.kind.value}'"), enterable(SCOPES.c, who))
    ended = ours.where(_SPANS.c.last <= at).order_by(_SPANS.c.last.desc()).limit(literal_column("1"))
    last = select(columns.serial).where(columns.scope_id == _SPANS.c.scope_id, columns.serial <= at)
    last = last.order_by(columns.serial.desc()).limit(literal_column("1")).correlate(_SPANS)
    going_on = ours.where(_SPANS.c.last > at, _SPANS.c.first <= at).with_only_columns(last.scalar_subquery())
    own = table_of(shape.model).c
    held = [select(func.max(own.serial)).where(one, own.serial <= at) for one in held_rows(shape.model, who)[1:]]
    tops = union_all(select(ended.subquery().c.last.label("top")), going_on, *held).subquery("tops")
    return select(func.max(tops.c.top).label("start"))
