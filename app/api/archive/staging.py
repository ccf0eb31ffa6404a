"""`/staging`: files on their way in, through the service or straight to the object store."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from accession.files.staged import StagedFilter, delete_staged, get_staged, list_own
from accession.files.store import Part
from accession.files.uploads import file_id_of
from accession.paging import page_request
from accession.people.access import Level
from accession.unit import Unit
from app.api.archive.errors import problems
from app.api.archive.forms import UploadOperation
from app.api.archive.lists import Count, Cursor, PageNumber, PerPage, TextFilter, page_headers
from app.api.archive.mapping.staging import staged_out
from app.api.archive.structs.staging import CompleteIn, InitiateIn, InitiateOut, PartLinkOut, StagedFileOut
from app.http import presigned
from app.http.deps import actor_of
from app.http.idempotency import named, refuse_key
from app.http.intake import take_in
from app.http.limits import PART_OF_UPLOAD, UPLOAD
from app.wiring import Wiring

_BODY_LIMIT = 2 * 2**20  # ten thousand parts
Status = Annotated[
    str | None,
    QueryParameter(description="Only files that are pending, verifying, verified, rejected, linked or expired."),
]


class Staging(Controller):
    """Files on their way in."""

    path = "/staging"
    tags = ("Files",)

    @post(
        "/upload",
        opt=UPLOAD,
        status_code=200,
        summary="Upload a file through the service",
        description="One part `file`, streamed. The file answers as `verifying`; its verdict follows.",
        request_max_body_size=None,
        operation_class=UploadOperation,
        responses=problems(403, 409, 413, 415, 422, 503),
    )
    async def upload(self, request: Request[Any, Any, Any], wiring: NamedDependency[Wiring]) -> StagedFileOut:
        """Stream the form's file into the store."""
        refuse_key(request)
        return staged_out(wiring.settings.accession_prefix, await take_in(request, wiring))

    @post(
        "/initiate",
        opt=UPLOAD,
        status_code=200,
        summary="Begin an upload straight to the object store",
        description="Answers a signed link for one PUT, or one for each of `parts`. Complete the upload afterwards.",
        request_max_body_size=_BODY_LIMIT,
        responses=problems(403, 409, 413, 422, 503),
    )
    async def initiate(
        self, request: Request[Any, Any, Any], wiring: NamedDependency[Wiring], data: JSONBody[InitiateIn]
    ) -> InitiateOut:
        """Make the pending file and sign its links."""
        promise = presigned.Promise(data.filename, data.file_size, data.checksum_md5, data.parts)
        links = await presigned.begin(wiring, actor_of(request), promise, named=named(request, data))
        if data.parts is None:
            return InitiateOut(links.begun.id, links.upload_id, links.expires_in, presigned_url=links.urls[0])
        parts = [PartLinkOut(number, url) for number, url in enumerate(links.urls, start=1)]
        size = links.begun.plan.size
        return InitiateOut(links.begun.id, links.upload_id, links.expires_in, parts=parts, part_size=size)

    @post(
        "/complete/{file_id:str}",
        opt=PART_OF_UPLOAD,
        status_code=200,
        summary="Complete an upload straight to the object store",
        description="409 while the bytes are absent or short. Repeated it answers the file as it is.",
        request_max_body_size=_BODY_LIMIT,
        responses=problems(403, 404, 409, 413, 422, 503),
    )
    async def complete(
        self,
        request: Request[Any, Any, Any],
        wiring: NamedDependency[Wiring],
        file_id: FromPath[str],
        data: JSONBody[CompleteIn | None] = None,
    ) -> StagedFileOut:
        """Look at the object and settle the file."""
        sent = data.parts if data is not None else None
        parts = [Part(part.PartNumber, part.ETag) for part in sent] if sent else None
        row = await presigned.complete(wiring, actor_of(request), file_id_of(file_id), parts)
        return staged_out(wiring.settings.accession_prefix, row)

    @get("/files", summary="List the own files", responses=problems())
    async def list_files(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        page: PageNumber = 1,
        per_page: PerPage = 20,
        cursor: Cursor = None,
        count: Count = None,
        status: Status = None,
        filename: TextFilter = None,
        checksum_md5: TextFilter = None,
    ) -> Response[list[StagedFileOut]]:
        """The caller's files, newest first."""
        wanted = page_request(page, per_page, cursor, count)
        found = await list_own(unit, StagedFilter(status, filename, checksum_md5), wanted)
        rows = [staged_out(unit.prefix, row) for row in found.items]
        return Response(rows, headers=page_headers(request, wanted, found))

    @get("/files/{file_id:str}", summary="Get a file", responses=problems(404))
    async def get_file(self, unit: NamedDependency[Unit], file_id: FromPath[str]) -> StagedFileOut:
        """One of the caller's files, or one that was granted to the caller, with its verdict."""
        return staged_out(unit.prefix, await get_staged(unit, file_id_of(file_id), Level.READ))

    @delete("/files/{file_id:str}", summary="Delete one of the own files", responses=problems(403, 404, 409))
    async def delete_file(
        self, unit: NamedDependency[Unit], wiring: NamedDependency[Wiring], file_id: FromPath[str]
    ) -> None:
        """Remove the file and its bytes; one that a run has stays."""
        await delete_staged(unit, file_id_of(file_id), wiring.terms)
