"""The project row; its access scope is the row of the same id in `scopes`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from accession.base import Owned, Row, Term, Time


class Project(Owned, Row):
    """A study: the thing that is owned, shared and released. `id` and `scope_id` are equal."""

    __tablename__ = "projects"
    __table_args__ = (
        Index("uq_projects_owner_alias", "owner_id", "alias", unique=True),
        Index("ix_projects_scope", "scope_id", "state"),
        Index("ix_projects_report_due", "report_due_at"),
    )

    title: Mapped[str] = mapped_column(String(500))
    description: Mapped[str] = mapped_column(Text)
    project_type: Mapped[str] = mapped_column(Term)
    license: Mapped[str] = mapped_column(String(60))
    ena_accession: Mapped[str | None] = mapped_column(Term)
    ncbi_accession: Mapped[str | None] = mapped_column(Term)
    report_due_at: Mapped[datetime | None] = mapped_column(Time)
