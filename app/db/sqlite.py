"""Speaks to SQLite with one thread hop a statement instead of aiosqlite's four; measured in scripts/bench/api.py."""

from __future__ import annotations

import sqlite3
from collections import deque
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
    SQLiteDialect_aiosqlite,
)
from sqlalchemy.util.concurrency import await_only

if TYPE_CHECKING:
    from sqlalchemy.connectors.asyncio import AsyncAdapt_dbapi_module


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """Runs a statement and fetches its rows in one visit to the connection's thread."""

    __slots__ = ()

    def execute(self, operation: Any, parameters: Any = None) -> None:
        connection = self._adapt_connection._connection._conn  # noqa: SLF001

        def run() -> tuple[Any, list[Any], Any, int]:
            cursor = connection.execute(operation, parameters or ())
            rows = cursor.fetchall() if cursor.description else []
            outcome = cursor.description, rows, cursor.lastrowid, cursor.rowcount
            cursor.close()
            return outcome

        self.description, rows, lastrowid, rowcount = self._visit(run)
        self._rows = deque(rows)
        self.lastrowid, self.rowcount = (-1, -1) if self.description else (lastrowid, rowcount)

    def executemany(self, operation: Any, seq_of_parameters: Any) -> None:
        connection = self._adapt_connection._connection._conn  # noqa: SLF001

        def run() -> tuple[Any, int]:
            cursor = connection.executemany(operation, seq_of_parameters)
            outcome = cursor.lastrowid, cursor.rowcount
            cursor.close()
            return outcome

        self.description = None
        self.lastrowid, self.rowcount = self._visit(run)

    def _visit(self, run: Any) -> Any:
        try:
            return self.await_(self._connection._execute(run))  # noqa: SLF001
        except Exception as error:  # noqa: BLE001  # the adapter turns it into the driver's error
            self._adapt_connection._handle_exception(error)  # noqa: SLF001


class _Connection(AsyncAdapt_aiosqlite_connection):
    """A connection whose commit and rollback cost nothing where no transaction is open."""

    __slots__ = ()

    def cursor(self, server_side: bool = False) -> AsyncAdapt_aiosqlite_cursor:  # noqa: FBT001, FBT002
        return super().cursor(server_side) if server_side else _Cursor(self)

    def rollback(self) -> None:
        if self._connection.in_transaction:
            super().rollback()

    def commit(self) -> None:
        """Commit; one that fails leaves SQLite's transaction open, which SQLAlchemy takes for ended."""
        if self._connection.in_transaction:
            try:
                super().commit()
            except BaseException:
                self.rollback()
                raise


class _Dbapi(AsyncAdapt_aiosqlite_dbapi):
    """aiosqlite, connecting with the classes above."""

    def connect(self, *arg: Any, **kw: Any) -> AsyncAdapt_aiosqlite_connection:
        kw.pop("async_fallback", None)
        kw.pop("async_creator_fn", None)
        connection = self.aiosqlite.connect(*arg, **kw)
        connection._thread.daemon = True  # noqa: SLF001  # as SQLAlchemy's own dialect does
        return _Connection(self, await_only(connection))


class OneHopDialect(SQLiteDialect_aiosqlite):
    """SQLAlchemy's aiosqlite dialect with fused statements; URL `sqlite+onehop:///path`."""

    driver = "onehop"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> AsyncAdapt_dbapi_module:  # type: ignore[override]
        import aiosqlite  # noqa: PLC0415  # a DBAPI is imported when it is chosen

        return _Dbapi(aiosqlite, sqlite3)


registry.register("sqlite.onehop", __name__, "OneHopDialect")
