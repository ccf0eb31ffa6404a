"""The row of the search index: what of a record is found, and what decides who may find it.

Triggers of the database write it whenever a record is added, changed or removed (migration 0004), so no service, bulk
insert or later dialect can forget to. On SQLite its words stand in two FTS5 tables beside it, `search_titles` and
`search_words`; on PostgreSQL in the two columns of that type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from advanced_alchemy.base import DefaultBase
from sqlalchemy import BigInteger, Identity, Index, Integer, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from accession.base import Term

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

_Serial = BigInteger().with_variant(Integer(), "sqlite")
_Words = Text().with_variant(TSVECTOR(), "postgresql")


class SearchEntry(DefaultBase):
    """One record that can be found. `id` grows with each record, so it is the order "newest first" of all kinds.

    `title` is the record's name, `body` its other fields, one a line. `sample_id` is the sample that the record is or
    hangs on, `file_id` a run's current file: what a grant reaches. `words` and `title_words` are empty on SQLite.
    """

    __tablename__ = "search_entries"
    __table_args__ = (
        Index("uq_search_entries_record", "kind", "serial", unique=True),
        Index("ix_search_entries_words", "words", postgresql_using="gin").ddl_if(dialect="postgresql"),
        Index("ix_search_entries_title_words", "title_words", postgresql_using="gin").ddl_if(dialect="postgresql"),
    )

    id: Mapped[int] = mapped_column(_Serial, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(Term)
    serial: Mapped[int] = mapped_column(BigInteger)
    scope_id: Mapped[UUID] = mapped_column()
    state: Mapped[str] = mapped_column(Term)
    sample_id: Mapped[UUID | None] = mapped_column()
    file_id: Mapped[UUID | None] = mapped_column()
    title: Mapped[str | None] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    title_words: Mapped[str | None] = mapped_column(_Words)
    words: Mapped[str | None] = mapped_column(_Words)

    @classmethod
    def held_by(cls, columns: Any, targets: Select[tuple[UUID]]) -> list[ColumnElement[bool]]:
        """What a grant on one of `targets` reaches; the same as for the records themselves."""
        return [columns.scope_id.in_(targets), columns.sample_id.in_(targets), columns.file_id.in_(targets)]
