"""The deliveries of a laboratory's information system, each kept so that it is taken once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from accession.base import Json, Row, Term


class Delivery(Row):
    """One signed message that was taken: its id as the sender gave it, its event, and what came of it."""

    __tablename__ = "lims_deliveries"

    delivery_id: Mapped[str] = mapped_column(String(100), unique=True)
    event: Mapped[str] = mapped_column(Term)
    body_digest: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
