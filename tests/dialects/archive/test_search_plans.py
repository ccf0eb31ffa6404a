"""Searches read what they need by an index, in the order in which they show it, whatever the size of the archive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from accession.people.access import values, viewer
from accession.search import statements
from accession.search.rules import fts5, read_kinds, read_question, tsquery

if TYPE_CHECKING:
    from sqlalchemy import Select

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
PIECE = {"but": 0, "top": 2**62, "limit": 20, "offset": 0, "window": 2000}


async def plan_of(wiring: Wiring, who: Any, build: Any, *, near: bool = False) -> str:
    """How the database goes about the statement that `build` makes for a viewer."""
    question = read_question("bos taurus", "NFDP")
    told: list[tuple[str, Any]] = []
    engine = wiring.engines.write.sync_engine
    heard = (engine, "before_cursor_execute", lambda *args: told.append((args[2], args[3])))
    async with wiring.writing(who.actor) as unit:
        words = (fts5 if unit.dialect == "sqlite" else tsquery)(question, read_kinds("sample"))
        statement: Select[Any] = build(unit.dialect, viewer(unit))
        parameters = {**values(unit), **PIECE, "words": words}
        connection = await unit.session.connection()
        if unit.dialect == "postgresql":
            for way in ("seqscan", "sort", "bitmapscan") if near else ("seqscan",):  # as for a table that is large
                await connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        event.listen(*heard)
        await unit.session.execute(statement, parameters)
        event.remove(*heard)
        explain = "EXPLAIN QUERY PLAN " if unit.dialect == "sqlite" else "EXPLAIN "
        rows = (await connection.exec_driver_sql(explain + told[-1][0], told[-1][1])).all()
    return "\n".join(str(row[-1]) for row in rows)


async def test_matches_come_from_the_index_of_words(wiring: Wiring, database: str, alice: Any) -> None:
    for tier, names in {"titles": ("search_titles", "title_words"), "others": ("search_words", "words")}.items():
        plan = await plan_of(wiring, alice, lambda dialect, who, tier=tier: statements.hits(dialect, who, tier))
        if database == "sqlite":
            assert f"SCAN {names[0]} VIRTUAL TABLE" in plan
            assert "SEARCH search_entries USING INTEGER PRIMARY KEY" in plan
            assert "TEMP B-TREE" not in plan
        else:
            assert f"ix_search_entries_{names[1]}" in plan
    counted = await plan_of(wiring, alice, statements.counts)
    assert ("SCAN search_words VIRTUAL TABLE" if database == "sqlite" else "ix_search_entries_words") in counted


async def test_what_much_of_the_archive_holds_is_found_by_going_backwards(
    wiring: Wiring, database: str, alice: Any
) -> None:
    if database == "sqlite":
        plan = await plan_of(wiring, alice, lambda dialect, who: statements.hits(dialect, who, "titles"))
        assert "ORDER BY" not in plan
        return
    build = lambda dialect, who: statements.hits(dialect, who, "titles", near=True)  # noqa: E731
    plan = await plan_of(wiring, alice, build, near=True)
    assert "Index Scan Backward using pk_search_entries" in plan
    assert "Sort" not in plan
