"""Examples of the audit's bodies."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from app.api.archive.structs.audit import ActorOut, AuditOut, HistoryOut, SealOut

_AT = datetime(2026, 3, 14, 9, 26, 53, 589793, tzinfo=UTC)
_ANA = ActorOut("ana")

AUDIT = (
    HistoryOut(_AT, "change", _ANA, None, ["organism", "tax_id"], {}),
    AuditOut(
        id=UUID("019c2a4e-7a31-7c55-9e10-6a2b8d0f4c11"),
        at=_AT,
        verb="downloaded",
        subject="NFDP-RUN-000042",
        actor=_ANA,
        actor_id=UUID("019c2a4e-0000-7000-8000-000000000007"),
        address="192.0.2.7",
        request_id="019c2a4e7a2f7d0aa3f1c2e4b5d60718",
        detail={"version": 1},
        seal=SealOut(4711, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ),
)
