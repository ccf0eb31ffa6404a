"""The statements of a search, one set for FTS5 and one for PostgreSQL; each is built once per kind of viewer.

A search has two tiers: records whose name holds the whole question, then those that hold it anywhere; each newest
first. Both databases take the newest matches in order and stop, so that a word which half of the archive has is as
quick to list as a rare one. All statements have the parameters of `access.values`, and `words`, the question.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import (
    BigInteger,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
    true,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import TSQUERY

from accession.ids import Kind
from accession.numbers import VISIBILITY, Counter
from accession.people.access import readable
from accession.search.models import SearchEntry
from accession.search.snippets import READ

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from accession.base import Owned
    from accession.people.access import Viewer

CHANGES = "search"  # a counter beside those of the kinds: entries that were changed or taken away (migration 0004)
_MOST = 200
_ENTRIES, _COUNTERS = (cast("Table", model.__table__) for model in (SearchEntry, Counter))
_ANYWHERE, _TITLES = (table(name, column("rowid")) for name in ("search_words", "search_titles"))
_KINDS = (Kind.PROJECT, Kind.SUBJECT, Kind.SAMPLE, Kind.EXPERIMENT, Kind.RUN)
_e = _ENTRIES.c
_HIT = (_e.id, _e.kind, _e.serial, _e.title, func.substr(_e.body, 1, READ).label("body"))


def _seen(who: Viewer, *, by_row: bool = False) -> ColumnElement[bool]:
    """The one WHERE clause, as of a list."""
    return readable(cast("type[Owned]", SearchEntry), who, by_accession=False, by_row=by_row)


def marks() -> Select[Any]:
    """What a total holds under: `moved` grows with every entry that is changed, taken away or moved into sight.

    The others are the next number of each kind: what was registered since has that number or a greater one, for those
    who register hold the counter until they commit. `newest` is the last entry of all.
    """
    moved = or_(*(_COUNTERS.c.kind == literal_column(f"'{name}'") for name in (VISIBILITY, CHANGES)))
    numbers = [
        func.max(_COUNTERS.c.next).filter(_COUNTERS.c.kind == literal_column(f"'{kind}'")).label(f"next_{kind}")
        for kind in _KINDS
    ]
    newest = select(func.coalesce(func.max(_e.id), 0)).correlate(None).scalar_subquery().label("newest")
    return select(func.sum(_COUNTERS.c.next).filter(moved).label("moved"), newest, *numbers)


@lru_cache(1)
def endings() -> Select[Any]:
    """At most `most` words of FTS5's vocabulary from `begin` to before `end`, found by one look-up each."""
    return cast(
        "Select[Any]",
        text(
            "WITH RECURSIVE found(word) AS ("
            "SELECT (SELECT term FROM search_vocabulary WHERE term >= :begin LIMIT 1) UNION ALL "
            "SELECT (SELECT term FROM search_vocabulary WHERE term >= found.word || char(1) LIMIT 1) "
            "FROM found WHERE found.word < :end LIMIT :most) "
            "SELECT word FROM found WHERE word >= :begin AND word < :end"
        ),
    )


@lru_cache(_MOST)
def by_name(who: Viewer) -> Select[Any]:
    """The record with the parameters `kind` and `serial`."""
    named = and_(_e.kind == bindparam("kind"), _e.serial == bindparam("serial"))
    return select(*_HIT).where(named, _seen(who, by_row=True))


@lru_cache(_MOST)
def counts(dialect: str, who: Viewer, *, since: bool = False) -> Select[Any]:
    """The marks, how many records hold the question, how many hold it in their name, and the newest of either.

    With `since` only those that were registered since the marks that are given as parameters.
    """
    marked = marks().subquery("marked")
    if dialect == "sqlite":
        both = [
            select(func.count().label(name), func.max(where.c.rowid).label(f"newest_{name}"))
            .select_from(_matching(where, who))
            .where(*_counted(where, who, since=since))
            .subquery(f"of_{name}")
            for name, where in (("total", _ANYWHERE), ("titled", _TITLES))
        ]
        return select(*marked.c, *both[0].c, *both[1].c).select_from(marked.join(both[0], true()).join(both[1], true()))
    new = [or_(*(and_(_e.kind == kind.value, _e.serial >= bindparam(f"next_{kind}")) for kind in _KINDS))]
    in_name = _holds(_e.title_words)
    found = select(
        func.count().label("total"),
        func.max(_e.id).label("newest_total"),
        func.count().filter(in_name).label("titled"),
        func.max(_e.id).filter(in_name).label("newest_titled"),
    )
    counted = found.where(_indexed(_e.words), _seen(who), *(new if since else ())).subquery("counted")
    return select(*marked.c, *counted.c).select_from(marked.join(counted, true()))


def _counted(where: Any, who: Viewer, *, since: bool) -> list[ColumnElement[bool]]:
    """What is counted of FTS5; who sees everything needs no look at the entries, as what is gone has none."""
    new = [where.c.rowid > bindparam("newest")] if since else []
    return [_matches(where), *new, *([] if who.admin else [_seen(who)])]


@lru_cache(_MOST)
def hits(dialect: str, who: Viewer, tier: str, *, near: bool = False) -> Select[Any]:
    """A piece of a tier, `titles` or `others`, newest first, without the entry `but`; with `limit` and `offset`.

    `top` is the newest hit that is known, so that newer ones which are hidden are not gone through each time. With
    `near` only among the `window` entries down from there, where PostgreSQL goes through them one by one.
    """
    build = _hits_of_sqlite if dialect == "sqlite" else _hits_near if near else _hits_indexed
    found = build(who, tier).where(_e.id != bindparam("but"))
    return found.limit(bindparam("limit")).offset(bindparam("offset"))


def _matching(where: Any, who: Viewer | None = None) -> Any:
    if who is not None and who.admin:
        return where
    return where.join(_ENTRIES, _e.id == where.c.rowid)


def _matches(where: Any) -> ColumnElement[bool]:
    matches: ColumnElement[bool] = literal_column(where.name).op("MATCH", is_comparison=True)(bindparam("words"))
    return matches


def _hits_of_sqlite(who: Viewer, tier: str) -> Select[Any]:
    """FTS5 gives row ids downwards by itself; the titles to leave out are fewer than the deepest page."""
    where = _TITLES if tier == "titles" else _ANYWHERE
    under = where.c.rowid <= bindparam("top")
    found = select(*_HIT).select_from(_matching(where)).where(_matches(where), under, _seen(who, by_row=True))
    if tier == "others":
        titles = select(_TITLES.c.rowid).where(_matches(_TITLES))
        found = found.where(where.c.rowid.not_in(titles))
    return found.order_by(where.c.rowid.desc())


def _asked() -> ColumnElement[Any]:
    return sql_cast(bindparam("words", type_=Text), TSQUERY)


def _indexed(words: Any) -> ColumnElement[bool]:
    indexed: ColumnElement[bool] = words.op("@@", is_comparison=True)(_asked())
    return indexed


def _holds(words: Any) -> ColumnElement[bool]:
    """The same as a function, for which no index is taken."""
    return cast("ColumnElement[bool]", func.ts_match_vq(words, _asked()))


def _tier(tier: str, *, indexed: bool) -> list[ColumnElement[bool]]:
    by = _indexed if indexed else _holds
    if tier == "titles":
        return [by(_e.title_words)]
    return [by(_e.words), ~_holds(_e.title_words)]


def _hits_indexed(who: Viewer, tier: str) -> Select[Any]:
    """By the index, all of them sorted: `id + 0` has no order that could be followed instead."""
    return select(*_HIT).where(*_tier(tier, indexed=True), _seen(who)).order_by((_e.id + literal_column("0")).desc())


def _hits_near(who: Viewer, tier: str) -> Select[Any]:
    """By the order, one entry after the other, not further back than the window."""
    top, window = (bindparam(name, type_=BigInteger) for name in ("top", "window"))
    near = and_(_e.id <= top, _e.id > top - window)
    return select(*_HIT).where(near, *_tier(tier, indexed=False), _seen(who, by_row=True)).order_by(_e.id.desc())
