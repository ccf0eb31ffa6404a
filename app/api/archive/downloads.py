"""`/runs/{accession}/download`: a redirect to exactly the bytes that were checked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

import msgspec
from litestar import Controller, HttpMethod, MediaType, Request, Response, route
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from accession.errors import NotFound
from accession.files import downloads
from accession.files.rules import content_disposition
from accession.nfcore.names import may_end_in
from accession.unit import Unit
from app.api.archive.errors import problems
from app.http.limits import DOWNLOAD
from app.wiring import Wiring

_NOT_HERE = "Direct download unavailable — file stored at the path above"


class DescribedFileOut(msgspec.Struct, frozen=True):
    """A file that the archive knows of without keeping it."""

    accession: str
    file_path: str
    file_size: int | None
    checksum_md5: str | None
    message: str


_NOT_KEPT = {200: ResponseSpec(DescribedFileOut, description="No object store is configured.", generate_examples=False)}


class Downloads(Controller):
    """Bytes on their way out."""

    path = "/runs"
    tags = ("Runs",)

    @route(
        "/{accession:str}/download",
        http_method=[HttpMethod.GET, HttpMethod.HEAD],
        status_code=307,
        media_type=MediaType.TEXT,
        response_description="The signed link, as `Location` and as the body.",
        summary="Download a run's file",
        description=(
            "Redirects to a signed link, valid for 24 hours where the run is public. The body is the link too. "
            "A link is for the method that was asked with: HEAD answers one for HEAD. "
            "`NFDP-RUN-000001.2` names a version. An archive without an object store answers 200 with the file's path."
        ),
        opt={"writes": True, **DOWNLOAD},
        responses=_NOT_KEPT | problems(404, 409, 410, 422),
    )
    async def download(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        wiring: NamedDependency[Wiring],
        accession: FromPath[str],
    ) -> Response[str]:
        """Grant the download and sign its link for the method; the store is not asked, so its outage is no matter."""
        return await _answer(request, await downloads.grant(unit, accession), wiring)

    @route(
        "/{accession:str}/download/{filename:str}",
        http_method=[HttpMethod.GET, HttpMethod.HEAD],
        status_code=307,
        media_type=MediaType.TEXT,
        response_description="The signed link, as `Location` and as the body.",
        summary="Download a run's file by name",
        description=(
            "The same download at an address that ends in the file's name, as tools ask for that tell a file's type "
            "by the address. Signs that are not plain are written as `_`. Any other name is 404."
        ),
        opt={"writes": True, **DOWNLOAD},
        responses=_NOT_KEPT | problems(404, 409, 410, 422),
    )
    async def download_named(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        wiring: NamedDependency[Wiring],
        accession: FromPath[str],
        filename: FromPath[str],
    ) -> Response[str]:
        """Grant the download as without the name; a link that shows another name than the file has is no link."""
        granted = await downloads.grant(unit, accession)
        if not may_end_in(filename, accession=granted.accession, filename=granted.filename):
            raise NotFound(f"The file of {granted.accession} has another name; GET /runs/{granted.accession} tells it.")
        return await _answer(request, granted, wiring)


async def _answer(request: Request[Any, Any, Any], granted: downloads.Grant, wiring: Wiring) -> Response[str]:
    """The redirect, or what is known of a file that is not kept."""
    if wiring.store is None or granted.key is None:
        described = DescribedFileOut(granted.accession, granted.filename, granted.size, granted.md5, _NOT_HERE)
        return Response(described, status_code=200, media_type=MediaType.JSON)  # type: ignore[arg-type]  # documented beside the redirect
    settings = wiring.settings
    public = timedelta(hours=settings.public_link_hours)
    expires = public if granted.open else timedelta(minutes=settings.private_link_minutes)
    method: Literal["GET", "HEAD"] = "HEAD" if request.method == HttpMethod.HEAD else "GET"
    url = await downloads.link(wiring.store, granted, expires=expires, method=method)
    headers = {
        "Location": url,
        "Content-Disposition": content_disposition(granted.filename),
        "Cache-Control": "private",
    }
    return Response(f"{url}\n", status_code=307, media_type="text/plain", headers=headers)
