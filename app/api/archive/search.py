"""`/search`: full text over everything that is registered and visible to the caller."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from accession.paging import Page, page_request
from accession.search.finding import DEEPEST, search
from accession.search.rules import read_kinds, read_question
from accession.unit import Unit
from app.api.archive.errors import problems
from app.api.archive.lists import PageNumber, PerPage, page_headers
from app.api.archive.structs.search import HitOut, SearchOut
from app.http.limits import SEARCH

Words = Annotated[
    str,
    QueryParameter(
        description=(
            'Words that must all be there, `"phrases"`, beginnings with `*` (the last word is one by itself), or an '
            "accession, whole or in part. Every other character is text. At most 200 characters and 20 words."
        )
    ),
]
Types = Annotated[
    str | None,
    QueryParameter(name="type", description="Kinds, parted by commas: project, subject, sample, experiment, run."),
]


class Search(Controller):
    """Full-text search."""

    path = "/search"
    tags = ("Search",)

    @get("/", summary="Search", opt=SEARCH, responses=problems())
    async def find(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        q: Words,
        types: Types = None,
        page: PageNumber = 1,
        per_page: PerPage = 20,
    ) -> Response[SearchOut]:
        """What holds all of the words in a title, a description, an organism, an alias, a file name or an own field.

        First the record whose accession was given, then records by their name, then the others, each newest first.
        `total` is exact. A search goes 10,000 records deep.
        """
        wanted = page_request(page, per_page, None, None)
        found = await search(unit, read_question(q, unit.prefix), read_kinds(types), wanted)
        hits = [HitOut(hit.type, hit.accession, hit.title, hit.snippet) for hit in found.hits]
        more = 1 if page * per_page < found.total else None
        shown = Page(items=hits, total=found.total, at_least=False, next_before=more)
        headers = page_headers(request, wanted, shown, deepest=DEEPEST)
        return Response(SearchOut(q, found.total, hits), headers=headers)
