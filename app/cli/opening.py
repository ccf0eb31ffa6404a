"""Opens the archive for one command: settings, the schema as it must be, and a wiring that is closed afterwards."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from app.cli.errors import CommandFailed
from app.db.engines import NO_ANSWER
from app.db.migrate import SchemaProblem, migrate, require_current
from app.settings import Settings, from_environment
from app.wiring import Wiring

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine
    from typing import Any

T = TypeVar("T")


@asynccontextmanager
async def opened(settings: Settings | None = None) -> AsyncIterator[Wiring]:
    """A wiring on the database that the settings name; an embedded one is migrated, any other must be current."""
    async with _wired(settings or from_environment()) as wiring:
        await _prepare(wiring)
        yield wiring


async def prepare(settings: Settings, *, upgrade: bool = False) -> str:
    """Bring the schema to this release where that is allowed; `empty`, `behind` or `current`, as it was before."""
    async with _wired(settings) as wiring:
        return await _prepare(wiring, upgrade=upgrade)


@asynccontextmanager
async def _wired(settings: Settings) -> AsyncIterator[Wiring]:
    if settings.embedded_database:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    wiring = Wiring(settings)
    try:
        yield wiring
    finally:
        await wiring.close()


async def _prepare(wiring: Wiring, *, upgrade: bool = False) -> str:
    settings, engine = wiring.settings, wiring.engines.write
    try:
        _open_file(settings)
        if settings.embedded_database or upgrade:
            return await migrate(engine, settings.accession_prefix)
        await require_current(engine, settings.accession_prefix)
    except SchemaProblem as error:
        raise CommandFailed(str(error)) from error
    except (*NO_ANSWER, sqlite3.Error) as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        message = f"The database does not answer ({reason}); check SEQARK_DATABASE_URL and SEQARK_DATA_DIR."
        raise CommandFailed(message) from error
    return "current"


def _open_file(settings: Settings) -> None:
    """Raise `sqlite3.Error` where the file of a SQLite database cannot be opened; PostgreSQL is asked by its driver."""
    if settings.sqlite:
        sqlite3.connect(settings.resolved_database_url.partition("///")[2].partition("?")[0]).close()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work in an event loop of its own."""
    return asyncio.run(work)
