"""Makes the engines: one for reads and one for writes, tuned for SQLite or PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.db import sqlite as _onehop  # noqa: F401  # registers the dialect

if TYPE_CHECKING:
    from app.settings import Settings

_encoder = msgspec.json.Encoder()
_SQLITE_READERS = 4
_WAIT_SECONDS = 60

NO_ANSWER = (DBAPIError, OSError)
"""What is raised where the database is not there, or refuses to be used."""


class Engines(msgspec.Struct, frozen=True):
    """`read` runs each statement by itself; `write` opens transactions, on SQLite one at a time."""

    read: AsyncEngine
    write: AsyncEngine

    async def close(self) -> None:
        """Close all connections."""
        await self.read.dispose()
        await self.write.dispose()


def make_engines(settings: Settings) -> Engines:
    """Engines for the database that the settings name."""
    url = settings.resolved_database_url
    shared: dict[str, Any] = {
        "hide_parameters": True,  # what fails is logged, and a statement's values are secrets and people's data
        "json_serializer": lambda value: _encoder.encode(value).decode(),
        "json_deserializer": msgspec.json.decode,
    }
    if settings.sqlite:
        return _sqlite(url.replace("sqlite+aiosqlite:", "sqlite+onehop:", 1), shared)
    engine = create_async_engine(
        url,
        pool_size=10,
        max_overflow=10,
        pool_timeout=_WAIT_SECONDS,
        pool_pre_ping=True,
        connect_args={"timeout": 5, "server_settings": {"application_name": "seqark"}},
        **shared,
    )
    return Engines(read=engine.execution_options(isolation_level="AUTOCOMMIT"), write=engine)


def _sqlite(url: str, shared: dict[str, Any]) -> Engines:
    """Several readers that never wait, and one serialised writer (a queue beats SQLite's own busy loop)."""
    args = {"isolation_level": None, "timeout": _WAIT_SECONDS}
    shared = {**shared, "max_overflow": 0, "connect_args": args}
    read = create_async_engine(url, pool_size=_SQLITE_READERS, **shared)
    write = create_async_engine(url, pool_size=1, pool_timeout=_WAIT_SECONDS, **shared)
    for engine in (read, write):
        event.listen(engine.sync_engine, "connect", _tune_sqlite)
    event.listen(write.sync_engine, "begin", _begin_immediate)
    return Engines(read=read, write=write)


def _tune_sqlite(connection: Any, _record: object) -> None:
    """WAL, so that readers never wait; FULL, so that an acknowledged commit survives a power cut."""
    cursor = connection.cursor()
    for pragma in (
        "busy_timeout=60000",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "mmap_size=268435456",
        "cache_size=-32768",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    """Take the write lock at once: a transaction that upgrades its lock later may fail instead of wait."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


async def empty_log(engines: Engines) -> None:
    """Write SQLite's log into its file and cut it to nothing, as it holds pages as they were; waits for readers."""
    if engines.read.dialect.name == "sqlite":
        async with engines.read.connect() as connection:
            await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
