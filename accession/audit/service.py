"""Records audit events: each change and each download adds one row to the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accession.audit.models import Event

if TYPE_CHECKING:
    from accession.unit import Unit


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
