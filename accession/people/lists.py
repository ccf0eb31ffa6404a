"""Reads one page of a list of people, organisations, groups or grants, with its total."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from accession.paging import EXACT_LIMIT, Page, PageRequest

if TYPE_CHECKING:
    from sqlalchemy import Row, Select

    from accession.unit import Unit


async def page_of(unit: Unit, rows: Select[Any], wanted: PageRequest, *order: Any) -> Page[Row[Any]]:
    """The page of `rows` in `order`, by its number; beyond the exact limit the total only says that there are more."""
    window = rows.order_by(*order).limit(wanted.per_page + 1).offset((wanted.page - 1) * wanted.per_page)
    found = (await unit.session.execute(window)).all()
    counted = rows.with_only_columns(*rows.selected_columns[:1]).order_by(None)
    if not wanted.exact:
        counted = counted.limit(EXACT_LIMIT + 1)
    total = int((await unit.session.execute(select(func.count()).select_from(counted.subquery()))).scalar_one())
    more = wanted.page * wanted.per_page if len(found) > wanted.per_page else None
    return Page(found[: wanted.per_page], total, total > EXACT_LIMIT and not wanted.exact, more)
