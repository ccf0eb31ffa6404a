"""Answers lists: a bare array, with its neighbours and its total in headers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.params import QueryParameter

from accession.catalog.reading import page_of
from accession.catalog.shapes import Shape
from accession.paging import EXACT_LIMIT, Page, PageRequest, cursor_of
from accession.unit import Unit

T = TypeVar("T")
Asked = Request[Any, Any, Any]

PageNumber = Annotated[int, QueryParameter(description="The page, from 1.")]
PerPage = Annotated[int, QueryParameter(description="Records a page, 1 to 200.")]
Cursor = Annotated[
    str | None,
    QueryParameter(description="Deep paging: empty to begin, then what the `Link` header's next page says."),
]
Count = Annotated[str | None, QueryParameter(description="`exact`: count beyond 10,000 too.")]
TextFilter = Annotated[str | None, QueryParameter(description="Only records with exactly this value.")]
StateFilter = Annotated[
    str | None, QueryParameter(name="state", description="Only records in this state.")
]  # `state` itself is a reserved name of the framework
VisibilityFilter = Annotated[
    Literal["private", "embargoed", "public"] | None, QueryParameter(description="Only records that are open so far.")
]
DateFilter = Annotated[date | None, QueryParameter(description="Only records with exactly this day.")]
NumberFilter = Annotated[
    int | None, QueryParameter(description="Only records with exactly this value.", ge=0, le=2**31 - 1)
]
SizeFilter = Annotated[int | None, QueryParameter(description="Only files of exactly this size.", ge=0, le=2**53)]


async def listing(
    request: Asked,
    unit: Unit,
    shape: Shape,
    wanted: PageRequest,
    filters: Mapping[str, Any],
    render: Callable[[Unit, Any], T],
) -> Response[list[T]]:
    """One page of a kind of record."""
    page = await page_of(unit, shape, wanted, filters)
    return Response([render(unit, row) for row in page.items], headers=page_headers(request, wanted, page))


def page_headers(request: Asked, wanted: PageRequest, page: Page[Any], *, deepest: int = 2**53) -> dict[str, str]:
    """`Link` (RFC 8288) and the totals; no link leads further than `deepest` records."""
    headers: dict[str, str] = {}
    if page.total is not None:
        headers["X-Total-Count"] = str(EXACT_LIMIT if page.at_least else page.total)
        if page.at_least:
            headers["X-Total-Count-Relation"] = "gte"
    links: list[str] = []
    if wanted.before is not None:
        if page.next_before is not None:
            links.append(_link(request, "next", cursor=cursor_of(page.next_before)))
        links.append(_link(request, "first", cursor=""))
    else:
        if page.next_before is not None and (wanted.page + 1) * wanted.per_page <= deepest:
            links.append(_link(request, "next", page=wanted.page + 1))
        if wanted.page > 1:
            links += [_link(request, "prev", page=wanted.page - 1), _link(request, "first", page=1)]
        if page.total is not None and not page.at_least and page.total:
            last = min(-(-page.total // wanted.per_page), deepest // wanted.per_page)
            links.append(_link(request, "last", page=last))
    if links:
        headers["Link"] = ", ".join(links)
    return headers


def _link(request: Asked, relation: str, **changes: str | int) -> str:
    """One neighbour, with the request's own filters."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in {"page", "cursor"}]
    scope = request.scope
    host = request.headers.get("host", "")
    path = f"{scope.get('root_path', '')}{scope['path']}"
    address = f"{scope['scheme']}://{host}{path}" if host else path
    return f'<{address}?{urlencode([*kept, *changes.items()])}>; rel="{relation}"'
