"""The unit of work: one session, one transaction, and what is to happen after its commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from accession.actor import ANONYMOUS, Actor
from accession.errors import Unauthenticated
from accession.ids import Kind, format_accession

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from accession.clock import Clock


class Unit:
    """What a service works in. Code never commits: whoever opened the unit does, on a clean exit."""

    def __init__(
        self,
        session: AsyncSession,
        *,
        clock: Clock,
        prefix: str,
        timezone: str = "UTC",
        actor: Actor = ANONYMOUS,
        notifier: Callable[[str, str], Awaitable[None]] | None = None,
    ) -> None:
        self.session = session
        self.clock = clock
        self.prefix = prefix
        self.timezone = timezone
        self.actor = actor
        self.notifier = notifier
        self.doomed = False
        self.afterwards: list[Callable[[], Awaitable[None]]] = []

    @property
    def now(self) -> datetime:
        """The present moment, UTC."""
        return self.clock.now()

    @property
    def today(self) -> date:
        """The day on which an embargo is decided, in the archive's time zone."""
        now = self.clock.now()
        return now.date() if self.timezone == "UTC" else now.astimezone(ZoneInfo(self.timezone)).date()

    def accession(self, kind: Kind, serial: int) -> str:
        """Print the accession of one of the archive's records."""
        return format_accession(self.prefix, kind, serial)

    def require_account(self) -> UUID:
        """The caller's account, or `Unauthenticated`."""
        if self.actor.account_id is None:
            raise Unauthenticated("Sign in first: send an access token as 'Authorization: Bearer <token>'.")
        return self.actor.account_id

    def after_commit(self, call: Callable[[], Awaitable[None]]) -> None:
        """Run `call` once the commit has succeeded, and never otherwise."""
        self.afterwards.append(call)

    def notify(self, task: str, key: str) -> None:
        """Queue `task` for `key` once the commit has succeeded.

        Only a hint: a row says what is due, and a sweep finds what no hint reached. The notifier itself never raises.
        """
        notifier = self.notifier
        if notifier is not None:
            self.after_commit(lambda: notifier(task, key))

    def doom(self) -> None:
        """Roll back at the end, whatever is answered."""
        self.doomed = True


class Units(Protocol):
    """Opens units of work, for verbs that compute between two short units; the service's wiring is one."""

    def reading(self, actor: Actor = ANONYMOUS) -> AbstractAsyncContextManager[Unit]:
        """A unit for reads."""

    def writing(self, actor: Actor = ANONYMOUS) -> AbstractAsyncContextManager[Unit]:
        """A unit for writes, committed on a clean exit."""
