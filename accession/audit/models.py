"""The audit rows: one per change and per download, only ever added."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from accession.base import Json, Row, Term, Time


class Event(Row):
    """Who did what, on which accession, from where and when. `actor_id` is None for the archive itself."""

    __tablename__ = "events"

    at: Mapped[datetime] = mapped_column(Time, index=True)
    actor_id: Mapped[UUID | None] = mapped_column(index=True)
    verb: Mapped[str] = mapped_column(Term)
    subject: Mapped[str] = mapped_column(String(60), index=True)
    address: Mapped[str | None] = mapped_column(String(60))
    request_id: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
