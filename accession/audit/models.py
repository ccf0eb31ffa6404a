"""The audit rows: one per change and per download, only ever added; and the head of the chain that seals them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from advanced_alchemy.base import DefaultBase
from sqlalchemy import BigInteger, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from accession.base import Json, Row, Term, Time


class Event(Row):
    """Who did what, on which accession, from where and when. `actor_id` is None for the archive itself.

    A job gives each committed event its `seal_number` (1, 2, … without a gap) and a `seal_digest` over its content and
    the digest before it; both are None until then, and nothing else of an event is ever changed. Triggers refuse it.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("uq_events_seal", "seal_number", unique=True),
        Index(
            "ix_events_unsealed",
            "at",
            postgresql_where=text("seal_number IS NULL"),
            sqlite_where=text("seal_number IS NULL"),
        ),
        Index("ix_events_at", "at", "id"),
        Index("ix_events_subject", "subject", "at", "id"),
        Index("ix_events_actor_id", "actor_id", "at", "id"),
        Index("ix_events_verb", "verb", "at", "id"),
    )

    at: Mapped[datetime] = mapped_column(Time)
    actor_id: Mapped[UUID | None] = mapped_column()
    verb: Mapped[str] = mapped_column(Term)
    subject: Mapped[str] = mapped_column(String(60))
    address: Mapped[str | None] = mapped_column(String(60))
    request_id: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    seal_number: Mapped[int | None] = mapped_column(BigInteger)
    seal_digest: Mapped[str | None] = mapped_column(String(64))


class SealHead(DefaultBase):
    """The last seal that was given, in one row that the migrations make: a chain whose end was cut off is shorter."""

    __tablename__ = "seal_heads"

    chain: Mapped[str] = mapped_column(Term, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))
