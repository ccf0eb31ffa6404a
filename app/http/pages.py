"""Serves the pages of QC tools, which are foreign code: without the service's origin, cookies or network.

`/qc/{accession}/{tool}_report.html` is open for what everyone may see; anything else needs the signature that the API
puts into the links it answers. A run's MultiQC page is made when it is first asked for.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from litestar import Controller, MediaType, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from accession.actor import ANONYMOUS, ARCHIVE, Actor
from accession.errors import NotFound, StoreUnavailable
from accession.files.project_quality import project_page
from accession.files.quality import run_quality
from accession.ids import Kind, parse_accession
from accession.people.reviewer_links import review_by
from accession.work import Work
from app.http.foreign import FOREIGN, FRAME, SHIM, framed
from app.http.problems import problem_of
from app.http.signing import is_signed
from app.wiring import Wiring

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from accession.unit import Unit

FOLDER = "/qc"
ENDING = "_report.html"
MULTIQC = f"multiqc{ENDING}"
PATIENCE, LOOK = 15.0, 0.25  # seconds to wait for a page that is being made, and between looks
_SOON = "<!doctype html><title>QC report</title><p>The report is being made; this page looks again by itself.</p>"


class Shown(msgspec.Struct, frozen=True):
    """Where a page is in the store; `key` is None while it has to be made from the file `file_id`."""

    key: str | None
    open: bool
    file_id: str | None = None


class QcPages(Controller):
    """The HTML pages of QC tools and MultiQC."""

    path = FOLDER
    include_in_schema = False

    @get("/{accession:str}/{page:str}")
    async def show(
        self,
        request: Request[Any, Any, Any],
        wiring: NamedDependency[Wiring],
        accession: FromPath[str],
        page: FromPath[str],
        expires: FromQuery[str | None] = None,
        review: FromQuery[UUID | None] = None,
        signature: FromQuery[str | None] = None,
    ) -> Response[Any]:
        """The page; 202 while it is being made, 404 where there is none or the link does not hold."""
        entitled = is_signed(wiring, request.url.path, expires=expires, signature=signature, review=review)
        actor = await _actor_of(wiring, review) if entitled else ANONYMOUS
        async with wiring.reading(actor) as unit:
            shown = await _find(unit, accession, page)
        caching = {"Cache-Control": "no-cache" if shown.open and not entitled else "private, no-store"}
        if request.headers.get("Sec-Fetch-Dest") == "document":
            body = framed(accession, page, request.url.query)
            return Response(body, media_type=MediaType.HTML, headers={**FRAME, **caching})
        if shown.key is None and shown.file_id is not None:
            shown = await _made(wiring, shown.file_id, accession, actor)
        if shown.key is None:
            waiting = {**FOREIGN, "Cache-Control": "no-store", "Retry-After": "3", "Refresh": "3"}
            return Response(_SOON, status_code=202, media_type=MediaType.HTML, headers=waiting)
        chunks = await _begun(wiring, shown.key)
        return Stream(chunks, media_type=MediaType.HTML, headers={**FOREIGN, **caching})


def page_path(accession: str, tool: str) -> str:
    """The root-relative address of a tool's page."""
    return f"{FOLDER}/{accession}/{tool.lower()}{ENDING}"


def on_page_error(request: Request[Any, Any, Any], error: Exception) -> Response[str]:
    """What a browser shows where there is no page: one sentence."""
    del request
    problem = problem_of(error)
    status = 404 if problem.status in {400, 422} else problem.status
    headers = {**problem.headers, **FOREIGN, "Cache-Control": "no-store"}
    return Response(problem.detail, status_code=status, media_type=MediaType.TEXT, headers=headers)


async def _actor_of(wiring: Wiring, review: UUID | None) -> Actor:
    """Who opens a signed link; that of a reviewer opens what the reviewer link does now, nothing once it has ended."""
    if review is None:
        return ARCHIVE
    async with wiring.reading() as unit:
        return Actor(review=await review_by(unit, review))


async def _find(unit: Unit, accession: str, page: str) -> Shown:
    """Look the page up; `NotFound` where it does not exist or is not for this caller."""
    parsed = parse_accession(accession)
    if parsed is not None and parsed.kind is Kind.PROJECT and page == MULTIQC:
        found = await project_page(unit, accession)
        if found.key is not None:
            return Shown(found.key, found.open)
    elif parsed is not None and parsed.kind is Kind.RUN:
        quality = await run_quality(unit, accession)
        if page == MULTIQC and quality.shown:
            kept = quality.multiqc
            if kept is not None and kept.page_key is None:
                raise NotFound(kept.reason or "MultiQC made no page.")
            return Shown(kept.page_key if kept is not None else None, quality.open, str(quality.file_id))
        for report in quality.reports:
            if report.page_key is not None and f"{report.tool.lower()}{ENDING}" == page:
                return Shown(report.page_key, quality.open)
    raise NotFound("There is no such report, or it is not visible to you.")


async def _made(wiring: Wiring, file_id: str, accession: str, actor: Actor) -> Shown:
    """Have a run's MultiQC page made, and wait a little for it."""
    if wiring.notifier is not None:
        await wiring.notifier(Work.RUN_REPORT, file_id)
    shown = Shown(None, open=False)
    for _ in range(int(PATIENCE / LOOK)):
        async with wiring.reading(actor) as unit:
            shown = await _find(unit, accession, MULTIQC)
        if shown.key is not None:
            break
        await asyncio.sleep(LOOK)
    return shown


async def _begun(wiring: Wiring, key: str) -> AsyncIterator[bytes]:
    """The page's bytes, begun to be read, so that a store that is down becomes an answer and no broken page."""
    if wiring.store is None:
        raise StoreUnavailable("The reports are kept in an object store, and none is configured.")
    stream = wiring.store.stream(key)
    first = await anext(aiter(stream), b"")

    async def chunks() -> AsyncIterator[bytes]:
        yield first.replace(b"<head>", b"<head>" + SHIM, 1)
        async for chunk in stream:
            yield chunk

    return chunks()
