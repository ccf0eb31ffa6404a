"""`/upload`: one file as one run, in three calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from accession.files import submissions
from accession.ids import Kind, format_accession
from accession.unit import Unit
from app.api.archive.errors import problems
from app.api.archive.mapping.staging import status_of
from app.api.archive.structs.staging import (
    UploadCompleteIn,
    UploadCompleteOut,
    UploadInitiateIn,
    UploadInitiateOut,
    UploadStatusOut,
)
from app.http import presigned
from app.http.deps import actor_of
from app.http.idempotency import named
from app.http.limits import PART_OF_UPLOAD, UPLOAD
from app.wiring import Wiring

if TYPE_CHECKING:
    from accession.files.uploads import Begun


class OneRunUpload(Controller):
    """A file that becomes a run of an experiment."""

    path = "/upload"
    tags = ("Files",)

    @post(
        "/initiate",
        opt=UPLOAD,
        status_code=200,
        summary="Begin the upload of a run's file",
        description="Names the experiment and answers a signed link for one PUT.",
        responses=problems(403, 404, 409, 413, 422, 503),
    )
    async def initiate(
        self, request: Request[Any, Any, Any], wiring: NamedDependency[Wiring], data: JSONBody[UploadInitiateIn]
    ) -> UploadInitiateOut:
        """Make the pending file, note what it will become, and sign its link."""

        async def also(unit: Unit, begun: Begun) -> None:
            aim = await submissions.aim_at(unit, data.experiment_accession, data.file_type)
            await unit.session.flush()
            submissions.note_submission(unit, begun.id, aim)

        promise = presigned.Promise(data.filename, data.file_size, data.checksum_md5)
        links = await presigned.begin(wiring, actor_of(request), promise, also=also, named=named(request, data))
        return UploadInitiateOut(links.upload_id, links.urls[0], links.expires_in)

    @post(
        "/complete",
        opt=PART_OF_UPLOAD,
        status_code=200,
        summary="End the upload of a run's file",
        description="Makes the run. 400 where the MD5 is not the promised one, 409 while bytes are absent or short.",
        responses=problems(403, 404, 409, 422, 503),
    )
    async def complete(
        self, request: Request[Any, Any, Any], wiring: NamedDependency[Wiring], data: JSONBody[UploadCompleteIn]
    ) -> UploadCompleteOut:
        """Settle the file, then make its run; repeated it answers the same run."""
        actor = actor_of(request)
        async with wiring.reading(actor) as unit:
            file_id = (await submissions.progress_of(unit, data.upload_id)).file_id
            await submissions.check_promise(unit, file_id, data.checksum_md5)
        await presigned.complete(wiring, actor, file_id)
        async with wiring.writing(actor) as unit:
            serial = await submissions.make_run(unit, file_id)
            progress = await submissions.progress_of(unit, data.upload_id)
        return UploadCompleteOut(unit.accession(Kind.RUN, serial), f"qc-{file_id}", status_of(progress.state))

    @get(
        "/status/{upload_id:str}",
        summary="How far an upload has come",
        responses=problems(404),
    )
    async def status(self, unit: NamedDependency[Unit], upload_id: FromPath[str]) -> UploadStatusOut:
        """The state of the file, and its run once there is one."""
        progress = await submissions.progress_of(unit, upload_id)
        run = format_accession(unit.prefix, Kind.RUN, progress.run_serial) if progress.run_serial is not None else None
        return UploadStatusOut(upload_id, status_of(progress.state), run, progress.reason)
