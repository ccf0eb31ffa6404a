"""Brings a file from `verifying` to its verdict: fetches the pinned bytes and has them checked in a child process."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from accession.actor import ARCHIVE
from accession.errors import NotFound
from accession.files.leases import Claimed, claim_validation
from accession.files.verdicts import Checked, settle_unchecked, settle_verdict
from app.jobs import cpu
from app.jobs.holding import NO_BYTES, file_held, lease_of, tried_again, while_held
from app.jobs.workfolder import fetch, work_folder

if TYPE_CHECKING:
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
    """Fetch the version that the upload pinned, or else the newest, and have it validated."""
    settings = wiring.settings
    stat = await store.stat(claimed.key, claimed.version_id)
    with work_folder(settings) as folder:
        path = await fetch(store, claimed.key, folder / "bytes", version_id=stat.version_id, size=stat.size)
        limits = cpu.CpuLimits(seconds=settings.job_seconds, memory=settings.job_memory)
        verdict = await cpu.validate(path, filename=claimed.filename, limits=limits)
    return _checked(verdict, stat)


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
