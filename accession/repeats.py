"""Requests that a caller named with an idempotency key: what each of them made, kept for a day.

What is kept is written in the transaction that makes the record, so a request that fails keeps nothing, and of two at
once with the same key the second waits for the first.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from accession.base import Row, Time, new_id
from accession.errors import Conflict, Malformed, Rejected
from accession.issues import Issue

if TYPE_CHECKING:
    from accession.unit import Unit

KEPT = timedelta(hours=24)
_AT_ONCE = 1000


class KeptAnswer(Row):
    """What the request with this key made: `subject` is an accession, an id, or a list of accessions as JSON.

    Other content has another digest. While the request is being answered, `status` is 0 and nobody else sees the row.
    """

    __tablename__ = "kept_answers"
    __table_args__ = (UniqueConstraint("account_id", "key"),)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(255))
    route: Mapped[str] = mapped_column(String(200))
    body_digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column()
    subject: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Time, index=True)


class Named(msgspec.Struct, frozen=True):
    """A request that its caller named: the key, what is called, and the digest of what was sent."""

    key: str
    route: str
    digest: str


class Kept(msgspec.Struct, frozen=True):
    """What a request with the same key made before."""

    status: int
    subject: str


class KeyReused(Rejected):
    """The key named another request before (HTTP: 422)."""

    code = "idempotency_key_reused"


def key_of(header: str) -> str:
    """Check an idempotency key: 1 to 255 printable ASCII characters."""
    if 1 <= len(header) <= 255 and header.isascii() and header.isprintable():
        return header
    raise Malformed("'Idempotency-Key' must have 1 to 255 printable ASCII characters.", code="bad_idempotency_key")


async def look(unit: Unit, named: Named | None) -> Kept | None:
    """What the same request made before, if it did; `KeyReused` where the key named another one."""
    if named is None:
        return None
    row = (await unit.session.execute(_mine(unit, named).where(KeptAnswer.expires_at > unit.now))).first()
    return None if row is None else _same(named, row)


async def begin(unit: Unit, named: Named | None) -> Kept | None:
    """`look`, and take the key for this transaction where it is free; one that another is using is waited for."""
    if named is None:
        return None
    mine = (KeptAnswer.account_id == unit.require_account(), KeptAnswer.key == named.key)
    await unit.session.execute(delete(KeptAnswer).where(*mine, KeptAnswer.expires_at <= unit.now))
    if await _take(unit, named):
        return None
    row = (await unit.session.execute(_mine(unit, named))).first()
    if row is None or not row.status:
        message = "The request with this 'Idempotency-Key' is being answered at this moment; send it again soon."
        raise Conflict(message, code="in_progress")
    return _same(named, row)


async def keep(unit: Unit, named: Named | None, subject: str, status: int) -> None:
    """Keep what the request made, with the transaction that makes it."""
    if named is not None:
        kept = update(KeptAnswer).where(
            KeptAnswer.account_id == unit.require_account(), KeptAnswer.key == named.key, KeptAnswer.status == 0
        )
        await unit.session.execute(kept.values(subject=subject, status=status))


async def forget(unit: Unit, named: Named | None) -> None:
    """Forget a request that failed after its first transaction."""
    if named is not None:
        account = unit.require_account()
        gone = delete(KeptAnswer).where(KeptAnswer.account_id == account, KeptAnswer.key == named.key)
        await unit.session.execute(gone)


async def forget_expired(unit: Unit) -> None:
    """Forget what has been kept long enough, some at a time."""
    some = select(KeptAnswer.id).where(KeptAnswer.expires_at <= unit.now).limit(_AT_ONCE)
    gone = delete(KeptAnswer).where(KeptAnswer.id.in_(some))
    await unit.session.execute(gone.execution_options(synchronize_session=False))


async def _take(unit: Unit, named: Named) -> bool:
    """Insert the row unless there is one; PostgreSQL waits here for whoever is inserting it."""
    build: Any = sqlite.insert if unit.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    values = {
        "id": new_id(),
        "account_id": unit.require_account(),
        "key": named.key,
        "route": named.route,
        "body_digest": named.digest,
        "status": 0,
        "subject": "",
        "expires_at": unit.now + KEPT,
    }
    taking = build(KeptAnswer).values(**values).on_conflict_do_nothing(index_elements=["account_id", "key"])
    return (await unit.session.execute(taking.returning(KeptAnswer.id))).first() is not None


def _mine(unit: Unit, named: Named) -> Any:
    columns = (KeptAnswer.route, KeptAnswer.body_digest, KeptAnswer.status, KeptAnswer.subject)
    return select(*columns).where(KeptAnswer.account_id == unit.require_account(), KeptAnswer.key == named.key)


def _same(named: Named, row: Any) -> Kept:
    if (row.route, row.body_digest) != (named.route, named.digest):
        message = "This 'Idempotency-Key' was used for another request; choose a new one for each thing to be made."
        raise KeyReused([Issue(KeyReused.code, message, field="Idempotency-Key")])
    return Kept(row.status, row.subject)
