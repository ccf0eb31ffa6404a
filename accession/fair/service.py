"""The FAIR score of a project: its checks, the score of each letter, and how far the caller could see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from accession.base import State
from accession.catalog.reading import get_record
from accession.catalog.shapes import PROJECT
from accession.fair.completeness import filled_of
from accession.fair.counting import counts_of, extent_of
from accession.fair.rules import Check, Facts, Principle, checks_of, score_of
from accession.ids import Kind
from accession.moves import visibility_of

if TYPE_CHECKING:
    from accession.unit import Unit


class FairScore(msgspec.Struct, frozen=True):
    """Scores are from 0 to 100. `whole` says that all records were counted, not only those that everybody may see.

    `samples_read` of `samples` were looked at field by field.
    """

    accession: str
    score: float
    principles: dict[Principle, float]
    checks: list[Check]
    whole: bool
    samples: int
    samples_read: int


async def fair_score(unit: Unit, accession: str) -> FairScore:
    """The score of a project as the caller sees it; `NotFound` or `Gone` as the project itself."""
    row = await get_record(unit, PROJECT, accession)
    extent = await extent_of(unit, row.serial)
    counts = await counts_of(unit, extent.scope_id)
    filled = await filled_of(unit, extent.scope_id)
    visibility = visibility_of(row.scope_state, row.release_date, unit.today)
    facts = Facts(
        **counts,
        title=row.title,
        description=row.description,
        license=row.license,
        visibility="suppressed" if row.scope_state == State.SUPPRESSED else visibility,
        external=bool(row.ena_accession or row.ncbi_accession),
        mandatory=filled.mandatory,
        recommended=filled.recommended,
        described=filled.samples,
        wanting=filled.wanting,
    )
    checks = checks_of(facts)
    return FairScore(
        accession=unit.accession(Kind.PROJECT, row.serial),
        score=score_of(checks),
        principles={letter: score_of(checks, letter) for letter in Principle},
        checks=checks,
        whole=extent.whole,
        samples=facts.samples,
        samples_read=filled.samples,
    )
