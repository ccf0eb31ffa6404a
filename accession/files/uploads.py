"""Takes files in: a row before the bytes flow, none of its business while they do, a settled row after.

A row is `receiving` while the service streams a body, `pending` while a client writes to the object store by itself.
No verb here touches the store: the caller moves the bytes between two short units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import func, select, update

from accession.audit.service import record
from accession.base import new_id
from accession.errors import Conflict, NotFound, Rejected, TooLarge
from accession.files import discarding
from accession.files.models import File, FileState, Method
from accession.files.rules import (
    PartPlan,
    Terms,
    md5_of_etag,
    mismatch_verdict,
    next_look,
    part_plan,
    promise_issues,
    same_md5,
)
from accession.ids import Kind
from accession.numbers import mint
from accession.people.access import personal_to, refuse_viewers
from accession.work import Work

if TYPE_CHECKING:
    from datetime import datetime

    from accession.files.store import ObjectStat
    from accession.issues import Issue
    from accession.unit import Unit

CONTENT_TYPE = "application/octet-stream"


class Begun(msgspec.Struct, frozen=True):
    """An upload that may begin: where its bytes go, how many there may be, and how they are cut."""

    id: UUID
    key: str
    room: int
    plan: PartPlan


class Pending(NamedTuple):
    """An upload whose bytes are awaited until its links end; `upload_id` is the store's, where it is one in parts."""

    begun: Begun
    upload_id: str | None
    until: datetime


class Uploads:
    """The verbs of an upload, on one unit of work and under the operator's terms."""

    def __init__(self, unit: Unit, terms: Terms) -> None:
        self.unit = unit
        self.terms = terms

    async def begin_stream(self, filename: str, *, announced: int = 0) -> Begun:
        """Make the row of a body that is about to be streamed; it has at least `announced` bytes."""
        owner = refuse_viewers(self.unit)
        _refuse(promise_issues(filename, None, None))
        room = await self._room(owner, announced)
        now = self.unit.now
        row = await self._add(owner, filename, Method.DIRECT, clean_at=now + self.terms.receiving)
        return Begun(row.id, row.key, room, PartPlan(1, 0))

    async def begin_presigned(self, filename: str, *, size: int, md5: str | None, parts: int | None) -> Begun:
        """Make the row of an upload that goes straight to the object store; everything that is promised is checked."""
        owner = refuse_viewers(self.unit)
        plan = part_plan(size, parts)
        issues = promise_issues(filename, size, md5)
        _refuse([*issues, plan] if not isinstance(plan, PartPlan) else issues)
        room = await self._room(owner, size)
        now = self.unit.now
        method = Method.PRESIGNED if parts is None else Method.MULTIPART
        look = next_look(now, now, self.terms) if parts is None else now + self.terms.link
        row = await self._add(owner, filename, method, clean_at=look)
        row.promised_size = size
        row.promised_md5 = md5.lower() if md5 else None
        return Begun(row.id, row.key, room, plan if isinstance(plan, PartPlan) else PartPlan(1, size))

    async def still_pending(self, file_id: UUID, parts: int | None) -> Pending:
        """An upload that was begun before, as it was; `Conflict` where its bytes came meanwhile, or its links ended."""
        statement = select(File).where(File.id == file_id, personal_to(File, self.unit))
        row = (await self.unit.session.scalars(statement)).one_or_none()
        until = row.created_at + self.terms.link if row is not None else self.unit.now
        if row is None or row.state != FileState.PENDING or until <= self.unit.now:
            message = "The upload of this request has ended; GET /staging/files tells how. Begin another one."
            raise Conflict(message, code="upload_ended")
        plan = part_plan(row.promised_size or 0, parts)
        size = plan if isinstance(plan, PartPlan) else PartPlan(1, row.promised_size or 0)
        return Pending(Begun(row.id, row.key, 0, size), row.upload_id, until)

    async def attach(self, file_id: UUID, upload_id: str) -> None:
        """Note the store's id of the multipart upload that was started for a pending file."""
        await self._change(file_id, FileState.PENDING, upload_id=upload_id)

    async def keep_receiving(self, file_id: UUID) -> None:
        """Give a sign of life of a long stream, so that the cleaning leaves it alone."""
        await self._change(file_id, FileState.RECEIVING, clean_at=self.unit.now + self.terms.receiving)

    async def received(
        self, file_id: UUID, stat: ObjectStat, *, md5: str, sha256: str, promised_md5: str | None = None
    ) -> File:
        """Settle a streamed file whose bytes are whole; `Conflict` when the cleaning has given it up meanwhile."""
        _refuse(promise_issues("-", None, promised_md5))
        await self._room(refuse_viewers(self.unit), stat.size)
        digests = {"md5": md5, "sha256": sha256, "promised_md5": promised_md5.lower() if promised_md5 else None}
        row = await self._change(
            file_id, FileState.RECEIVING, **self._arrival(stat, md5, promised_md5, begun=None), **digests
        )
        if row is None:
            raise Conflict("The upload took so long that it was given up; send the file again.", code="upload_given_up")
        self._announce(row)
        return row

    async def awaited(self, file_id: UUID) -> File:
        """The caller's file that an upload was begun for, whatever became of it."""
        refuse_viewers(self.unit)
        statement = select(File).where(File.id == file_id, personal_to(File, self.unit))
        fresh = statement.execution_options(populate_existing=True)
        row = (await self.unit.session.scalars(fresh)).one_or_none()
        if row is None or row.state == FileState.RECEIVING:
            raise NotFound("There is no such file of yours; GET /staging/files lists them.")
        return row

    async def settle(self, file_id: UUID, stat: ObjectStat) -> File:
        """Settle a pending file whose object is there; repeated it answers the file as it is.

        `Conflict` when the object is not as long as promised: it stays pending, so that the bytes can be sent again.
        """
        row = await self.awaited(file_id)
        settled = await self.arrived(row, stat)
        return await self.awaited(file_id) if settled is None else settled

    async def arrived(self, row: File, stat: ObjectStat) -> File | None:
        """Settle a file that was pending when it was read; None where somebody else has settled it since."""
        if row.state != FileState.PENDING:
            return row
        if stat.size != row.promised_size:
            raise Conflict(
                f"The store has {stat.size} bytes of {row.filename}, but {row.promised_size} were promised.",
                code="size_mismatch",
            )
        md5 = md5_of_etag(stat.etag) if row.upload_id is None else None
        if not self.terms.etag_is_md5 and md5 != row.promised_md5:
            md5 = None  # the validation reads the bytes and tells
        arrival = self._arrival(stat, md5, row.promised_md5, begun=row.created_at)
        settled = await self._change(row.id, FileState.PENDING, md5=md5, **arrival)
        if settled is not None:
            self._announce(settled)
        return settled

    async def abandon(self, file_id: UUID) -> None:
        """Forget an upload that did not come to its end, and have its bytes removed; a settled file stays."""
        await discarding.give_up(self.unit, file_id, self.terms)

    async def _add(self, owner: UUID, filename: str, method: Method, *, clean_at: datetime) -> File:
        """Insert the row, with a serial minted last."""
        serial = (await mint(self.unit.session, {Kind.FILE: 1}))[Kind.FILE][0]
        file_id = new_id()
        row = File(
            id=file_id,
            serial=serial,
            owner_id=owner,
            state=FileState.RECEIVING if method is Method.DIRECT else FileState.PENDING,
            filename=filename,
            key=f"files/{file_id}",
            upload_method=method,
            clean_at=clean_at,
            created_at=self.unit.now,
        )
        self.unit.session.add(row)
        return row

    async def _room(self, owner: UUID, wanted: int) -> int:
        """How many bytes one more file may have; `TooLarge` where `wanted` is more than that."""
        limit = self.terms.max_bytes
        if wanted > limit:
            raise TooLarge(f"A file has at most {limit} bytes here; this one has {wanted}.")
        if not self.terms.quota_bytes:
            return limit
        size = func.coalesce(File.size, File.promised_size, 0)
        statement = select(func.coalesce(func.sum(size), 0)).where(
            File.owner_id == owner, File.state != FileState.EXPIRED
        )
        left = self.terms.quota_bytes - int((await self.unit.session.execute(statement)).scalar_one())
        if left <= 0 or wanted > left:
            raise TooLarge(
                f"Your files fill your quota of {self.terms.quota_bytes} bytes; {max(left, 0)} are left.",
                code="quota_exceeded",
            )
        return min(limit, left)

    def _arrival(
        self, stat: ObjectStat, md5: str | None, promised: str | None, *, begun: datetime | None
    ) -> dict[str, object]:
        """The columns of a file whose bytes have arrived: to be verified, or rejected where the MD5 is another."""
        now = self.unit.now
        trimmed = begun + self.terms.link if begun is not None else now + self.terms.staging
        columns: dict[str, object] = {
            "state": FileState.VERIFYING,
            "size": stat.size,
            "version_id": stat.version_id,
            "uploaded_at": now,
            "due_at": now,
            "clean_at": min(now + self.terms.staging, trimmed),
        }
        if promised is not None and md5 is not None and not same_md5(md5, promised):
            verdict = mismatch_verdict(promised.lower(), md5)
            reason = f"checksum_mismatch: the MD5 of the bytes is {md5}, but {promised.lower()} was promised."
            columns |= {"state": FileState.REJECTED, "verdict": verdict, "reason": reason, "due_at": None}
        return columns

    async def _change(self, file_id: UUID, was: FileState, **values: object) -> File | None:
        """Change a file that is still what it `was`; None where it is not (any more)."""
        statement = (
            update(File)
            .where(File.id == file_id, File.state == was)
            .values(**values, updated_at=self.unit.now)
            .returning(File)
            .execution_options(synchronize_session=False, populate_existing=True)
        )
        return (await self.unit.session.scalars(statement)).one_or_none()

    def _announce(self, row: File) -> None:
        """Note that the bytes are whole, and have a file that waits for its verdict looked at soon."""
        told = {"md5": row.md5} if row.md5 else {}
        told |= {"reason": row.reason} if row.reason else {}
        record(self.unit, "uploaded", self.unit.accession(Kind.FILE, row.serial), size=row.size, **told)
        if row.state == FileState.VERIFYING:
            self.unit.notify(Work.VALIDATE_FILE, str(row.id))


def file_id_of(text: str) -> UUID:
    """Read a file's id; what is none is as absent as one that nobody has (`NotFound`)."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such file of yours; GET /staging/files lists them.") from None


def _refuse(issues: list[Issue]) -> None:
    """Raise `Rejected` for faults in what was promised."""
    if issues:
        raise Rejected(issues)
