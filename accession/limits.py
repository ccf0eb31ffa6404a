"""How often somebody has asked for what: one counter per caller, kind of request and hour."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accession.base import Row, Term, Time


class RequestCount(Row):
    """Requests of one kind by one caller (an account's id or an address) in the hour that began at `window`."""

    __tablename__ = "request_counts"
    __table_args__ = (UniqueConstraint("caller", "kind", "window"),)

    caller: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(Term)
    window: Mapped[datetime] = mapped_column(Time, index=True)
    count: Mapped[int] = mapped_column(default=0)
