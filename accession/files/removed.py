"""Says when the bytes of a removed run go: a time of grace after its removal, unless another run has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from accession.catalog.models import Run, RunVersion
from accession.files.models import FileState
from accession.moves import State

if TYPE_CHECKING:
    from datetime import datetime

    from accession.files.models import File
    from accession.files.rules import Terms
    from accession.unit import Unit


async def bytes_end(unit: Unit, row: File, terms: Terms) -> datetime | None:
    """When the bytes of a linked file may go: after its run was removed; None where a run still has them.

    What was withdrawn keeps its bytes, for nobody to read.
    """
    if row.state != FileState.LINKED:
        return None
    versions = select(RunVersion.run_id).where(RunVersion.file_id == row.id)
    runs = or_(Run.file_id == row.id, Run.id.in_(versions))
    removed = func.count().filter(Run.state == State.REMOVED)
    found = (await unit.session.execute(select(func.count(), removed, func.max(Run.moved_at)).where(runs))).one()
    if not found[0] or found[0] != found[1] or found[2] is None:
        return None
    return found[2] + terms.removal  # type: ignore[no-any-return]
