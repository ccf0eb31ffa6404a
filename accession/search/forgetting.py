"""Makes the index of words forget for good what was taken out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from accession.unit import Unit

_OVERWRITE = text("PRAGMA secure_delete = ON")
_MERGE = (
    text("INSERT INTO search_words (search_words) VALUES ('optimize')"),
    text("INSERT INTO search_titles (search_titles) VALUES ('optimize')"),
)


async def overwrite_deleted(unit: Unit) -> None:
    """Have SQLite overwrite from here on what this connection deletes; PostgreSQL's vacuum does so by itself."""
    if unit.dialect == "sqlite":
        await unit.session.execute(_OVERWRITE)


async def forget_words(unit: Unit) -> None:
    """Merge FTS5's segments, in which deleted words stand beside a mark until then.

    PostgreSQL has the words in the entry's row, which is gone.
    """
    if unit.dialect == "sqlite":
        for merging in _MERGE:
            await unit.session.execute(merging)
