"""Mail that is to be sent: rows say what is due, to whom, and until when it is worth sending; jobs send it.

A row with a `body` is sent as it is. One without is written by the job that sends it, from its `kind`: so nobody can
read the secret of such a mail in the database. A body is forgotten as soon as the mail is sent or given up.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import CursorResult, Index, String, Text, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from accession.base import Row, Term, Time, new_id
from accession.work import Work

if TYPE_CHECKING:
    from accession.unit import Unit

LEASE = timedelta(minutes=2)  # longer than one attempt may take
WORTH_SENDING = timedelta(days=1)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=15)
MOST = 100
_UNSAFE = frozenset("\r\n\0")


class Kind(StrEnum):
    """What a mail is; the body of a plain one stands in its row."""

    PLAIN = "plain"
    PASSWORD_RESET = "password_reset"  # noqa: S105  # a kind of mail


class Outcome(StrEnum):
    """How a mail ended: nothing more is done for it."""

    SENT = "sent"
    REFUSED = "refused"  # by the mail server, for good
    EXPIRED = "expired"  # the server did not take it in time
    DROPPED = "dropped"  # nobody was to be written to


class Letter(Row):
    """One mail. `due_at` is None once it has ended, else when to try next; a job that tries moves it on."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "due_at"),
        Index("ix_outbox_recipient", "recipient", "kind", "expires_at"),
    )

    kind: Mapped[str] = mapped_column(Term)
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime | None] = mapped_column(Time)
    expires_at: Mapped[datetime] = mapped_column(Time)
    attempts: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str | None] = mapped_column(Term)


class Claimed(msgspec.Struct, frozen=True):
    """A letter that one job has to itself for `LEASE`; `attempts` counts this one too."""

    id: UUID
    kind: Kind
    recipient: str
    subject: str
    body: str | None
    attempts: int


def put(unit: Unit, recipient: str, subject: str, *, body: str | None = None, kind: Kind = Kind.PLAIN) -> UUID:
    """Have a mail sent after the commit; `recipient` is a checked address, `subject` one line."""
    if _UNSAFE & {*recipient, *subject} or (body is None) is (kind is Kind.PLAIN):
        message = "a mail goes to one address, has a subject of one line, and a body unless its kind writes it"
        raise ValueError(message)
    row = Letter(
        id=new_id(),
        kind=kind.value,
        recipient=recipient,
        subject=subject[:200],
        body=body,
        due_at=unit.now,
        expires_at=unit.now + WORTH_SENDING,
    )
    unit.session.add(row)
    unit.notify(Work.SEND_MAIL, str(row.id))
    return row.id


async def count_since(unit: Unit, recipient: str, kind: Kind, since: datetime) -> int:
    """How many mails of a kind were asked for to an address since then."""
    young = Letter.expires_at > since + WORTH_SENDING
    asked = select(func.count()).where(Letter.recipient == recipient, Letter.kind == kind.value, young)
    return int(await unit.session.scalar(asked) or 0)


async def due(unit: Unit, limit: int = MOST) -> list[UUID]:
    """The mails that are due, those due longest first."""
    waiting = select(Letter.id).where(Letter.due_at <= unit.now).order_by(Letter.due_at).limit(limit)
    return list(await unit.session.scalars(waiting))


async def claim(unit: Unit, letter_id: UUID) -> Claimed | None:
    """Take a mail that is due; None where it is not, or somebody else has it."""
    statement = (
        update(Letter)
        .where(Letter.id == letter_id, Letter.due_at <= unit.now, Letter.expires_at > unit.now)
        .values(due_at=unit.now + LEASE, attempts=Letter.attempts + 1)
        .returning(Letter.id, Letter.kind, Letter.recipient, Letter.subject, Letter.body, Letter.attempts)
        .execution_options(synchronize_session=False)
    )
    row = (await unit.session.execute(statement)).one_or_none()
    if row is None:
        return None
    return Claimed(row.id, Kind(row.kind), row.recipient, row.subject, row.body, row.attempts)


async def end(unit: Unit, letter: Claimed, outcome: Outcome) -> None:
    """Note how a mail ended, and forget what it said."""
    ended = update(Letter).where(Letter.id == letter.id).values(due_at=None, body=None, outcome=outcome.value)
    await unit.session.execute(ended.execution_options(synchronize_session=False))


async def put_off(unit: Unit, letter: Claimed) -> None:
    """Have a mail tried again, after a pause that doubles each time."""
    pause = min(FIRST_PAUSE * 2 ** min(letter.attempts - 1, 10), LONGEST_PAUSE)
    again = update(Letter).where(Letter.id == letter.id, Letter.due_at.is_not(None)).values(due_at=unit.now + pause)
    await unit.session.execute(again.execution_options(synchronize_session=False))


async def tidy(unit: Unit) -> int:
    """Give up what was not sent in time, and forget what ended more than a day ago; how many were given up."""
    late = update(Letter).where(Letter.due_at.is_not(None), Letter.expires_at <= unit.now)
    given_up = await unit.session.execute(
        late.values(due_at=None, body=None, outcome=Outcome.EXPIRED.value).execution_options(synchronize_session=False)
    )
    old = delete(Letter).where(Letter.due_at.is_(None), Letter.expires_at <= unit.now - WORTH_SENDING)
    await unit.session.execute(old.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", given_up).rowcount
