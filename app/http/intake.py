"""Moves a request's file into the object store: a short unit before, digests on the way, a short unit after.

Whatever goes wrong in between, the row goes and the bytes are given up; what a killed process leaves is cleaned later.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import structlog

from accession.errors import Malformed, Unauthenticated, Unavailable
from accession.files.uploads import CONTENT_TYPE, Begun, Uploads
from app.http.deps import actor_of
from app.http.uploads import FormReader, blocks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from litestar import Request

    from accession.actor import Actor
    from accession.files.models import File
    from accession.files.store import BlobStore
    from app.settings import Settings
    from app.wiring import Wiring

log = structlog.get_logger()
_CHECKSUM_FIELD = "checksum_md5"


def require_store(wiring: Wiring, actor: Actor) -> BlobStore:
    """The object store for somebody who is signed in; `Unavailable` in an archive that only keeps metadata."""
    if not actor.signed_in:
        raise Unauthenticated("Sign in first: send an access token as 'Authorization: Bearer <token>'.")
    if wiring.store is None:
        raise Unavailable(
            "This archive keeps no files: no object store is configured. Register runs by name, size and MD5 instead.",
            code="no_store",
        )
    return wiring.store


async def require_space(settings: Settings, wanted: int = 0) -> None:
    """Raise `Unavailable` where `wanted` more bytes would leave the embedded store's disk too little room."""
    if settings.s3_endpoint != "embedded":
        return
    usage = await asyncio.to_thread(shutil.disk_usage, settings.data_dir)
    if usage.free - wanted < settings.free_space_floor:
        raise Unavailable("The archive's disk is nearly full; new uploads wait until there is room.", code="disk_full")


async def take_in(request: Request[Any, Any, Any], wiring: Wiring) -> File:
    """Stream the form's one file into the store and answer its row, which waits for its verdict."""
    actor, terms = actor_of(request), wiring.terms
    store = require_store(wiring, actor)
    form = FormReader(request, limit=terms.max_bytes)
    await require_space(wiring.settings, form.announced)
    filename = await form.open()
    async with wiring.writing(actor) as unit:
        begun = await Uploads(unit, terms).begin_stream(filename, announced=form.announced)
    try:
        form.restrict(begun.room)
        digests = Digests()
        async with _kept_alive(wiring, actor, begun):
            stat = await store.put_stream(begun.key, _watched(form, digests), content_type=CONTENT_TYPE)
        async with wiring.writing(actor) as unit:
            return await Uploads(unit, terms).received(
                begun.id,
                stat,
                md5=digests.md5,
                sha256=digests.sha256,
                promised_md5=form.fields.get(_CHECKSUM_FIELD),
            )
    except BaseException:
        await asyncio.shield(abandon(wiring, actor, begun.id))
        raise


async def abandon(wiring: Wiring, actor: Actor, file_id: UUID) -> None:
    """Forget an upload that failed; where even that fails, the cleaning does it later."""
    try:
        async with wiring.writing(actor) as unit:
            await Uploads(unit, wiring.terms).abandon(file_id)
    except Exception as error:  # noqa: BLE001  # the upload's own error is the one to tell
        log.warning("upload_not_abandoned", file_id=str(file_id), error=str(error))


class Digests:
    """MD5 and SHA-256 of what passes; each block is hashed in threads while the caller works with it."""

    def __init__(self) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()

    async def through(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The same bytes, in blocks of a mebibyte or more; the digests are whole once these end."""
        async for block in blocks(chunks):
            hashing = asyncio.gather(
                asyncio.to_thread(self._md5.update, block), asyncio.to_thread(self._sha256.update, block)
            )
            try:
                yield block
            finally:
                await hashing

    @property
    def md5(self) -> str:
        """32 hexadecimal digits."""
        return self._md5.hexdigest()

    @property
    def sha256(self) -> str:
        """64 hexadecimal digits."""
        return self._sha256.hexdigest()


@asynccontextmanager
async def _kept_alive(wiring: Wiring, actor: Actor, begun: Begun) -> AsyncIterator[None]:
    """Renew the row of a long upload, also while the store takes its time, so that the cleaning leaves it alone."""
    terms = wiring.terms

    async def renewing() -> None:
        while True:
            await asyncio.sleep(terms.receiving.total_seconds() / 3)
            try:
                async with wiring.writing(actor) as unit:
                    await Uploads(unit, terms).keep_receiving(begun.id)
            except Exception as error:  # noqa: BLE001  # the next time is soon enough
                log.warning("upload_not_renewed", file_id=str(begun.id), error=str(error))

    task = asyncio.create_task(renewing())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _watched(form: FormReader, digests: Digests) -> AsyncIterator[bytes]:
    """The file's bytes for the store, which makes no object unless they end without an error."""
    async for block in digests.through(form.chunks()):
        yield block
    unknown = sorted(form.fields.keys() - {_CHECKSUM_FIELD})
    if unknown:
        raise Malformed(f"The form has a field {unknown[0][:80]!r}; known beside 'file' is '{_CHECKSUM_FIELD}'.")
