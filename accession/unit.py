"""The unit of work: one session, one transaction, and what is to happen after its commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.util import greenlet_spawn

from accession.actor import ANONYMOUS, Actor
from accession.errors import Unauthenticated
from accession.ids import Kind, format_accession
from accession.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Row, Select

    from accession.clock import Clock


class Unit:
    """What a service works in. Code never commits: whoever opened the unit does, on a clean exit."""

    def __init__(
        self,
        session: AsyncSession | AsyncEngine,
        *,
        clock: Clock,
        prefix: str,
        timezone: str = "UTC",
        actor: Actor = ANONYMOUS,
        notifier: Callable[[str, str], Awaitable[None]] | None = None,
        memory: Memory | None = None,
    ) -> None:
        self._session = session if isinstance(session, AsyncSession) else None
        self._engine = session if isinstance(session, AsyncEngine) else None
        self.clock = clock
        self.prefix = prefix
        self.timezone = timezone
        self.actor = actor
        self.notifier = notifier
        self.memory = memory or Memory()
        self.doomed = False
        self.afterwards: list[Callable[[], Awaitable[None]]] = []

    @property
    def session(self) -> AsyncSession:
        """The session; a unit for reads, which is given an engine, opens one only when it is asked for."""
        if self._session is None:
            self._session = AsyncSession(self._engine, expire_on_commit=False, autoflush=False)
        return self._session

    @property
    def dialect(self) -> str:
        """Which database it is: `sqlite` or `postgresql`."""
        bind = self.session.get_bind() if self._engine is None else self._engine.sync_engine
        return bind.dialect.name

    async def fetch(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """All rows of a statement on tables; in a unit for reads by the shortest way, past session and ORM."""
        if self._session is not None or self._engine is None:
            return (await self.session.execute(statement, parameters)).all()
        engine = self._engine.sync_engine

        def run() -> Sequence[Row[Any]]:
            with engine.connect() as connection:
                return connection.execute(statement, parameters).all()

        return await greenlet_spawn(run)

    async def close(self) -> None:
        """Close the session of a unit for reads."""
        if self._session is not None:
            await self._session.close()

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
