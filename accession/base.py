"""What every row has: a UUIDv7, times, and for records a serial, an owner, a project, a state and a revision."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import uuid_utils
from advanced_alchemy.base import AdvancedDeclarativeBase, CommonTableAttributes
from advanced_alchemy.mixins import AuditColumns
from advanced_alchemy.types import GUID, DateTimeUTC
from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from accession.moves import GONE as GONE  # noqa: PLC0414  # told on to those who speak of rows
from accession.moves import State as State  # noqa: PLC0414

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
Time = DateTimeUTC(timezone=True)
Guid = GUID(length=16)

# A short vocabulary term; SQLite ignores the length, PostgreSQL holds us to it.
Term = String(40)


def new_id() -> UUID:
    """A fresh UUIDv7: unique, and ordered by the time it was made."""
    return UUID(bytes=uuid_utils.uuid7().bytes)


class Row(CommonTableAttributes, AuditColumns, AdvancedDeclarativeBase):
    """Every row of the archive has a UUIDv7 `id`, `created_at` and `updated_at` (UTC)."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(default=new_id, primary_key=True, sort_order=-100)


class Owned:
    """A record: it has an accession, belongs to an account and a project, and has a state of its own.

    `alias` is unique per owner and kind; `submitted_digest` is the SHA-256 of what was submitted under it, so that the
    same submission again is told from another one. `revision` grows with every change and is part of the ETag.
    `moved_at`, `moved_reason` and `replaced_by` (an accession) tell of its last move of state; `moved_with` is the
    accession of the record above it that took it along, which alone can take it back.
    """

    serial: Mapped[int] = mapped_column(BigInteger, unique=True)
    state: Mapped[str] = mapped_column(Term, default=State.PUBLIC)
    alias: Mapped[str | None] = mapped_column(String(255))
    submitted_digest: Mapped[str | None] = mapped_column(String(64))
    revision: Mapped[int] = mapped_column(default=1)
    moved_at: Mapped[datetime | None] = mapped_column(Time)
    moved_reason: Mapped[str | None] = mapped_column(Text)
    replaced_by: Mapped[str | None] = mapped_column(String(60))
    moved_with: Mapped[str | None] = mapped_column(String(60))

    @classmethod
    def held_by(cls, columns: Any, targets: Select[tuple[UUID]]) -> list[ColumnElement[bool]]:
        """The conditions, joined by "or", that a grant on one of `targets` (ids of rows) reaches a row of the table.

        `columns` are those of the table. A grant on the project reaches everything in it; models add what they hang on.
        """
        return [columns.scope_id.in_(targets)]

    @declared_attr
    def owner_id(cls) -> Mapped[UUID]:  # noqa: N805  # SQLAlchemy calls it with the class
        """The account that registered the record."""
        return mapped_column(ForeignKey("accounts.id"))

    @declared_attr
    def scope_id(cls) -> Mapped[UUID]:  # noqa: N805
        """The access scope of the record's project; it has the project's own id."""
        return mapped_column(ForeignKey("scopes.id"))


def metadata() -> Any:
    """The one `MetaData` of all rows; complete once `accession.services` is imported."""
    return Row.metadata
