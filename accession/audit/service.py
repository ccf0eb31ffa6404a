"""Records audit events: each change and each download adds one row to the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import insert

from accession.audit.models import Event
from accession.base import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table

    from accession.unit import Unit


_EVENTS = cast("Table", Event.__table__)


def record(unit: Unit, verb: str, subject: str, **detail: Any) -> None:
    """Note that the unit's actor did `verb` to `subject` (an accession or a row's id); committed with the change."""
    actor = unit.actor
    unit.session.add(
        Event(
            at=unit.now,
            actor_id=actor.account_id,
            verb=verb,
            subject=subject,
            address=actor.address,
            request_id=actor.request_id,
            detail=detail,
        )
    )


async def record_many(unit: Unit, events: Sequence[tuple[str, str]]) -> None:
    """Note many (verb, subject) of one request, in one statement."""
    actor = unit.actor
    shared = {"at": unit.now, "actor_id": actor.account_id, "address": actor.address, "request_id": actor.request_id}
    rows: list[dict[str, Any]] = [
        {**shared, "id": new_id(), "verb": verb, "subject": subject, "detail": {}} for verb, subject in events
    ]
    if rows:
        await unit.session.execute(insert(_EVENTS), rows)
