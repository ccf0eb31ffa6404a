"""Finds the file that somebody wants to share, and says what becomes of its grants once a run has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select

from accession.errors import Denied, NotFound
from accession.files.models import File, FileState
from accession.ids import Kind
from accession.numbers import visibility_moved
from accession.people.access import Level, Verb, may_by_role, personal_to, whole_readable
from accession.people.grants import Target, ends_of_shares
from accession.people.models import Grant, Scope
from accession.people.rules import AccountRole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from accession.unit import Unit

_AT_ONCE = 500
_ABSENT = "There is no such file that is visible to you."


async def shared_file(unit: Unit, file_id: UUID, *, lock: bool = False) -> Target:
    """A file that the caller may share: a staged one is its owner's to share, a run's those who share the project.

    Who sees the file but may not share it is `Denied`; for others in the project it is as absent as it is by itself.
    """
    account = unit.require_account()
    seen = personal_to(File, unit, Level.READ)
    found = (
        select(File, Scope, seen)
        .outerjoin(Scope, Scope.id == File.scope_id)
        .where(File.id == file_id, File.state != FileState.RECEIVING, or_(seen, whole_readable(unit)))
    )
    row = (await unit.session.execute(found.with_for_update(of=File) if lock else found)).first()
    if row is None:
        raise NotFound(_ABSENT)
    file, scope, visible = row
    writes = unit.actor.role != AccountRole.VIEWER
    own = unit.actor.admin or (file.owner_id == account and writes)
    by_role = own if scope is None else may_by_role(unit, Verb.SHARE, scope)
    reach = (file.id,) if scope is None else (file.id, scope.id)
    if not by_role and not (writes and unit.actor.granted and await ends_of_shares(unit, reach)):
        raise Denied("You may read this file, but not share it; ask its owner.") if visible else NotFound(_ABSENT)
    owner_id = file.owner_id if scope is None else scope.owner_id
    return Target("file", file.id, unit.accession(Kind.FILE, file.serial), owner_id, reach, by_role)


async def end_grants_on(unit: Unit, file_id: UUID) -> None:
    """What was granted on a file ends with the file."""
    await unit.session.execute(
        delete(Grant).where(Grant.target_id == file_id).execution_options(synchronize_session=False)
    )


async def end_grants_of_others(unit: Unit, ids: Sequence[UUID], scope_id: UUID) -> None:
    """Where the actor may add files to a project but not share it, what was granted on those files ends."""
    scope = await unit.session.get(Scope, scope_id)
    if scope is None or may_by_role(unit, Verb.SHARE, scope):
        return
    ended = 0
    for start in range(0, len(ids), _AT_ONCE):
        gone = delete(Grant).where(Grant.target_id.in_(ids[start : start + _AT_ONCE])).returning(Grant.id)
        ended += len((await unit.session.execute(gone.execution_options(synchronize_session=False))).all())
    if ended:
        await visibility_moved(unit.session)
