"""Finds records by what they say: a page of hits and how many there are, of what the caller may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from accession.errors import Malformed
from accession.ids import Kind
from accession.people.access import Level, granted, values, viewer
from accession.search import statements
from accession.search.rules import KINDS, fts5, tsquery
from accession.search.snippets import snippet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from accession.paging import PageRequest
    from accession.search.rules import Question
    from accession.unit import Unit

DEEPEST = 10_000
_WINDOW = 2000
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
    parameters: dict[str, Any]


class _Place(NamedTuple):
    """How many there are, in all and by their name, and which of them a page has."""

    total: int
    titled: int
    offset: int
    size: int


async def search(unit: Unit, question: Question, kinds: Sequence[Kind], wanted: PageRequest) -> Found:
    """A page of what answers a question; `Malformed` beyond the deepest page."""
    offset = (wanted.page - 1) * wanted.per_page
    if offset + wanted.per_page > DEEPEST:
        raise Malformed(f"A search goes {DEEPEST:,} records deep; ask more precisely.")
    if not question.terms:
        return Found(0, [])
    words = (fts5 if unit.dialect == "sqlite" else tsquery)(question, kinds)
    asked = _Asked(unit.dialect, {**values(unit), "words": words})
    total, titled = await _counts(unit, asked)
    if not total:
        return Found(0, [])
    named = await _named(unit, question, kinds)
    rows = await _rows(unit, asked, named, _Place(total, titled, offset, wanted.per_page))
    return Found(total, [_hit(unit, row, question) for row in rows])


async def _counts(unit: Unit, asked: _Asked) -> tuple[int, int]:
    """How many there are, and how many by their name; counted once while nothing is committed that could tell."""
    told = {name: value for name, value in asked.parameters.items() if name != "viewer_now"}
    key = ("search", tuple(map(str, told.values())), await _grants(unit))
    mark = int((await unit.fetch(statements.mark(), {}))[0].mark)
    known = unit.memory.recall((key, "total"), mark), unit.memory.recall((key, "titled"), mark)
    if known[0] is not None and known[1] is not None:
        return known[0], known[1]
    row = (await unit.fetch(statements.counts(asked.dialect, viewer(unit)), asked.parameters))[0]
    unit.memory.remember((key, "total"), int(row.mark), int(row.total))
    unit.memory.remember((key, "titled"), int(row.mark), int(row.titled))
    return int(row.total), int(row.titled)


async def _grants(unit: Unit) -> tuple[str, ...]:
    """What is granted to the caller at this moment, which no mark tells."""
    if not unit.actor.granted:
        return ()
    return tuple(sorted(str(row[0]) for row in await unit.fetch(granted(Level.READ), values(unit))))


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
    begin = max(0, place.offset - passed)
    if begin < place.titled - passed and len(rows) < place.size:
        piece = {**but, "offset": begin, "limit": place.size - len(rows)}
        rows += await _piece(unit, asked, "titles", piece, place.titled)
    begin = max(0, place.offset - place.titled)
    if begin < place.total - place.titled and len(rows) < place.size:
        piece = {**but, "offset": begin, "limit": place.size - len(rows)}
        rows += await _piece(unit, asked, "others", piece, place.total - place.titled)
    return rows


async def _piece(unit: Unit, asked: _Asked, tier: str, piece: dict[str, int], expected: int) -> Sequence[Row[Any]]:
    """A piece of a tier; where many are expected, it is looked for among the newest entries first."""
    parameters = {**asked.parameters, **piece}
    window = max(_WINDOW, 8 * (piece["offset"] + piece["limit"]))
    if asked.dialect != "sqlite" and expected > window:
        near = statements.hits(asked.dialect, viewer(unit), tier, near=True)
        rows = await unit.fetch(near, {**parameters, "window": window})
        if len(rows) == piece["limit"]:
            return rows
    return await unit.fetch(statements.hits(asked.dialect, viewer(unit), tier), parameters)


def _hit(unit: Unit, row: Row[Any], question: Question) -> Hit:
    accession = unit.accession(Kind(row.kind), row.serial)
    title = row.title or row.body.partition("\n")[0] or accession
    return Hit(_TYPES[row.kind], accession, title, snippet(row.body, question))
