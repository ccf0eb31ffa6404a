"""Records audit events: each change and each download adds one row to the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import event
from sqlalchemy.orm import Session

from accession.audit.models import Event
from accession.base import new_id
from accession.inserts import insert_now, insert_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table

    from accession.unit import Unit


_EVENTS = cast("Table", Event.__table__)
_NOTED = "audit"  # where a session keeps what is to be written with its commit


def record(unit: Unit, verb: str, subject: str, **detail: Any) -> None:
    """Note that the unit's actor did `verb` to `subject` (an accession or a row's id); committed with the change."""
    noted = unit.session.sync_session.info.setdefault(_NOTED, [])
    noted.append({"id": new_id(), "verb": verb, "subject": subject, "detail": detail, **_shared(unit)})


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    """Write what was noted in a session, all in one statement."""
    noted = session.info.pop(_NOTED, None)
    if noted:
        insert_now(session.connection(), _EVENTS, noted)


async def record_many(unit: Unit, events: Sequence[tuple[str, str]], **detail: Any) -> None:
    """Note many (verb, subject) of one request with the same detail, in one statement."""
    rows = [{"id": new_id(), "verb": verb, "subject": subject} for verb, subject in events]
    await insert_rows(unit.session, _EVENTS, rows, **_shared(unit), **({"detail": detail} if detail else {}))


def _shared(unit: Unit) -> dict[str, Any]:
    actor = unit.actor
    return {"at": unit.now, "actor_id": actor.account_id, "address": actor.address, "request_id": actor.request_id}
