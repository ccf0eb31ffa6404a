"""Grants downloads: whether a caller may have a run's bytes, and exactly which bytes those are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec
from sqlalchemy import Select, select

from accession.audit.service import record
from accession.catalog.models import Run, RunVersion
from accession.errors import Conflict, NotFound
from accession.files.models import File, FileState
from accession.files.rules import content_disposition
from accession.files.versions import version_named
from accession.ids import Accession, Kind, require_serial
from accession.people.access import is_open, readable_by
from accession.people.models import Scope
from accession.records import raise_gone

if TYPE_CHECKING:
    from datetime import timedelta

    from sqlalchemy import Row

    from accession.files.store import BlobStore
    from accession.unit import Unit

_GOOD = (FileState.LINKED, FileState.VERIFIED)


class Grant(msgspec.Struct, frozen=True):
    """What may be fetched. `key` is None where the archive only knows of the file and does not keep it.

    `open` says that everyone may read it now, so that its link may live longer.
    """

    accession: str
    filename: str
    size: int | None
    md5: str | None
    key: str | None
    version_id: str | None
    open: bool


async def grant(unit: Unit, accession: str) -> Grant:
    """Grant the download of a run's current version, or of the one that the accession names; leaves an audit event.

    Raises `NotFound` for what is not visible, `Gone` for what was withdrawn, and `Conflict` while the file has no
    verdict or where its verdict refuses it.
    """
    wanted = require_serial(accession, unit.prefix, Kind.RUN)
    printed = unit.accession(Kind.RUN, wanted.serial)
    row = (await unit.session.execute(_statement(unit, wanted))).first()
    if row is None:
        await raise_gone(unit, Run, Kind.RUN, wanted.serial)
        raise NotFound(f"There is no run {accession}, or it is not visible to you.")
    if row.key is not None:
        _refuse_unverified(row, printed)
    by = {"reviewer_link": str(unit.actor.review.link_id)} if unit.actor.review is not None else {}
    record(unit, "downloaded", printed, version=wanted.version or row.version, **by)
    return Grant(
        accession=printed,
        filename=row.filename or row.described,
        size=row.size if row.key is not None else row.file_size,
        md5=row.md5 if row.key is not None else row.checksum_md5,
        key=row.key,
        version_id=row.version_id,
        open=is_open(unit.today, row.scope_state, row.release_date, row.state),
    )


async def link(store: BlobStore, granted: Grant, *, expires: timedelta, method: Literal["GET", "HEAD"] = "GET") -> str:
    """A signed link to the granted bytes for one method; the store is not asked, so it needs no unit, no network."""
    if granted.key is None:
        raise NotFound(f"The bytes of {granted.accession} are not kept here.")
    headers = {
        "response-content-disposition": content_disposition(granted.filename),
        "response-cache-control": "private",
    }
    return await store.presign_get(
        granted.key, version_id=granted.version_id, expires=expires, headers=headers, method=method
    )


def _statement(unit: Unit, wanted: Accession) -> Select[Any]:
    """The run, its scope's openness and the file of the wanted version, in one query."""
    columns = (
        *(Run.state, Run.version, Run.filename.label("described"), Run.file_size, Run.checksum_md5),
        *(Scope.state.label("scope_state"), Scope.release_date),
        *(File.key, File.version_id, File.filename, File.size, File.md5),
        *(File.state.label("file_state"), File.reason),
    )
    rows = select(*columns).select_from(Run).join(Scope, Scope.id == Run.scope_id)
    if wanted.version is None:
        rows = rows.outerjoin(File, File.id == Run.file_id)
    else:
        rows = rows.join(RunVersion, version_named(unit, wanted.version)).join(File, File.id == RunVersion.file_id)
    return rows.where(Run.serial == wanted.serial, readable_by(Run, unit, by_accession=True))


def _refuse_unverified(row: Row[Any], printed: str) -> None:
    """Raise `Conflict` unless the file has been found good."""
    if row.file_state in _GOOD:
        return
    if row.file_state == FileState.REJECTED:
        raise Conflict(f"The file of {printed} was rejected: {row.reason or 'it is not valid'}", code="file_rejected")
    raise Conflict(f"The file of {printed} is still being verified; try again later.", code="file_not_verified")
