"""Leases a file's row to one job at a time: taken, renewed while the job computes, and given back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import CursorResult, Update, or_, update

from accession.base import new_id
from accession.files.models import File, FileState

if TYPE_CHECKING:
    from datetime import timedelta

    from accession.unit import Unit

MEASURABLE = (FileState.VERIFIED, FileState.LINKED)
UNMEASURED = ("pending", "running")


class Claimed(msgspec.Struct, frozen=True):
    """A file that a job has to itself until its lease ends; `claim` is what every later step must show."""

    claim: UUID
    file_id: UUID
    serial: int
    key: str
    version_id: str | None
    filename: str
    format: str | None
    size: int | None
    attempts: int
    uploaded_at: datetime | None


async def claim_validation(unit: Unit, file_id: UUID, lease: timedelta) -> Claimed | None:
    """Take a file whose verdict is due; None when it is settled already or somebody else holds it."""
    return await _claim(unit, _free(unit, file_id).where(File.state == FileState.VERIFYING), lease)


async def claim_measuring(unit: Unit, file_id: UUID, lease: timedelta) -> Claimed | None:
    """Take a verified file whose QC is due; None when it is settled already or somebody else holds it."""
    due = _free(unit, file_id).where(
        File.state.in_(MEASURABLE), File.qc_status.in_(UNMEASURED), File.due_at.is_not(None)
    )
    return await _claim(unit, due.values(qc_status="running"), lease)


async def renew(unit: Unit, claimed: Claimed, lease: timedelta) -> bool:
    """Hold the lease for longer; False when it is lost, and then nothing of the work may be kept."""
    until = unit.now + lease
    return await _changed(unit, held(claimed).values(claimed_until=until, due_at=until))


async def give_back(unit: Unit, claimed: Claimed, *, after: timedelta, failed: bool = False) -> bool:
    """End the lease with the work undone; it is due again `after` some time. `failed` counts the attempt."""
    undone = held(claimed).values(
        claim=None,
        claimed_until=None,
        due_at=unit.now + after,
        attempts=File.attempts + (1 if failed else 0),
    )
    return await _changed(unit, undone)


def held(claimed: Claimed) -> Update:
    """An UPDATE of the file that changes nothing unless the claim still stands."""
    return update(File).where(File.id == claimed.file_id, File.claim == claimed.claim)


def _free(unit: Unit, file_id: UUID) -> Update:
    return update(File).where(File.id == file_id, or_(File.claim.is_(None), File.claimed_until <= unit.now))


async def _claim(unit: Unit, free: Update, lease: timedelta) -> Claimed | None:
    until = unit.now + lease
    taking = (
        free.values(claim=new_id(), claimed_until=until, due_at=until)
        .returning(
            File.claim,
            File.id.label("file_id"),
            File.serial,
            File.key,
            File.version_id,
            File.filename,
            File.format,
            File.size,
            File.attempts,
            File.uploaded_at,
        )
        .execution_options(synchronize_session=False)
    )
    row = (await unit.session.execute(taking)).first()
    return None if row is None else Claimed(**row._mapping)  # noqa: SLF001  # the public name of a row's fields


async def _changed(unit: Unit, statement: Update) -> bool:
    done = await unit.session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", done).rowcount == 1
