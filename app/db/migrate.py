"""Brings a database to the schema of this release, and refuses one that is foreign or newer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from accession.ids import Kind
from accession.numbers import VISIBILITY

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncEngine

_HERE = Path(__file__).resolve()
QUEUE_TABLES = "queue_"  # how the names of the queue's tables begin; they are made by `app.db.queue`


class SchemaProblem(Exception):
    """The database cannot be used as it is; the message says why and what to do."""


def script_folder() -> Path:
    """Where the migrations are: beside the packages in a checkout, inside `app` in an installed wheel."""
    checkout = _HERE.parents[2] / "alembic"
    return checkout if (checkout / "env.py").exists() else _HERE.parents[1] / "migrations"


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(script_folder()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _state(connection: Connection) -> str:
    """One of `empty`, `current`, `behind`, `newer`, `foreign`."""
    scripts = ScriptDirectory.from_config(_config(connection))
    known = {script.revision for script in scripts.walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if current is None:
        tables = set(inspect(connection).get_table_names())
        ours = {name for name in tables if name == "alembic_version" or name.startswith(QUEUE_TABLES)}
        return "foreign" if tables - ours else "empty"
    if current not in known:
        return "newer"
    return "current" if current == scripts.get_current_head() else "behind"


async def migrate(engine: AsyncEngine, prefix: str) -> str:
    """Upgrade to the newest schema and fix the accession prefix; returns what the state was before."""
    async with engine.connect() as connection:
        state = await connection.run_sync(_state)
        _refuse(state)
        if state != "current":
            await connection.run_sync(lambda sync: command.upgrade(_config(sync), "head"))
        await connection.run_sync(_fix_prefix, prefix)
        await connection.commit()
    return state


async def require_current(engine: AsyncEngine, prefix: str) -> None:
    """Raise `SchemaProblem` unless the schema is exactly this release's."""
    async with engine.connect() as connection:
        state = await connection.run_sync(_state)
        _refuse(state)
        if state != "current":
            raise SchemaProblem("The database has no current schema; run 'seqark migrate' first.")
        await connection.run_sync(_check_prefix, prefix)


def _refuse(state: str) -> None:
    if state == "foreign":
        raise SchemaProblem(
            "The database holds tables that are not SeqArk's; point SEQARK_DATABASE_URL to an empty database."
        )
    if state == "newer":
        raise SchemaProblem("The database was migrated by a newer SeqArk; install that release or restore a backup.")


def _fix_prefix(connection: Connection, prefix: str) -> None:
    """Write the prefix and the counters on the first migration; later a different prefix is refused."""
    stored = connection.execute(text("SELECT value FROM archive_settings WHERE key = 'prefix'")).scalar()
    if stored is None:
        connection.execute(text("INSERT INTO archive_settings (key, value) VALUES ('prefix', :p)"), {"p": prefix})
    counted = set(connection.execute(text("SELECT kind FROM counters")).scalars())
    for name in (*(kind.value for kind in Kind), VISIBILITY):
        if name not in counted:
            connection.execute(text("INSERT INTO counters (kind, next) VALUES (:k, 1)"), {"k": name})
    _check_prefix(connection, prefix)


def _check_prefix(connection: Connection, prefix: str) -> None:
    stored = connection.execute(text("SELECT value FROM archive_settings WHERE key = 'prefix'")).scalar()
    if stored != prefix:
        raise SchemaProblem(
            f"This archive's accession prefix is {stored} and was fixed when it was made; "
            f"set SEQARK_ACCESSION_PREFIX={stored}."
        )
