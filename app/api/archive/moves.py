"""`/{records}/{accession}/release|suppress|restore|replace|withdraw`: the moves of records from state to state."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from litestar import Controller, Request, Response, Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from accession.catalog.shapes import EXPERIMENT, PROJECT, SAMPLE, SUBJECT, Shape
from accession.files.runs import RUN
from accession.states import service
from accession.unit import Unit
from app.api.archive.answers import Render, changed, require_match
from app.api.archive.errors import TombstoneOut, problems
from app.api.archive.mapping.records import experiment_out, project_out, sample_out, subject_out
from app.api.archive.mapping.runs import run_out
from app.api.archive.structs.experiments import ExperimentOut
from app.api.archive.structs.projects import ProjectOut, ReleaseIn
from app.api.archive.structs.runs import RunOut
from app.api.archive.structs.samples import SampleOut
from app.api.archive.structs.states import NothingIn, ReasonIn, ReplaceIn
from app.api.archive.structs.subjects import SubjectOut

Out = TypeVar("Out")
Asked = Request[Any, Any, Any]
_REFUSALS = problems(403, 404, 409, 410, 412, 422)


class Face(NamedTuple):
    """How a kind of record is read and answered."""

    shape: Shape
    render: Render[Any]
    out: type


class Moves(Controller, Generic[Out]):
    """The moves that every kind of record has."""

    face: ClassVar[Face]

    def __init__(self, owner: Router) -> None:
        super().__init__(owner)
        self.signature_namespace["Out"] = self.face.out

    @post("/{accession:str}/suppress", status_code=200, summary="Suppress a record", responses=_REFUSALS)
    async def suppress(
        self, request: Asked, unit: NamedDependency[Unit], accession: FromPath[str], data: JSONBody[ReasonIn]
    ) -> Response[Out]:
        """Take a public record out of lists and finds, with what hangs on it; it still answers by its accession."""
        await require_match(request, unit, self.face.shape, accession, self.face.render, alone=True)
        await service.suppress(unit, self.face.shape.kind, accession, data.reason)
        return await changed(unit, self.face.shape, accession, self.face.render)

    @post("/{accession:str}/restore", status_code=200, summary="Restore a record", responses=_REFUSALS)
    async def restore(
        self,
        request: Asked,
        unit: NamedDependency[Unit],
        accession: FromPath[str],
        data: JSONBody[NothingIn | None] = None,  # noqa: ARG002  # a body may come, and says nothing
    ) -> Response[Out]:
        """Show a suppressed record again, with what was suppressed along with it."""
        await require_match(request, unit, self.face.shape, accession, self.face.render, alone=True)
        await service.restore(unit, self.face.shape.kind, accession)
        return await changed(unit, self.face.shape, accession, self.face.render)

    @post("/{accession:str}/replace", status_code=200, summary="Replace a record", responses=_REFUSALS)
    async def replace(
        self, request: Asked, unit: NamedDependency[Unit], accession: FromPath[str], data: JSONBody[ReplaceIn]
    ) -> Response[Out]:
        """Suppress a public record, and name the public record of the same kind that is to be used instead."""
        await require_match(request, unit, self.face.shape, accession, self.face.render, alone=True)
        await service.replace(unit, self.face.shape.kind, accession, data.replaced_by, data.reason)
        return await changed(unit, self.face.shape, accession, self.face.render)

    @post("/{accession:str}/withdraw", status_code=200, summary="Withdraw a record", responses=_REFUSALS)
    async def withdraw(
        self, request: Asked, unit: NamedDependency[Unit], accession: FromPath[str], data: JSONBody[ReasonIn]
    ) -> TombstoneOut:
        """End a record that was public, with what hangs on it: from now on it answers 410 with this tombstone."""
        await require_match(request, unit, self.face.shape, accession, self.face.render, alone=True)
        return TombstoneOut(**await service.withdraw(unit, self.face.shape.kind, accession, data.reason))


class RecordMoves(Moves[Out]):
    """The moves of what is in a project."""

    @post("/{accession:str}/release", status_code=200, summary="Release a record", responses=_REFUSALS)
    async def release(
        self,
        request: Asked,
        unit: NamedDependency[Unit],
        accession: FromPath[str],
        data: JSONBody[NothingIn | None] = None,  # noqa: ARG002  # a body may come, and says nothing
    ) -> Response[Out]:
        """End that the record is a draft or private by itself: it is as open as its project, and what is below it."""
        await require_match(request, unit, self.face.shape, accession, self.face.render, alone=True)
        await service.release_record(unit, self.face.shape.kind, accession)
        return await changed(unit, self.face.shape, accession, self.face.render)


class ProjectMoves(Moves[ProjectOut]):
    """The moves of projects."""

    path = "/projects"
    tags = ("Projects",)
    face = Face(PROJECT, project_out, ProjectOut)

    @post("/{accession:str}/release", status_code=200, summary="Release a project", responses=_REFUSALS)
    async def release(
        self,
        request: Asked,
        unit: NamedDependency[Unit],
        accession: FromPath[str],
        data: JSONBody[ReleaseIn | None] = None,
    ) -> Response[ProjectOut]:
        """Make the project public, at once or from a day on; 422 names all that is missing in it."""
        await require_match(request, unit, PROJECT, accession, project_out, alone=True)
        await service.release_project(unit, accession, data.release_date if data else None)
        return await changed(unit, PROJECT, accession, project_out)


class SubjectMoves(RecordMoves[SubjectOut]):
    """The moves of subjects, with their samples."""

    path = "/subjects"
    tags = ("Subjects",)
    face = Face(SUBJECT, subject_out, SubjectOut)


class SampleMoves(RecordMoves[SampleOut]):
    """The moves of samples, with their experiments and runs."""

    path = "/samples"
    tags = ("Samples",)
    face = Face(SAMPLE, sample_out, SampleOut)


class ExperimentMoves(RecordMoves[ExperimentOut]):
    """The moves of experiments, with their runs."""

    path = "/experiments"
    tags = ("Experiments",)
    face = Face(EXPERIMENT, experiment_out, ExperimentOut)


class RunMoves(RecordMoves[RunOut]):
    """The moves of runs, with all their versions."""

    path = "/runs"
    tags = ("Runs",)
    face = Face(RUN, run_out, RunOut)


MOVES = (ProjectMoves, SubjectMoves, SampleMoves, ExperimentMoves, RunMoves)
