"""`/runs/{accession}/qc`, `/runs/{accession}/validation` and `/projects/{accession}/qc`."""

from __future__ import annotations

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from accession.files.project_quality import project_quality
from accession.files.quality import run_quality, run_verdict
from accession.unit import Unit
from app.api.archive.errors import problems
from app.api.archive.mapping.qc import project_qc_out, run_qc_out, validation_out
from app.api.archive.structs.qc import ProjectQcOut, RunQcOut, ValidationOut
from app.wiring import Wiring


class Qc(Controller):
    """What is known of the quality of files: verdicts, the reports of QC tools, and their pages."""

    tags = ("Quality",)

    @get("/runs/{accession:str}/qc", summary="A run's QC reports", responses=problems(404, 410, 422))
    async def run_qc(
        self, unit: NamedDependency[Unit], wiring: NamedDependency[Wiring], accession: FromPath[str]
    ) -> RunQcOut:
        """Status, tool and summary, and one report a tool; before the verdict pending, and without reports."""
        return run_qc_out(await run_quality(unit, accession), wiring, unit.actor)

    @get("/runs/{accession:str}/validation", summary="A run's verdict", responses=problems(404, 410, 422))
    async def run_validation(self, unit: NamedDependency[Unit], accession: FromPath[str]) -> ValidationOut:
        """What was checked, what was counted and how it is graded, and every finding up to 100."""
        return validation_out(await run_verdict(unit, accession))

    @get("/projects/{accession:str}/qc", summary="A project's QC", responses=problems(404, 410, 422))
    async def project_qc(
        self, unit: NamedDependency[Unit], wiring: NamedDependency[Wiring], accession: FromPath[str]
    ) -> ProjectQcOut:
        """One line a run, and the MultiQC page over the whole project."""
        return project_qc_out(await project_quality(unit, accession), wiring, unit.actor)
