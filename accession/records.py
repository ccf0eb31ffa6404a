"""What every kind of record has in common: finding the parent, the alias, adding a row, loading one for a change."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy import Select, bindparam, select

from accession.audit import service as audit
from accession.base import GONE, State, new_id
from accession.errors import Conflict, Gone, NotFound, Rejected
from accession.ids import Kind, require_serial
from accession.inserts import insert_rows
from accession.issues import Issue
from accession.moves import beneath
from accession.numbers import mint_in
from accession.people.access import Verb, Viewer, readable, readable_by, require, values, viewer
from accession.people.models import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    import msgspec

    from accession.base import Owned
    from accession.unit import Unit


class Parent(NamedTuple):
    """A parent that a new record names: its id, the access scope of its project, and how open what is below it is.

    `keeper` is the accession of the record, itself or above it, that alone can open what is below it.
    """

    id: UUID
    scope: Scope
    state: str
    keeper: str | None

    def beneath(self, wanted: State = State.PUBLIC) -> dict[str, Any]:
        """The state of a new record below the parent, which is no more open than the parent is."""
        return below(self.state, self.keeper, wanted)


def below(state: str, keeper: str | None, wanted: State = State.PUBLIC) -> dict[str, Any]:
    """The columns of state of a new record whose parent has this state and this keeper."""
    own = beneath(state, wanted)
    return {"state": own, "moved_with": None if own == wanted else keeper}


async def hold_scope(unit: Unit, scope_id: Any, *, alone: bool = False) -> None:
    """Lock a project's scope until the commit: `alone` for moves of state, beside others for all other changes.

    `scope_id` is an id or a subquery for one. Whoever changes a record locks its project's scope first and rows
    afterwards, so that no two wait for each other, and reads in later statements, which see what the others have
    committed. SQLite has one writer at a time anyway.
    """
    if unit.session.get_bind().dialect.name != "sqlite":
        held = select(Scope.id).where(Scope.id == scope_id)
        await unit.session.execute(held.with_for_update(read=not alone, key_share=alone, of=Scope))


@lru_cache(1000)
def scope_of(model: Any, serial: int) -> Any:
    """The id of the scope that a record is in, as a subquery."""
    return select(model.scope_id).where(model.serial == serial).scalar_subquery()


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
    await hold_scope(unit, scope_of(model, serial))
    row = (await unit.session.execute(_parent(model, viewer(unit)), {"serial": serial, **values(unit)})).first()
    if row is None:
        if await is_withdrawn(unit, model, serial):
            raise Conflict(f"{field}: {accession} was withdrawn; nothing can be added to it.", code="parent_withdrawn")
        raise NotFound(f"{field}: there is no {kind.name.lower()} {accession}, or it is not visible to you.")
    await require(unit, Verb.CONTRIBUTE, row[1], row[0])
    return parent_of(unit, kind, row[0], row[1])


def parent_of(unit: Unit, kind: Kind, row: Owned, scope: Scope) -> Parent:
    """A row as the parent of a new record; what is below a project follows the project, whatever its state."""
    own = cast("Any", row).id
    if kind is Kind.PROJECT or row.state == State.PUBLIC:
        return Parent(own, scope, State.PUBLIC, None)
    return Parent(own, scope, row.state, row.moved_with or unit.accession(kind, row.serial))


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
    serial = (await mint_in(unit.session, scope.id, {kind: 1}))[kind][0]
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


async def load_for_change(
    unit: Unit, model: Any, kind: Kind, accession: str, verb: Verb, *, alone: bool = False
) -> tuple[Any, Scope]:
    """The row and its scope, if the caller may see and change it; on PostgreSQL locked until the commit.

    Whoever manages, or asks to be `alone`, has the scope too. Raises `Gone` for what was withdrawn.
    """
    unit.require_account()
    serial = whole_record(accession, unit.prefix, kind)
    await hold_scope(unit, scope_of(model, serial), alone=alone or verb is Verb.MANAGE)
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


def whole_record(accession: str, prefix: str, kind: Kind) -> int:
    """The serial of a record that is to be changed; a version of a run is only read."""
    wanted = require_serial(accession, prefix, kind)
    if wanted.version is not None:
        bare = accession.partition(".")[0]
        message = f"{accession} is one version, and those never change; name the run itself: {bare}."
        raise Rejected([Issue("names_a_version", message, field="accession")])
    return wanted.serial


async def raise_gone(unit: Unit, model: Any, kind: Kind, serial: int) -> None:
    """Raise `Gone` with its tombstone, for everyone, where the record was once public and is withdrawn."""
    told = await tombstone(unit, model, kind, serial)
    if told is not None:
        raise Gone(f"{told['accession']} was withdrawn.", told)


async def tombstone(unit: Unit, model: Any, kind: Kind, serial: int) -> dict[str, Any] | None:
    """What everyone may know of a record that was withdrawn; None where it was not."""
    columns = (model.state, model.updated_at, model.moved_at, model.moved_reason, model.replaced_by)
    found = select(*columns).where(model.serial == serial, model.state == State.WITHDRAWN)
    row = (await unit.session.execute(found)).first()
    if row is None:
        return None
    moved = row.moved_at or row.updated_at
    return {
        "accession": unit.accession(kind, serial),
        "state": str(row.state),
        "reason": row.moved_reason,
        "replaced_by": row.replaced_by,
        "withdrawn_at": moved,
        "when": moved,
    }


async def is_withdrawn(unit: Unit, model: Any, serial: int) -> bool:
    """Whether a record was withdrawn, which everyone may know."""
    found = select(model.id).where(model.serial == serial, model.state == State.WITHDRAWN)
    return (await unit.session.execute(found)).first() is not None


def touch(unit: Unit, row: Owned, kind: Kind, changes: Mapping[str, Any]) -> None:
    """Write what differs, count the revision up, and leave an audit event with the fields' names."""
    differing = {name: value for name, value in changes.items() if getattr(row, name) != value}
    if not differing:
        return
    for name, value in differing.items():
        setattr(row, name, value)
    row.revision += 1
    audit.record(unit, "change", unit.accession(kind, row.serial), fields=sorted(differing))
