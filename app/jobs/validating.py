"""Brings a file from `verifying` to its verdict: its bytes go from the object store straight to the check."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from accession.actor import ARCHIVE
from accession.errors import NotFound, StoreUnavailable
from accession.files.leases import Claimed, claim_validation
from accession.files.verdicts import Checked, settle_unchecked, settle_verdict
from app.jobs import cpu
from app.jobs.holding import NO_BYTES, file_held, lease_of, tried_again, while_held

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from accession.files.store import BlobStore, ObjectStat
    from app.wiring import Wiring

_APART = ("metrics", "size", "md5", "sha256")  # in columns of their own, or too long for a row


async def validate_file(wiring: Wiring, key: str) -> None:
    """Settle the file with the id `key`; nothing happens when it is settled or somebody else holds it."""
    if wiring.store is None:
        return
    lease = lease_of(wiring.settings)
    async with wiring.writing(ARCHIVE) as unit:
        claimed = await claim_validation(unit, UUID(key), lease)
    if claimed is None:
        return
    async with file_held(wiring, claimed) as renew:
        try:
            checked = await while_held(_check(wiring, wiring.store, claimed), renew, lease)
        except NotFound:
            await _failed(wiring, claimed, "bytes_missing", NO_BYTES)
        except cpu.EngineFailed as error:
            await _failed(wiring, claimed, "check_failed", f"The file could not be checked: {error}")
        else:
            async with wiring.writing(ARCHIVE) as unit:
                await settle_verdict(unit, claimed, checked, measure=wiring.settings.qc_reads)


async def _check(wiring: Wiring, store: BlobStore, claimed: Claimed) -> Checked:
    """Have the version that the upload pinned validated, or else the newest, as it comes: no disk holds a copy."""
    settings = wiring.settings
    stat = await store.stat(claimed.key, claimed.version_id)
    verdict = await cpu.validate(
        content_of(store, stat),
        filename=claimed.filename,
        references=settings.references_dir,
        multiline=settings.multiline_fastq,
        limits=cpu.CpuLimits(seconds=settings.job_seconds, memory=settings.job_memory),
    )
    if verdict.size != stat.size:
        raise StoreUnavailable(f"The object store gave {verdict.size} bytes of an object of {stat.size}.")
    return _checked(verdict, stat)


async def content_of(store: BlobStore, stat: ObjectStat) -> AsyncGenerator[bytes, None]:
    """The bytes of one version of an object; a connection that breaks is followed by another where it broke.

    `StoreUnavailable` once a connection brings nothing at all.
    """
    at = 0
    while at < stat.size:
        began = at
        try:
            async with aclosing(store.stream(stat.key, version_id=stat.version_id, offset=at)) as pieces:
                async for piece in pieces:
                    yield piece
                    at += len(piece)
        except StoreUnavailable:
            if at == began:
                raise
        else:
            return


def _checked(verdict: cpu.Verdict, stat: ObjectStat) -> Checked:
    told = msgspec.to_builtins(verdict)
    return Checked(
        valid=verdict.valid,
        format=verdict.format.value,
        version_id=stat.version_id,
        size=verdict.size,
        md5=verdict.md5,
        sha256=verdict.sha256,
        details={name: value for name, value in told.items() if name not in _APART},
    )


async def _failed(wiring: Wiring, claimed: Claimed, code: str, message: str) -> None:
    """Try again where the check failed or found no bytes; refuse the file when it has done so too often."""
    if await tried_again(wiring, claimed, message):
        return
    async with wiring.writing(ARCHIVE) as unit:
        await settle_unchecked(unit, claimed, code=code, message=message)
