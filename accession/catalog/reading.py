"""Reads records of every kind: one by its accession, or a page of those that the caller may see."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, bindparam, func, select

from accession.base import State
from accession.errors import Gone, NotFound
from accession.ids import Accession, require_serial
from accession.paging import EXACT_LIMIT, Page, PageRequest
from accession.people.access import Viewer, readable, values, viewer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Row

    from accession.catalog.shapes import Shape
    from accession.unit import Unit


@cache
def _one(shape: Shape, who: Viewer) -> Select[Any]:
    """The statement for one record, built once per kind of record and viewer."""
    model = shape.model
    return shape.query.where(model.serial == bindparam("serial"), readable(model, who, by_accession=True))


async def get_record(unit: Unit, shape: Shape, accession: str) -> Row[Any]:
    """One record by its accession; `NotFound` where it is absent or not visible, `Gone` where it was withdrawn."""
    return await find_record(unit, shape, require_serial(accession, unit.prefix, shape.kind))


async def find_record(unit: Unit, shape: Shape, accession: Accession) -> Row[Any]:
    """`get_record` for an accession that was parsed already."""
    parameters = {"serial": accession.serial, **values(unit)}
    row = (await unit.session.execute(_one(shape, viewer(unit)), parameters)).first()
    if row is None:
        await _raise_gone(unit, shape, accession)
        printed = unit.accession(shape.kind, accession.serial)
        raise NotFound(f"There is no {shape.noun} {printed}, or it is not visible to you.")
    return row


async def _raise_gone(unit: Unit, shape: Shape, accession: Accession) -> None:
    """A record that was once public and is withdrawn answers everyone with its tombstone."""
    model: Any = shape.model
    found = select(model.state, model.updated_at).where(
        model.serial == accession.serial, model.state == State.WITHDRAWN
    )
    row = (await unit.session.execute(found)).first()
    if row is not None:
        printed = unit.accession(shape.kind, accession.serial)
        tombstone = {"accession": printed, "state": row.state, "withdrawn_at": row.updated_at}
        raise Gone(f"{printed} was withdrawn.", tombstone)


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
    before = wanted.before is not None
    rows_of = _page_statement(shape, viewer(unit), names, before)
    offset = 0 if before else (wanted.page - 1) * wanted.per_page
    window = {"before": wanted.before, "limit": wanted.per_page + 1, "offset": offset}
    if not before:
        del window["before"]
    rows = list((await unit.session.execute(rows_of, {**parameters, **window})).all())
    more = len(rows) > wanted.per_page
    rows = rows[: wanted.per_page]
    total = await _total(unit, shape, names, parameters, wanted, offset, len(rows), more=more)
    return Page(
        items=rows,
        total=total,
        at_least=total is not None and total > EXACT_LIMIT and not wanted.exact,
        next_before=rows[-1].serial if more else None,
    )


async def _total(
    unit: Unit,
    shape: Shape,
    names: tuple[str, ...],
    parameters: dict[str, Any],
    wanted: PageRequest,
    offset: int,
    shown: int,
    *,
    more: bool,
) -> int | None:
    """How many there are in all; counted only where the page itself does not tell, and not for a plain cursor."""
    if wanted.before is not None and not wanted.exact:
        return None
    if wanted.before is None and not more and (shown or not offset):
        return offset + shown
    counting = _count_statement(shape, viewer(unit), names, wanted.exact)
    return int((await unit.session.execute(counting, parameters)).scalar_one())


def _condition(shape: Shape, who: Viewer, names: tuple[str, ...]) -> list[Any]:
    compared = [shape.filters[name] == bindparam(f"by_{name}") for name in names]
    return [readable(shape.model, who, by_accession=False), *compared]


@cache
def _page_statement(shape: Shape, who: Viewer, names: tuple[str, ...], before: bool) -> Select[Any]:  # noqa: FBT001
    serial = shape.model.serial
    statement = shape.query.where(*_condition(shape, who, names)).order_by(serial.desc())
    if before:
        statement = statement.where(serial < bindparam("before"))
    return statement.limit(bindparam("limit")).offset(bindparam("offset"))


@cache
def _count_statement(shape: Shape, who: Viewer, names: tuple[str, ...], exact: bool) -> Select[Any]:  # noqa: FBT001
    """Counts at most one more than the exact limit, from the narrowest index, unless the exact number is wanted."""
    rows: Select[Any]
    if names:
        rows = shape.query.with_only_columns(shape.model.serial).where(*_condition(shape, who, names))
    else:
        rows = select(shape.model.state).where(*_condition(shape, who, names))
    return select(func.count()).select_from((rows if exact else rows.limit(EXACT_LIMIT + 1)).subquery())
