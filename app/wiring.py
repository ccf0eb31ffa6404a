"""Opens units of work: the one place where a transaction begins and ends, for HTTP, jobs and commands alike."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncSession

from accession.actor import ANONYMOUS, Actor
from accession.clock import Clock, SystemClock
from accession.errors import Conflict, Malformed, Unavailable
from accession.files.rules import Terms
from accession.memory import Memory
from accession.people.rules import Lockout
from accession.unit import Unit
from app.counts import Counts
from app.db.engines import Engines, make_engines
from app.oidc import provider_of
from app.secrets import load_keys
from app.uses import Uses

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from sqlalchemy.ext.asyncio import AsyncEngine

    from accession.files.store import BlobStore
    from app.settings import Settings


_ENTANGLED = {"40001", "40P01"}  # as PostgreSQL tells that transactions excluded each other: the loser tries again
_OUTSIDE = "A value is outside of what can be stored."


@contextmanager
def _told_by_the_database() -> Iterator[None]:
    """What a database refuses or cannot do, in the domain's words; the database's own stay in the log as the cause."""
    try:
        yield
    except exc.IntegrityError as error:
        raise Conflict("Somebody changed the same thing at the same moment; try again.") from error
    except (exc.DataError, OverflowError) as error:
        raise Malformed(_OUTSIDE) from error
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError, ConnectionError) as error:
        raise Unavailable("The database does not answer; try again soon.", code="database_unavailable") from error
    except exc.DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in _ENTANGLED:
            raise Conflict("Somebody changed the same thing at the same moment; try again.") from error
        told = getattr(error.orig, "__cause__", None)
        if "DataError" in {kind.__name__ for kind in type(told).__mro__}:
            raise Malformed(_OUTSIDE) from error  # as asyncpg tells it, which SQLAlchemy does not sort
        if not error.connection_invalidated:
            raise
        raise Unavailable("The database does not answer; try again soon.", code="database_unavailable") from error


class Wiring:
    """What a process of the service holds: settings, keys, engines, the clock, and the object store if there is one."""

    def __init__(
        self,
        settings: Settings,
        *,
        engines: Engines | None = None,
        store: BlobStore | None = None,
        clock: Clock | None = None,
        notifier: Callable[[str, str], Awaitable[None]] | None = None,
    ) -> None:
        self.settings = settings
        self.keys = load_keys(settings)
        self.engines = engines or make_engines(settings)
        self.store = store
        self.clock = clock or SystemClock()
        self.notifier = notifier
        self.memory = Memory()
        self.uses = Uses(self.writing)
        self.counts = Counts(self.reading, self.writing)
        self.provider = provider_of(settings)
        self.probes: dict[str, Callable[[], Awaitable[object]]] = {}

    @property
    def lockout(self) -> Lockout:
        """When an account pauses after wrong passwords."""
        settings = self.settings
        return Lockout(settings.lockout_attempts, timedelta(minutes=settings.lockout_minutes))

    @property
    def terms(self) -> Terms:
        """What the operator allows of uploads."""
        settings = self.settings
        return Terms(
            max_bytes=settings.max_upload_bytes,
            quota_bytes=settings.quota_bytes,
            link=timedelta(hours=settings.upload_link_hours),
            staging=timedelta(days=settings.staging_days),
            removal=timedelta(days=settings.removal_days),
            etag_is_md5=settings.s3_endpoint in {"embedded", "none"},
        )

    @asynccontextmanager
    async def reading(self, actor: Actor = ANONYMOUS) -> AsyncIterator[Unit]:
        """A unit for reads: each statement stands by itself, nothing is locked and nothing can be written."""
        with _told_by_the_database():
            unit = self._unit(self.engines.read, actor)
            try:
                yield unit
            finally:
                await unit.close()

    @asynccontextmanager
    async def writing(self, actor: Actor = ANONYMOUS) -> AsyncIterator[Unit]:
        """A unit for writes: committed on a clean exit unless doomed, rolled back on any exception.

        What was registered with `after_commit` runs after the commit; there an error is for the sweep to mend and
        must not undo an answer, so each call has to guard itself.
        """
        with _told_by_the_database():
            async with AsyncSession(self.engines.write, expire_on_commit=False, autoflush=False) as session:
                unit = self._unit(session, actor)
                try:
                    yield unit
                except BaseException:
                    await session.rollback()
                    raise
                if unit.doomed:
                    await session.rollback()
                    return
                await session.commit()
        for call in unit.afterwards:
            await call()

    async def close(self) -> None:
        """Close what is open."""
        if self.provider is not None:
            await self.provider.close()
        await self.engines.close()

    def _unit(self, session: AsyncSession | AsyncEngine, actor: Actor) -> Unit:
        return Unit(
            session,
            clock=self.clock,
            prefix=self.settings.accession_prefix,
            timezone=self.settings.timezone,
            actor=actor,
            notifier=self.notifier,
            memory=self.memory,
        )
