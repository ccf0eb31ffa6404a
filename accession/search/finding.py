"""Finds records by what they say: a page of hits and how many there are, of what the caller may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from accession.errors import Malformed
from accession.ids import Kind
from accession.people.access import granted_now, values, viewer
from accession.search import statements
from accession.search.rules import KINDS, Question, beginnings, fts5, tsquery, with_endings
from accession.search.snippets import snippet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Row

    from accession.paging import PageRequest
    from accession.unit import Unit

DEEPEST = 10_000
_WINDOW, _FURTHER = 2000, 20
_BEGINNINGS, _ENDINGS = 3, 50
_TYPES = {kind.value: name for name, kind in KINDS.items()}


class Hit(msgspec.Struct, frozen=True):
    """A record that was found, and a piece of its text around what was asked for."""

    type: str
    accession: str
    title: str
    snippet: str


class Found(msgspec.Struct, frozen=True):
    """A page of hits: the record that was named, then records by their name, then the others, each newest first."""

    total: int
    hits: list[Hit]


class _Asked(msgspec.Struct, frozen=True):
    """A question as the database takes it, with what the caller may see."""

    dialect: str
    question: tuple[Question, tuple[Kind, ...]]
    parameters: dict[str, Any]


class _Counted(NamedTuple):
    """How many there are, in all and by their name, and the newest of either."""

    total: int
    titled: int
    newest_total: int
    newest_titled: int


class _Place(NamedTuple):
    """Which of those that were counted a page has."""

    counted: _Counted
    offset: int
    size: int


async def search(unit: Unit, question: Question, kinds: Sequence[Kind], wanted: PageRequest) -> Found:
    """A page of what answers a question; `Malformed` beyond the deepest page."""
    offset = (wanted.page - 1) * wanted.per_page
    if offset + wanted.per_page > DEEPEST:
        raise Malformed(f"A search goes {DEEPEST:,} records deep; ask more precisely.")
    if not question.terms:
        return Found(0, [])
    words = await _words(unit, question, kinds)
    asked = _Asked(unit.dialect, (question, tuple(kinds)), {**values(unit), "words": words})
    counted = await _counts(unit, asked)
    if not counted.total:
        return Found(0, [])
    named = await _named(unit, question, kinds)
    rows = await _rows(unit, asked, named, _Place(counted, offset, wanted.per_page))
    return Found(counted.total, [_hit(unit, row, question) for row in rows])


async def _words(unit: Unit, question: Question, kinds: Sequence[Kind]) -> str:
    """The question as the database takes it. FTS5 is quick with whole words only, so beginnings get their endings."""
    if unit.dialect != "sqlite":
        return tsquery(question, kinds)
    known: dict[str, list[str]] = {}
    for word in beginnings(question)[:_BEGINNINGS]:
        asked = {"begin": word, "end": f"{word}\U0010ffff", "most": _ENDINGS + 1}
        found = [str(row.word) for row in await unit.fetch(statements.endings(), asked)]
        if len(found) <= _ENDINGS:
            known[word] = found
    return fts5(with_endings(question, known), kinds)


async def _counts(unit: Unit, asked: _Asked) -> _Counted:
    """How many there are, and how many by their name, with the newest of them.

    All are counted once; then, while nothing is changed or moved, only those that were registered since.
    """
    told = {name: value for name, value in asked.parameters.items() if name not in {"viewer_now", "words"}}
    key = ("search", asked.question, tuple(map(str, told.values())), await granted_now(unit))
    marks = (await unit.fetch(statements.marks(), {}))[0]._asdict()
    known: dict[str, int] | None = unit.memory.recall(key, int(marks["moved"]))
    if known is not None and all(known[name] == value for name, value in marks.items()):
        return _counted(known)
    counts = statements.counts(asked.dialect, viewer(unit), since=known is not None)
    since = {name: value for name, value in (known or {}).items() if name in marks and name != "moved"}
    row = (await unit.fetch(counts, {**asked.parameters, **since}))[0]._asdict()
    if known is not None and int(row["moved"]) != known["moved"]:
        row = (await unit.fetch(statements.counts(asked.dialect, viewer(unit)), asked.parameters))[0]._asdict()
    elif known is not None:
        newer = {name: max(row[name] or 0, known[name] or 0) for name in ("newest_total", "newest_titled")}
        row |= {name: row[name] + known[name] for name in ("total", "titled")} | newer
    unit.memory.remember(key, int(row["moved"]), row)
    return _counted(row)


def _counted(row: Mapping[str, Any]) -> _Counted:
    return _Counted(*(int(row[name] or 0) for name in _Counted._fields))


async def _named(unit: Unit, question: Question, kinds: Sequence[Kind]) -> Row[Any] | None:
    """The record that the question names by its accession, if it is there for the caller."""
    if question.record is None or question.record[0] not in kinds:
        return None
    kind, serial = question.record
    rows = await unit.fetch(statements.by_name(viewer(unit)), {**values(unit), "kind": kind.value, "serial": serial})
    return rows[0] if rows else None


async def _rows(unit: Unit, asked: _Asked, named: Row[Any] | None, place: _Place) -> list[Row[Any]]:
    """The rows of a page: the named record stands before the tier of names, to which it belongs."""
    rows = [named] if named is not None and place.offset == 0 else []
    passed = 1 if named is not None else 0
    but = {"but": named.id if named is not None else 0}
    total, titled, newest, newest_titled = place.counted
    begin = max(0, place.offset - passed)
    if begin < titled - passed and len(rows) < place.size:
        piece = {**but, "top": newest_titled, "offset": begin, "limit": place.size - len(rows)}
        rows += await _piece(unit, asked, "titles", piece, titled)
    begin = max(0, place.offset - titled)
    if begin < total - titled and len(rows) < place.size:
        piece = {**but, "top": newest, "offset": begin, "limit": place.size - len(rows)}
        rows += await _piece(unit, asked, "others", piece, total - titled)
    return rows


async def _piece(unit: Unit, asked: _Asked, tier: str, piece: dict[str, int], expected: int) -> Sequence[Row[Any]]:
    """A piece of a tier; where many are expected, it is looked for among the newest first, then further back."""
    parameters = {**asked.parameters, **piece}
    window = max(_WINDOW, 8 * (piece["offset"] + piece["limit"]))
    for reach in (window, _FURTHER * window):
        if asked.dialect == "sqlite" or expected <= reach:
            break
        near = statements.hits(asked.dialect, viewer(unit), tier, near=True)
        rows = await unit.fetch(near, {**parameters, "window": reach})
        if len(rows) == piece["limit"]:
            return rows
    return await unit.fetch(statements.hits(asked.dialect, viewer(unit), tier), parameters)


def _hit(unit: Unit, row: Row[Any], question: Question) -> Hit:
    accession = unit.accession(Kind(row.kind), row.serial)
    title = row.title or row.body.partition("\n")[0] or accession
    return Hit(_TYPES[row.kind], accession, title, snippet(row.body, question))
