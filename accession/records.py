"""What every kind of record has in common: finding the parent, the alias, adding a row, loading one for a change."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Select, bindparam, select

from accession.audit import service as audit
from accession.base import GONE, State, new_id
from accession.errors import Conflict, Gone, NotFound, Rejected
from accession.ids import Kind, require_serial
from accession.inserts import insert_rows
from accession.numbers import mint
from accession.people.access import Verb, Viewer, readable, readable_by, require, values, viewer
from accession.people.models import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    import msgspec

    from accession.base import Owned
    from accession.issues import Issue
    from accession.unit import Unit


class Parent(tuple[Any, Scope]):
    """A parent row's id and its access scope."""

    __slots__ = ()

    @property
    def id(self) -> UUID:
        """The parent's own id."""
        return self[0]  # type: ignore[no-any-return]

    @property
    def scope(self) -> Scope:
        """The scope of the project that the parent is in."""
        return self[1]


@cache
def _parent(model: Any, who: Viewer) -> Select[Any]:
    """The statement for a parent and its scope, built once per kind of record and viewer."""
    return (
        select(model, Scope)
        .join(Scope, Scope.id == model.scope_id)
        .where(model.serial == bindparam("serial"), readable(model, who, by_accession=True))
    )


async def find_parent(unit: Unit, model: Any, kind: Kind, accession: str, field: str) -> Parent:
    """The parent that a new record names, if the caller may add to it."""
    unit.require_account()
    serial = require_serial(accession, unit.prefix, kind, field).serial
    row = (await unit.session.execute(_parent(model, viewer(unit)), {"serial": serial, **values(unit)})).first()
    if row is None:
        raise NotFound(f"{field}: there is no {kind.name.lower()} {accession}, or it is not visible to you.")
    await require(unit, Verb.CONTRIBUTE, row[1], row[0])
    return Parent((row[0].id, row[1]))


@cache
def _under_alias(model: Any) -> Select[Any]:
    """The statement for what somebody submitted under an alias, built once per kind of record."""
    return select(model.serial, model.submitted_digest, model.state, model.scope_id).where(
        model.owner_id == bindparam("owner"), model.alias == bindparam("alias")
    )


async def submitted_before(
    unit: Unit, model: Any, alias: str | None, digest: str, *, scope: Scope | None = None
) -> int | None:
    """The serial of the record that was submitted under this alias with the same content, None for a new alias.

    The same alias with other content is a `Conflict`, and in another project where the digest leaves out the project
    and `scope` is given in its place.
    """
    if alias is None:
        return None
    named = {"owner": unit.require_account(), "alias": alias}
    row = (await unit.session.execute(_under_alias(model), named)).first()
    if row is None:
        return None
    same = row.submitted_digest == digest and (scope is None or row.scope_id == scope.id)
    if same and row.state not in GONE:
        return int(row.serial)
    raise Conflict(
        f"You have already used the alias {alias!r} for other content; choose another alias.", code="alias_taken"
    )


def refuse(issues: Sequence[Issue]) -> None:
    """Raise `Rejected` with every issue, if there is any."""
    if issues:
        raise Rejected(issues)


async def add_record(
    unit: Unit, kind: Kind, model: type[Owned], draft: msgspec.Struct, *, scope: Scope, digest: str, **links: Any
) -> int:
    """Mint, insert and audit one record; returns its serial."""
    serial = (await mint(unit.session, {kind: 1}))[kind][0]
    row = row_of(draft, serial=serial, owner_id=unit.require_account(), scope_id=scope.id, digest=digest, **links)
    await insert_rows(unit.session, cast("Any", model).__table__, [row])
    audit.record(unit, "create", unit.accession(kind, serial))
    return serial


def row_of(
    draft: msgspec.Struct, *, serial: int, owner_id: UUID, scope_id: UUID, digest: str | None, **links: Any
) -> dict[str, Any]:
    """The columns of a new row from a settled draft."""
    values = {name: getattr(draft, name) for name in draft.__struct_fields__}
    return {
        "id": new_id(),
        "serial": serial,
        "owner_id": owner_id,
        "scope_id": scope_id,
        "submitted_digest": digest,
        **values,
        **links,
    }


async def load_for_change(unit: Unit, model: Any, kind: Kind, accession: str, verb: Verb) -> tuple[Any, Scope]:
    """The row and its scope, if the caller may see and change it; on PostgreSQL locked until the commit.

    Raises `Gone` for what was withdrawn.
    """
    unit.require_account()
    serial = require_serial(accession, unit.prefix, kind).serial
    found = (
        select(model, Scope)
        .join(Scope, Scope.id == model.scope_id)
        .where(model.serial == serial, readable_by(model, unit, by_accession=True))
        .with_for_update(of=model)
    )
    row = (await unit.session.execute(found)).first()
    if row is None:
        await raise_gone(unit, model, kind, serial)
        raise NotFound(f"There is no {kind.name.lower()} {accession}, or it is not visible to you.")
    await require(unit, verb, row[1], row[0])
    return row[0], row[1]


async def raise_gone(unit: Unit, model: Any, kind: Kind, serial: int) -> None:
    """Raise `Gone` with its tombstone, for everyone, where the record was once public and is withdrawn."""
    found = select(model.state, model.updated_at).where(model.serial == serial, model.state == State.WITHDRAWN)
    row = (await unit.session.execute(found)).first()
    if row is None:
        return
    printed = unit.accession(kind, serial)
    told = {"accession": printed, "state": str(row.state), "reason": None, "replaced_by": None}
    raise Gone(f"{printed} was withdrawn.", {**told, "withdrawn_at": row.updated_at, "when": row.updated_at})


def touch(unit: Unit, row: Owned, kind: Kind, changes: Mapping[str, Any]) -> None:
    """Write what differs, count the revision up, and leave an audit event with the fields' names."""
    differing = {name: value for name, value in changes.items() if getattr(row, name) != value}
    if not differing:
        return
    for name, value in differing.items():
        setattr(row, name, value)
    row.revision += 1
    audit.record(unit, "change", unit.accession(kind, row.serial), fields=sorted(differing))
