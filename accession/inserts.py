"""Writes new rows by the shortest way: past the ORM, each value prepared once, each statement built once."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from advanced_alchemy.types import GUID
from sqlalchemy import Column, Connection, Dialect, Table, insert

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

_MOST_STATEMENTS = 200
_LENGTH = re.compile(r"\(\d+\)")  # a value that is too long is refused by the column; a cast would cut it


class _Statement(NamedTuple):
    """An INSERT as the driver takes it: its text, its columns in order, and what makes a driver's value of each.

    `whole` is the one statement for many rows, whose parameters are columns, where the database knows such.
    """

    text: str
    whole: str | None
    names: tuple[str, ...]
    prepare: tuple[Callable[[Any], Any] | None, ...]
    defaults: tuple[Column[Any], ...]


async def insert_rows(session: AsyncSession, table: Table, rows: Sequence[Mapping[str, Any]], **shared: Any) -> None:
    """Insert rows that all have the same columns; `shared` are the values of further columns, the same in every row.

    A default of the table is taken once for all rows, so the primary key must be given. Nothing of the session is
    flushed.
    """
    if rows:
        await session.run_sync(lambda sync: insert_now(sync.connection(), table, rows, **shared))


def insert_now(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], **shared: Any) -> None:
    """`insert_rows`, at least one, on a connection that runs inside SQLAlchemy already."""
    statement = _statement(table, (*rows[0], *shared), connection.dialect)
    once = {column.name: _default_of(column) for column in statement.defaults} | shared
    columns = [
        _prepared(prepare, [once[name]]) * len(rows)
        if name in once
        else _prepared(prepare, [row[name] for row in rows])
        for name, prepare in zip(statement.names, statement.prepare, strict=True)
    ]
    if len(rows) > 1 and statement.whole is not None:
        connection.exec_driver_sql(statement.whole, tuple(columns))
        return
    values = list(zip(*columns, strict=True))
    connection.exec_driver_sql(statement.text, values if len(values) > 1 else values[0])


def _prepared(prepare: Callable[[Any], Any] | None, values: list[Any]) -> list[Any]:
    return values if prepare is None else [prepare(value) for value in values]


@lru_cache(_MOST_STATEMENTS)
def _statement(table: Table, given: tuple[str, ...], dialect: Dialect) -> _Statement:
    """The statement for these columns, and the columns that it adds because they have a default."""
    defaults = tuple(column for column in table.columns if column.default is not None and column.name not in given)
    names = (*given, *(column.name for column in defaults))
    compiled = insert(table).inline().compile(dialect=dialect, column_keys=names)
    order = tuple(getattr(compiled, "positiontup", None) or ())
    prepare = tuple(_preparing(table.c[name], dialect) for name in order)
    return _Statement(str(compiled), _whole(table, order, dialect), order, prepare, defaults)


def _whole(table: Table, names: tuple[str, ...], dialect: Dialect) -> str | None:
    """PostgreSQL's triggers and plans are run once a statement, so one for all rows is many times as fast."""
    if dialect.name != "postgresql":
        return None
    kinds = [_LENGTH.sub("", table.c[name].type.compile(dialect)) for name in names]
    arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(kinds, start=1))
    quoted = ", ".join(map(dialect.identifier_preparer.quote, names))
    return f"INSERT INTO {dialect.identifier_preparer.format_table(table)} ({quoted}) SELECT * FROM unnest({arrays})"  # noqa: S608  # names of our tables


def _preparing(column: Column[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """What the column's type does with a value on its way to the driver; ids, which are most of all, go there as is."""
    if isinstance(column.type, GUID):
        return _id_bytes if dialect.name == "sqlite" else None
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def _id_bytes(value: UUID | None) -> bytes | None:
    return None if value is None else value.bytes


def _default_of(column: Column[Any]) -> Any:
    default: Any = column.default
    return default.arg(None) if default.is_callable else default.arg
