"""Verifies the chain of the audit from its first event to its head, a page at a time, and names the first fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, select

from accession.audit.chain import CONTENT, START, Head, sealed
from accession.audit.models import Event
from accession.audit.sealing import HeadMissing, count_unsealed, head_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from sqlalchemy import Row, Table

    from accession.unit import Unit

PAGE = 2000
_EVENTS = cast("Table", Event.__table__)
_SEALED = (
    select(*(_EVENTS.c[name] for name in CONTENT), _EVENTS.c.seal_number, _EVENTS.c.seal_digest)
    .where(_EVENTS.c.seal_number > bindparam("after"))
    .order_by(_EVENTS.c.seal_number)
    .limit(bindparam("page"))
)


class Fault(msgspec.Struct, frozen=True):
    """Where the chain first breaks. `code` is altered, removed, inserted, truncated, head_altered or head_missing."""

    code: str
    number: int
    message: str
    event_id: UUID | None = None
    subject: str | None = None


class Verdict(msgspec.Struct, frozen=True):
    """What was found: how many seals hold, how many events wait for one, and the first fault if there is any."""

    intact: bool
    checked: int
    unsealed: int
    head: Head
    fault: Fault | None = None


async def verify(unit: Unit, known: Head | None = None) -> Verdict:
    """Compute every digest anew and compare. `known` is a head from elsewhere, such as a log, that must be passed."""
    head, fault = START, None
    try:
        kept = [await head_of(unit), *([known] if known is not None else [])]
        async for row in _walk(unit):
            fault = _fault_of(head, row, kept)
            if fault is not None:
                break
            head = Head(row[-2], row[-1])
        fault = fault or _fault_at_end(head, [await head_of(unit), *kept])
    except HeadMissing as error:
        fault = Fault("head_missing", 0, error.detail)
    return Verdict(fault is None, head.number, await count_unsealed(unit), head, fault)


async def _walk(unit: Unit) -> AsyncIterator[Row[Any]]:
    """Every sealed event in the order of the chain."""
    after = -(2**63)
    while rows := await unit.fetch(_SEALED, {"after": after, "page": PAGE}):
        for row in rows:
            yield row
        after = rows[-1][-2]


def _fault_of(before: Head, row: Row[Any], kept: Sequence[Head]) -> Fault | None:
    """What is wrong with the next event, if anything is."""
    *content, number, digest = row
    due = before.number + 1
    about = {"event_id": content[0], "subject": content[4]}
    if number < due:
        return Fault("inserted", number, f"Event {number} was put before the first one.", **about)
    if number > due:
        message = f"Event {due} is missing: what follows event {before.number} is event {number}."
        return Fault("removed", due, message)
    found = sealed(before, content)
    if found.digest != digest:
        message = f"Event {due} is not what was sealed: it was changed, inserted or moved."
        return Fault("altered", due, message, **about)
    if any(head.number == due and head.digest != digest for head in kept):
        message = f"Event {due} has another digest than the head that was kept: the chain was made anew up to it."
        return Fault("head_altered", due, message, **about)
    return None


def _fault_at_end(last: Head, kept: Sequence[Head]) -> Fault | None:
    """What is wrong with where the chain ends; `kept` begins with the head as it is now."""
    furthest = max(head.number for head in kept)
    if last.number < furthest:
        message = f"Event {last.number + 1} and what followed is missing: the chain went on to event {furthest}."
        return Fault("truncated", last.number + 1, message)
    if last.number > kept[0].number:
        number = kept[0].number + 1
        return Fault("inserted", number, f"Event {number} was added behind the head that was kept.")
    if last.digest != kept[0].digest:
        return Fault("head_altered", last.number, f"The kept head has another digest than event {last.number}.")
    return None
