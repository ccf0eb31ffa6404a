"""Keeps the queue's tables: in a SQLite file of their own, or beside the archive's in PostgreSQL.

A queue is only a hint, so its tables are made when they are first needed and made anew when a release of the library
has other columns; the migrations of the archive leave them alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from advanced_alchemy.config import AsyncSessionConfig, SQLAlchemyAsyncConfig
from litestar_queues.backends.advanced_alchemy import (
    QueueMaintenanceModel,
    QueueTaskModel,
    QueueTaskReservationModel,
    SQLAlchemyBackendConfig,
)
from sqlalchemy import Connection, Table, inspect, text

from app.db.engines import Engines, make_engines

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from app.settings import Settings

FILE = "queue.sqlite"
_MODELS = (QueueTaskModel, QueueMaintenanceModel, QueueTaskReservationModel)
_LOCK = 7_305_815_261_119  # any number that nobody else locks with


class QueueDatabase:
    """The engine that the queue works on. `own` are engines made for it, None where the archive's are used."""

    def __init__(self, settings: Settings, engines: Engines) -> None:
        self.own: Engines | None = None
        if settings.sqlite:
            url = f"sqlite:///{(settings.data_dir / FILE).absolute()}"
            self.own = make_engines(msgspec.structs.replace(settings, database_url=url))
        self.engine: AsyncEngine = (self.own or engines).write

    async def prepare(self) -> None:
        """Make the tables where they are absent or another release's."""
        async with self.engine.connect() as connection:
            if not await connection.run_sync(_complete):
                if connection.dialect.name == "postgresql":
                    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                await connection.run_sync(_make)
            await connection.commit()

    async def answers(self) -> None:
        """Open a connection and look; whatever is wrong is raised."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    def backend(self) -> SQLAlchemyBackendConfig:
        """What the library has to know."""
        sessions = AsyncSessionConfig(expire_on_commit=False)
        return SQLAlchemyBackendConfig(
            sqlalchemy_config=SQLAlchemyAsyncConfig(engine_instance=self.engine, session_config=sessions)
        )

    async def close(self) -> None:
        """Close the connections that are the queue's own."""
        if self.own is not None:
            await self.own.close()


def _tables() -> list[Table]:
    return [table for model in _MODELS if isinstance(table := model.__table__, Table)]


def _complete(connection: Connection) -> bool:
    found = inspect(connection)
    return all(
        found.has_table(table.name)
        and {column["name"] for column in found.get_columns(table.name)} == set(table.c.keys())
        for table in _tables()
    )


def _make(connection: Connection) -> None:
    """Drop what is another release's and create what is absent; somebody else may just have done so."""
    if _complete(connection):
        return
    for table in _tables():
        table.drop(connection, checkfirst=True)
        table.create(connection)
