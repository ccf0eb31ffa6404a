"""`/audit` and `/{records}/{accession}/history`: who did what, for administrators and for those who manage a record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from accession.catalog.history import history_of
from accession.errors import Malformed
from accession.ids import Kind
from accession.paging import page_request
from accession.people.journal import BEYOND, Entry, EventFilter, all_events
from accession.unit import Unit
from app.api.archive.errors import problems
from app.api.archive.lists import Count, Cursor, PageNumber, PerPage, page_headers
from app.api.archive.structs.audit import ActorOut, AuditOut, HistoryOut, SealOut

Actor = Annotated[str | None, QueryParameter(description="Only what this account did: its name, address or id.")]
EventVerb = Annotated[str | None, QueryParameter(description="Only events with this verb, such as `downloaded`.")]
Subject = Annotated[str | None, QueryParameter(description="Only events about this accession or id.")]
Since = Annotated[str | None, QueryParameter(description="Only events from this day or moment (ISO 8601, UTC) on.")]
Until = Annotated[str | None, QueryParameter(description="Only events before this day or moment (ISO 8601, UTC).")]
_NAMES = {f"{parent}_id": f"{parent}_accession" for parent in ("subject", "sample", "experiment", "mate")}
"""What the records of this dialect call a column that names another record."""


class Audit(Controller):
    """The whole audit."""

    path = "/audit"
    tags = ("Audit",)

    @get("/", summary="List the audit", responses=problems(403))
    async def list_events(
        self,
        request: Request[Any, Any, Any],
        unit: NamedDependency[Unit],
        page: PageNumber = 1,
        per_page: PerPage = 20,
        cursor: Cursor = None,
        count: Count = None,
        actor: Actor = None,
        verb: EventVerb = None,
        subject: Subject = None,
        since: Since = None,
        until: Until = None,
    ) -> Response[list[AuditOut]]:
        """Every change and every download, newest first; for administrators of the archive."""
        by = EventFilter(actor, verb, subject, moment_of(since, "since"), moment_of(until, "until"))
        wanted = page_request(page, per_page, cursor, count, beyond=BEYOND)
        found = await all_events(unit, wanted, by)
        return Response([audit_out(entry) for entry in found.items], headers=page_headers(request, wanted, found))


def _history(plural: str, kind: Kind) -> type[Controller]:
    """The history of one kind of record."""
    noun = kind.name.lower()

    class History(Controller):
        """What was done to a record."""

        path = f"/{plural}"
        tags = ("Audit",)

        @get(
            "/{accession:str}/history",
            summary=f"The history of a {noun}" if noun[0] != "e" else f"The history of an {noun}",
            responses=problems(403, 404, 410, 422),
        )
        async def history(
            self,
            request: Request[Any, Any, Any],
            unit: NamedDependency[Unit],
            accession: FromPath[str],
            page: PageNumber = 1,
            per_page: PerPage = 20,
            cursor: Cursor = None,
            count: Count = None,
        ) -> Response[list[HistoryOut]]:
            """What was done to it, newest first; for its project's owner, administrators, and those who may share it.

            A withdrawn record keeps its history for them.
            """
            wanted = page_request(page, per_page, cursor, count, beyond=BEYOND)
            found = await history_of(unit, kind, accession, wanted)
            body = [history_out(entry) for entry in found.items]
            return Response(body, headers=page_headers(request, wanted, found))

    return History


HISTORIES = (
    _history("projects", Kind.PROJECT),
    _history("subjects", Kind.SUBJECT),
    _history("samples", Kind.SAMPLE),
    _history("experiments", Kind.EXPERIMENT),
    _history("runs", Kind.RUN),
)


def history_out(entry: Entry) -> HistoryOut:
    """An event as those who manage the record see it: without addresses."""
    detail = dict(entry.detail)
    version, fields = detail.pop("version", None), detail.pop("fields", None)
    if fields is not None:
        fields = sorted(_NAMES.get(name, name) for name in fields)
    return HistoryOut(entry.at, entry.verb, _actor(entry), version, fields, detail)


def audit_out(entry: Entry) -> AuditOut:
    """An event as administrators see it."""
    sealed = entry.seal_number is not None and entry.seal_digest is not None
    return AuditOut(
        id=entry.id,
        at=entry.at,
        verb=entry.verb,
        subject=entry.subject,
        actor=_actor(entry),
        actor_id=entry.actor_id,
        address=entry.address,
        request_id=entry.request_id,
        detail=entry.detail,
        seal=SealOut(entry.seal_number or 0, entry.seal_digest or "") if sealed else None,
    )


def moment_of(text: str | None, field: str) -> datetime | None:
    """A day or a moment as a caller gives it; without a zone it is UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))  # a plus in an address reads as a space
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        message = f"'{field}' must be a day or a moment, such as 2026-01-31 or 2026-01-31T12:00:00Z."
        raise Malformed(message) from None


def _actor(entry: Entry) -> ActorOut | None:
    return ActorOut(entry.actor) if entry.actor is not None else None
