"""Runs the migrations on a connection that `app.db.migrate` hands over, or offline as SQL."""

from typing import Any

from advanced_alchemy.types import GUID, DateTimeUTC
from alembic import context
from sqlalchemy import JSON

from accession.services import metadata


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
    """Leave the queue's tables alone: they are made and kept by `app.db.queue`."""
    del thing
    return not (kind == "table" and name is not None and name.startswith("queue_"))


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
