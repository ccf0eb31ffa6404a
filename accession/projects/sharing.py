"""Finds what somebody wants to share or hand over: the record, its scope, and whether the caller may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from accession.errors import NotFound
from accession.ids import Kind
from accession.people.access import Verb, may_by_role, readable_by, require
from accession.people.grants import Target
from accession.people.models import Scope
from accession.projects.models import Project
from accession.records import load_for_change, raise_gone, whole_record

if TYPE_CHECKING:
    from accession.unit import Unit


async def find_governed(
    unit: Unit, model: Any, kind: Kind, accession: str, verb: Verb, *, lock: bool
) -> tuple[Any, Scope]:
    """The row and its scope where the caller may do `verb` to it; with `lock` the row stays as it is until the commit.

    Raises `NotFound` for what the caller cannot see, `Denied` for what is only to be read, `Gone` for the withdrawn.
    """
    if lock:
        return await load_for_change(unit, model, kind, accession, verb)
    unit.require_account()
    serial = whole_record(accession, unit.prefix, kind)
    found = (
        select(model, Scope)
        .join(Scope, Scope.id == model.scope_id)
        .where(model.serial == serial, readable_by(model, unit, by_accession=True))
    )
    row = (await unit.session.execute(found)).first()
    if row is None:
        await raise_gone(unit, model, kind, serial)
        raise NotFound(f"There is no {kind.name.lower()} {accession}, or it is not visible to you.")
    await require(unit, verb, row[1], row[0])
    return row[0], row[1]


async def managed_project(unit: Unit, accession: str, *, lock: bool = False) -> tuple[Project, Scope]:
    """A project that the caller manages."""
    row, scope = await find_governed(unit, Project, Kind.PROJECT, accession, Verb.MANAGE, lock=lock)
    return row, scope


async def shared_project(unit: Unit, accession: str, *, lock: bool = False) -> Target:
    """A project that the caller may share."""
    row, scope = await find_governed(unit, Project, Kind.PROJECT, accession, Verb.SHARE, lock=lock)
    return Target("project", row.id, accession, scope.owner_id, (row.id,), may_by_role(unit, Verb.SHARE, scope))
