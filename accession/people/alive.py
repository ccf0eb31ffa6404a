"""Asks the database for a sign of life."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from accession.numbers import ArchiveSetting

if TYPE_CHECKING:
    from accession.unit import Unit


async def database_answers(unit: Unit) -> None:
    """Read one row that every archive has; whatever is wrong is raised."""
    (await unit.session.execute(select(ArchiveSetting.value).limit(1))).scalar_one()
