"""Says which versions of a run a caller may read: one that was replaced before its release stays private."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, or_, update

from accession.catalog.models import Run, RunVersion
from accession.people.access import is_open, whole_readable

if TYPE_CHECKING:
    from accession.people.models import Scope
    from accession.unit import Unit


def version_named(unit: Unit, version: int) -> ColumnElement[bool]:
    """The condition that joins `RunVersion` to `Run` and `Scope`: this version, where the unit's actor may read it.

    Whoever may read the run reads its current version and those that were public once; the others stay with those who
    read the whole project.
    """
    known = or_(RunVersion.version == Run.version, RunVersion.was_public, whole_readable(unit))
    return and_(RunVersion.run_id == Run.id, RunVersion.version == version, known)


async def keep_openness(unit: Unit, run: Run, scope: Scope) -> None:
    """Note on the current version of a run, which is about to be replaced, whether everyone may read it today."""
    if is_open(unit.today, scope.state, scope.release_date, run.state):
        current = update(RunVersion).where(RunVersion.run_id == run.id, RunVersion.version == run.version)
        await unit.session.execute(current.values(was_public=True), execution_options={"synchronize_session": False})
