"""`/projects/{accession}/fair`: how findable, accessible, interoperable and reusable a project is."""

from __future__ import annotations

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from accession.fair.rules import Check
from accession.fair.service import fair_score
from accession.unit import Unit
from app.api.archive.errors import problems
from app.api.archive.structs.fair import FairCheckOut, FairOut, FairPrinciplesOut


class Fair(Controller):
    """What is told of a project's FAIRness."""

    path = "/projects"
    tags = ("Reports",)

    @get(
        "/{accession:str}/fair",
        summary="A project's FAIR score",
        description=(
            "Checks of what is there, each with its weight and what was counted. The score is the weighted mean of all "
            "checks, from 0 to 100. Readers of the whole project get it of all records (`scope: whole`), others of "
            "those that they may see. Fields of checklists are looked at in the newest 20,000 samples; a term for a "
            "missing value fills no field. Where a project has no runs or samples, what asks for them scores 0."
        ),
        responses=problems(404, 410, 422),
    )
    async def fair(self, unit: NamedDependency[Unit], accession: FromPath[str]) -> FairOut:
        """The score as it is now; nothing of it is stored."""
        found = await fair_score(unit, accession)
        return FairOut(
            accession=found.accession,
            score=found.score,
            principles=FairPrinciplesOut(**{letter.value: score for letter, score in found.principles.items()}),
            checks=[_check_out(check) for check in found.checks],
            scope="whole" if found.whole else "visible",
            samples=found.samples,
            samples_read=found.samples_read,
            computed_at=unit.now,
        )


def _check_out(check: Check) -> FairCheckOut:
    return FairCheckOut(
        id=check.id,
        principle=check.principle.value,
        title=check.title,
        weight=check.weight,
        score=check.score,
        passed=check.passed,
        detail=check.detail,
        count=check.count,
        of=check.of,
    )
