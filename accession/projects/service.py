"""Registers and changes projects."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import insert, select

from accession.audit import service as audit
from accession.base import State, new_id
from accession.errors import Conflict, Denied, Rejected
from accession.ids import Kind
from accession.issues import Issue
from accession.moves import CLOSED
from accession.numbers import visibility_moved
from accession.people.access import Verb, refuse_viewers
from accession.people.models import Membership, Organisation, Scope
from accession.projects.models import Project
from accession.projects.rules import ProjectDraft, settle_project
from accession.records import add_record, load_for_change, refuse, submitted_before, touch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID

    from accession.unit import Unit

_MAY_ADD = ("owner", "admin", "contributor")


async def register_project(unit: Unit, draft: ProjectDraft, *, default_visibility: str) -> tuple[int, bool]:
    """Register a project owned by the caller; (serial, whether it is new).

    Without `visibility` the archive's default decides; a `release_date` in the future makes it embargoed until then.
    """
    account = refuse_viewers(unit)
    content = {name: value for name, value in msgspec.structs.asdict(draft).items() if name != "draft"}
    digest = sha256(msgspec.json.encode(content)).hexdigest()
    known = await submitted_before(unit, Project, draft.alias, digest)
    if known is not None:
        return known, False
    settled, issues = settle_project(draft)
    refuse(issues)
    visibility = settled.visibility or ("public" if settled.release_date else default_visibility)
    state = State.DRAFT if draft.draft else State.PUBLIC if visibility == "public" else State.PRIVATE
    organisation = await _organisation(unit, account, settled.organisation)
    scope = Scope(id=new_id(), owner_id=account, organisation_id=organisation, state=state)
    scope.embargo(settled.release_date, unit.today)
    columns = {c: getattr(settled, c) for c in _COLUMNS}
    await unit.session.execute(insert(Scope), [_values_of(scope)])
    serial = await add_record(
        unit, Kind.PROJECT, Project, _Columns(**columns), scope=scope, digest=digest, id=scope.id, state=state
    )
    return serial, True


_COLUMNS = ("alias", "title", "description", "project_type", "license", "ena_accession", "ncbi_accession")


class _Columns(msgspec.Struct, frozen=True):
    """The fields of a project's own row; the others live in its scope."""

    alias: str | None
    title: str
    description: str
    project_type: str
    license: str
    ena_accession: str | None
    ncbi_accession: str | None


def _values_of(scope: Scope) -> dict[str, Any]:
    names = ("id", "owner_id", "organisation_id", "state", "release_date", "awaits")
    return {name: getattr(scope, name) for name in names}


async def _organisation(unit: Unit, account: UUID, slug: str | None) -> UUID:
    """The organisation of a new project: the one named, if the caller may add to it, else the caller's own."""
    joined = select(Organisation.id, Membership.role).join(Membership, Membership.organisation_id == Organisation.id)
    mine = joined.where(Membership.account_id == account)
    wanted = mine.where(Organisation.slug == slug) if slug else mine.where(Organisation.personal)
    row = (await unit.session.execute(wanted)).first()
    if row is None:
        message = f"There is no organisation {slug!r} that you belong to." if slug else "You have no organisation."
        raise Rejected([Issue("unknown_organisation", message, field="organisation")])
    if row.role not in _MAY_ADD:
        raise Denied(f"Your role in {slug} is {row.role}; adding projects needs contributor.")
    return row.id  # type: ignore[no-any-return]


async def change_project(unit: Unit, accession: str, changes: Mapping[str, Any]) -> None:
    """Merge `changes` into a project's description; its day of release is for those who manage it."""
    verb = Verb.MANAGE if "release_date" in changes else Verb.CONTRIBUTE
    row, scope = await load_for_change(unit, Project, Kind.PROJECT, accession, verb)
    fields = dict(changes)
    current = {c: getattr(row, c) for c in _COLUMNS}
    settled, issues = settle_project(ProjectDraft(**{**current, **fields}))
    refuse(issues)
    if "release_date" in fields and fields["release_date"] != scope.release_date:
        _move_date(unit, accession, row, scope, fields["release_date"])
        await visibility_moved(unit.session)
    touch(unit, row, Kind.PROJECT, {c: getattr(settled, c) for c in _COLUMNS})


def _move_date(unit: Unit, accession: str, row: Project, scope: Scope, release_date: date | None) -> None:
    """Move the day of an embargo; what is public already cannot be taken back by a date."""
    if scope.state in CLOSED and release_date is not None:
        raise Conflict(f"{accession} is {scope.state}; release it with a release date when it is ready.")
    _refuse_taking_back(unit, accession, scope, release_date)
    scope.embargo(release_date, unit.today)
    row.revision += 1
    audit.record(unit, "change", accession, fields=["release_date"])


def _refuse_taking_back(unit: Unit, accession: str, scope: Scope, release_date: date | None) -> None:
    """Raise `Conflict` where a day in the future would close what is open to everyone."""
    already = scope.state == State.PUBLIC and (scope.release_date is None or scope.release_date <= unit.today)
    if already and release_date is not None and release_date > unit.today:
        raise Conflict(f"{accession} is public already; its release date cannot move into the future.")
