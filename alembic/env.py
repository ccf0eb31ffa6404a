"""Runs the migrations on a connection that `app.db.migrate` hands over, or offline as SQL."""

from typing import Any

from advanced_alchemy.types import GUID, DateTimeUTC
from alembic import context
from sqlalchemy import JSON, Index

from accession.services import metadata

SEARCHED = "search_entries"


def _render(kind: str, value: object, _autogen: object) -> str | bool:
    """Write our column types so that a migration needs only `sa` and the two types imported by its template."""
    if kind == "type" and isinstance(value, GUID):
        return "GUID(length=16)"
    if kind == "type" and isinstance(value, DateTimeUTC):
        return "DateTimeUTC(timezone=True)"
    if kind == "type" and isinstance(value, JSON):
        return "JSON"
    return False


def _differs(ctx: Any, _inspected: object, _column: object, _found: object, wanted: object) -> bool | None:
    """SQLite has no type for GUID columns to be compared with; everything else is compared as usual."""
    return False if isinstance(wanted, GUID) and ctx.dialect.name == "sqlite" else None


def _ours(thing: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:  # noqa: FBT001
    """Leave alone the queue's tables, FTS5's (0004), and on SQLite the indexes of PostgreSQL alone."""
    if (
        isinstance(thing, Index)
        and thing.dialect_options["postgresql"]["using"]
        and connection.dialect.name == "sqlite"
    ):
        return False
    return not (kind == "table" and name is not None and name != SEARCHED and name.startswith(("queue_", "search_")))


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata(),
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=_render,
    compare_type=_differs,
    include_object=_ours,
)
with context.begin_transaction():
    context.run_migrations()
