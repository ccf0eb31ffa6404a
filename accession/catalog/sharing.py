"""Finds the sample that somebody wants to share with its experiments and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accession.catalog.models import Sample
from accession.ids import Kind
from accession.people.access import Verb, may_by_role
from accession.people.grants import Target
from accession.projects.sharing import find_governed

if TYPE_CHECKING:
    from accession.unit import Unit


async def shared_sample(unit: Unit, accession: str, *, lock: bool = False) -> Target:
    """A sample that the caller may share."""
    row, scope = await find_governed(unit, Sample, Kind.SAMPLE, accession, Verb.SHARE, lock=lock)
    by_role = may_by_role(unit, Verb.SHARE, scope)
    return Target("sample", row.id, accession, scope.owner_id, (scope.id, row.id), by_role)
