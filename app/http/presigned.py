"""Signs uploads that go straight to the object store, and settles them once their bytes are there."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from accession import repeats
from accession.errors import Conflict, NotFound, Rejected
from accession.files.models import FileState, Method
from accession.files.store import Part
from accession.files.uploads import CONTENT_TYPE, Begun, Pending, Uploads
from accession.issues import Issue
from app.http.intake import abandon, require_space, require_store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from accession.actor import Actor
    from accession.files.models import File
    from accession.files.store import BlobStore, ObjectStat
    from accession.repeats import Named
    from accession.unit import Unit
    from app.wiring import Wiring


_OK = 200


class Promise(msgspec.Struct, frozen=True):
    """What a client says of the file that it is about to send; `parts` None means one PUT."""

    filename: str
    size: int
    md5: str | None = None
    parts: int | None = None


class Links(msgspec.Struct, frozen=True):
    """Where the bytes of a begun upload go: one link, or one for each part."""

    begun: Begun
    upload_id: str
    urls: list[str]
    expires_in: int


async def begin(
    wiring: Wiring,
    actor: Actor,
    promise: Promise,
    *,
    also: Callable[[Unit, Begun], Awaitable[None]] | None = None,
    named: Named | None = None,
) -> Links:
    """Make the pending row and sign the links; `also` adds rows to the same transaction.

    The same request again, where its caller has `named` it, makes nothing: it gets links to the same upload, which hold
    no longer than the first ones.
    """
    store, terms = require_store(wiring, actor), wiring.terms
    await require_space(wiring.settings, max(promise.size, 0))
    async with wiring.writing(actor) as unit:
        uploads = Uploads(unit, terms)
        kept = await repeats.begin(unit, named)
        if kept is None:
            begun = await uploads.begin_presigned(
                promise.filename, size=promise.size, md5=promise.md5, parts=promise.parts
            )
            if also is not None:
                await also(unit, begun)
            await repeats.keep(unit, named, str(begun.id), _OK)
            known = Pending(begun, None, unit.now + terms.link)
        else:
            known = await uploads.still_pending(UUID(kept.subject), promise.parts)
    try:
        return await _sign(wiring, actor, store, known, promise.parts)
    except BaseException:
        if kept is None:
            await asyncio.shield(_give_up(wiring, actor, known.begun.id, named))
        raise


async def _sign(wiring: Wiring, actor: Actor, store: BlobStore, known: Pending, parts: int | None) -> Links:
    """The links of a pending upload; the store is asked to begin one in parts where that was not done."""
    key, file_id = known.begun.key, known.begun.id
    seconds = max(1, round((known.until - wiring.clock.now()).total_seconds()))
    expires = timedelta(seconds=seconds)
    if parts is None:
        return Links(known.begun, str(file_id), [await store.presign_put(key, expires=expires)], seconds)
    upload_id = known.upload_id
    if upload_id is None:
        upload_id = await store.start_multipart(key, content_type=CONTENT_TYPE)
        async with wiring.writing(actor) as unit:
            await Uploads(unit, wiring.terms).attach(file_id, upload_id)
    urls = [await store.presign_part(key, upload_id, number, expires=expires) for number in range(1, parts + 1)]
    return Links(known.begun, upload_id, urls, seconds)


async def _give_up(wiring: Wiring, actor: Actor, file_id: UUID, named: Named | None) -> None:
    """Forget an upload that could not be begun, and that it was asked for."""
    await abandon(wiring, actor, file_id)
    if named is not None:
        async with wiring.writing(actor) as unit:
            await repeats.forget(unit, named)


async def complete(wiring: Wiring, actor: Actor, file_id: UUID, parts: Sequence[Part] | None = None) -> File:
    """Settle an upload whose bytes are there; repeated it answers the file as it is.

    `Conflict` where the bytes are absent, short, or a part differs: the file stays pending.
    """
    store, terms = require_store(wiring, actor), wiring.terms
    async with wiring.reading(actor) as unit:
        row = await Uploads(unit, terms).awaited(file_id)
    if row.state != FileState.PENDING:
        return row
    stat = await _arrived(store, row, parts)
    async with wiring.writing(actor) as unit:
        return await Uploads(unit, terms).settle(file_id, stat)


async def _arrived(store: BlobStore, row: File, parts: Sequence[Part] | None) -> ObjectStat:
    """What the store has of a pending file, its parts joined."""
    if row.upload_method == Method.MULTIPART and not parts:
        message = "This upload is in parts: name each one's ETag and PartNumber."
        raise Rejected([Issue("parts_missing", message, field="parts")])
    try:
        if row.upload_method == Method.MULTIPART and row.upload_id is not None:
            return await store.complete_multipart(row.key, row.upload_id, list(parts or ()))
        return await store.stat(row.key)
    except NotFound as error:
        raise Conflict(
            f"The store has no bytes of {row.filename} yet; PUT them to the link, then complete.", code="bytes_missing"
        ) from error
