"""Reads the audit: events newest first, with the names of who acted, page by page."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import Select, func, or_, select, tuple_

from accession.audit.models import Event
from accession.errors import Denied
from accession.paging import EXACT_LIMIT, Page, PageRequest
from accession.people.models import Account

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Table

    from accession.unit import Unit

_EVENTS, _ACCOUNTS = (cast("Table", model.__table__) for model in (Event, Account))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_IDS = 2**128
BEYOND = 2**58 * _IDS
"""A place after every event, for paging."""


class Entry(msgspec.Struct, frozen=True):
    """One event as it is read; `actor` is the name of an account, None for the archive itself and anonymous callers."""

    id: UUID
    at: datetime
    actor_id: UUID | None
    actor: str | None
    verb: str
    subject: str
    address: str | None
    request_id: str | None
    detail: dict[str, Any]
    seal_number: int | None
    seal_digest: str | None


class EventFilter(msgspec.Struct, frozen=True):
    """Which events are wanted. `actor` is a name, an e-mail address or an id; `until` itself is not included."""

    actor: str | None = None
    verb: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def all_events(unit: Unit, wanted: PageRequest, by: EventFilter) -> Page[Entry]:
    """A page of the whole audit, for administrators; the statement follows an index for every filter."""
    unit.require_account()
    if not unit.actor.admin:
        raise Denied("The audit is for the archive's administrators.")
    conditions: list[ColumnElement[bool]] = []
    if by.actor is not None:
        actor_id = await _account(unit, by.actor)
        if actor_id is None:
            return Page([], 0, at_least=False, next_before=None)
        conditions.append(_EVENTS.c.actor_id == actor_id)
    conditions += [_EVENTS.c[name] == value for name in ("verb", "subject") if (value := getattr(by, name)) is not None]
    if by.since is not None:
        conditions.append(_EVENTS.c.at >= by.since)
    if by.until is not None:
        conditions.append(_EVENTS.c.at < by.until)
    return await _page(unit, wanted, conditions)


async def events_about(unit: Unit, wanted: PageRequest, subject: str) -> Page[Entry]:
    """A page of what happened to one record; whoever calls it has asked whether the caller may know."""
    return await _page(unit, wanted, [_EVENTS.c.subject == subject])


async def _page(unit: Unit, wanted: PageRequest, conditions: list[ColumnElement[bool]]) -> Page[Entry]:
    by_cursor = wanted.before is not None
    offset = 0 if by_cursor else (wanted.page - 1) * wanted.per_page
    statement = _entries().where(*conditions).limit(wanted.per_page + 1).offset(offset)
    if wanted.before is not None:
        at, last = divmod(wanted.before, _IDS)
        place = (_EPOCH + timedelta(microseconds=min(at, 2**57)), UUID(int=last))
        statement = statement.where(tuple_(_EVENTS.c.at, _EVENTS.c.id) < place)
    rows = [Entry(*row) for row in await unit.fetch(statement, {})]
    more, rows = len(rows) > wanted.per_page, rows[: wanted.per_page]
    total = None if by_cursor and not wanted.exact else await _total(unit, wanted, conditions)
    return Page(
        items=rows,
        total=total,
        at_least=total is not None and total > EXACT_LIMIT and not wanted.exact,
        next_before=_place(rows[-1]) if more else None,
    )


def _entries() -> Select[Any]:
    own = ("verb", "subject", "address", "request_id", "detail", "seal_number", "seal_digest")
    columns = (_EVENTS.c.id, _EVENTS.c.at, _EVENTS.c.actor_id, _ACCOUNTS.c.name, *(_EVENTS.c[name] for name in own))
    joined = _EVENTS.outerjoin(_ACCOUNTS, _ACCOUNTS.c.id == _EVENTS.c.actor_id)
    return select(*columns).select_from(joined).order_by(_EVENTS.c.at.desc(), _EVENTS.c.id.desc())


async def _total(unit: Unit, wanted: PageRequest, conditions: list[ColumnElement[bool]]) -> int:
    rows = select(_EVENTS.c.id).where(*conditions)
    counted = rows if wanted.exact else rows.limit(EXACT_LIMIT + 1)
    return int((await unit.fetch(select(func.count()).select_from(counted.subquery()), {}))[0][0])


async def _account(unit: Unit, who: str) -> UUID | None:
    named = [_ACCOUNTS.c.name == who, _ACCOUNTS.c.email == who.lower()]
    with contextlib.suppress(ValueError):
        named.append(_ACCOUNTS.c.id == UUID(who))
    rows = await unit.fetch(select(_ACCOUNTS.c.id).where(or_(*named)), {})
    return cast("UUID", rows[0][0]) if rows else None


def _place(entry: Entry) -> int:
    """An event's place in the order of all, as one number: the microsecond, then the id."""
    return (entry.at - _EPOCH) // timedelta(microseconds=1) * _IDS + entry.id.int
