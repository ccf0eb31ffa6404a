"""The history of a record and the audit on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class ActorOut(msgspec.Struct, frozen=True):
    """Who acted, by the short name of the account."""

    name: str


class HistoryOut(msgspec.Struct, frozen=True):
    """One thing that was done to a record. `actor` is null for the archive itself and for callers without an account.

    `fields` are those that a change was about, `version` the one that was made or downloaded; `detail` is the rest that
    was noted.
    """

    at: datetime
    verb: str
    actor: ActorOut | None
    version: int | None
    fields: list[str] | None
    detail: dict[str, Any]


class SealOut(msgspec.Struct, frozen=True):
    """An event's place in the hash chain."""

    number: int
    digest: str


class AuditOut(msgspec.Struct, frozen=True):
    """One event of the audit; `seal` is null for the seconds until the worker gives it one."""

    id: UUID
    at: datetime
    verb: str
    subject: str
    actor: ActorOut | None
    actor_id: UUID | None
    address: str | None
    request_id: str | None
    detail: dict[str, Any]
    seal: SealOut | None
