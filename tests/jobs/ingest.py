"""Steps that tests of background work share: a file sent in, a worker at work, and waiting with a deadline."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import insert, select, update

from accession.base import new_id
from accession.catalog.models import Experiment, Run, RunVersion, Sample
from accession.files.models import File, FileState, QcReport
from accession.files.uploads import Uploads
from accession.ids import Kind
from accession.numbers import mint
from accession.people.models import Scope
from accession.projects.models import Project
from app.jobs.worker import run_worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from uuid import UUID

    from app.storage.s3 import S3Store
    from app.wiring import Wiring
    from tests.conftest import Person

PATIENCE = 90.0
REPOSITORY = Path(__file__).parents[2]


async def send_in(
    wiring: Wiring, person: Person, source: Path | bytes, filename: str | None = None, md5: str | None = None
) -> UUID:
    """Upload a file as a streamed body does, and return its id; it waits for its verdict."""
    data = source if isinstance(source, bytes) else source.read_bytes()
    name = filename or (source.name if isinstance(source, Path) else "reads.fastq")

    async def body() -> AsyncIterator[bytes]:
        yield data

    async with wiring.writing(person.actor) as unit:
        begun = await Uploads(unit, wiring.terms).begin_stream(name, announced=len(data))
    stat = await wiring.store.put_stream(begun.key, body(), content_type="application/octet-stream")
    async with wiring.writing(person.actor) as unit:
        await Uploads(unit, wiring.terms).received(
            begun.id, stat, md5=hashlib.md5(data).hexdigest(), sha256=hashlib.sha256(data).hexdigest()
        )
        if md5 is not None:
            await unit.session.execute(update(File).where(File.id == begun.id).values(promised_md5=md5))
    return begun.id


async def file_row(wiring: Wiring, file_id: UUID) -> File:
    async with wiring.reading() as unit:
        return (await unit.session.scalars(select(File).where(File.id == file_id))).one()


async def reports_of(wiring: Wiring, file_id: UUID) -> dict[str, QcReport]:
    async with wiring.reading() as unit:
        rows = (await unit.session.scalars(select(QcReport).where(QcReport.file_id == file_id))).all()
    return {row.tool: row for row in rows}


async def project_page_of(wiring: Wiring, project_id: UUID) -> QcReport | None:
    async with wiring.reading() as unit:
        return (await unit.session.scalars(select(QcReport).where(QcReport.scope_id == project_id))).one_or_none()


async def has_verdict(wiring: Wiring, *files: UUID) -> bool:
    return FileState.VERIFYING not in [(await file_row(wiring, one)).state for one in files]


async def has_qc(wiring: Wiring, *files: UUID) -> bool:
    return not {"pending", "running"} & {(await file_row(wiring, one)).qc_status for one in files}


async def eventually(holds: Callable[[], Awaitable[Any]], *, within: float = PATIENCE) -> Any:
    """Ask until the answer is true, and return it; fail at the deadline."""
    end = time.monotonic() + within
    while not (answer := await holds()):
        assert time.monotonic() < end, "it has not happened in time"
        await asyncio.sleep(0.05)
    return answer


@asynccontextmanager
async def working(wiring: Wiring) -> AsyncIterator[asyncio.Task[None]]:
    """A worker in this process."""
    stop = asyncio.Event()
    task = asyncio.create_task(run_worker(wiring, stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)


def worker_process(wiring: Wiring, store: S3Store, store_server: Any, *, hang_at: str = "") -> subprocess.Popen[bytes]:
    """A worker as a process of its own; at `hang_at` it writes the file `hangs` below the data folder and waits."""
    told = {
        "settings": {name: getattr(wiring.settings, name) for name in wiring.settings.__struct_fields__},
        "store": [store_server.endpoint_url, store_server.access_key, store_server.secret_key, store.bucket],
        "hang_at": hang_at,
    }
    command = [sys.executable, "-m", "tests.jobs.worker_process"]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE)
    process.stdin.write(msgspec.json.encode(told, enc_hook=str))
    process.stdin.close()
    return process


async def make_project(wiring: Wiring, person: Person, title: str = "A project") -> Project:
    """A public project with a sample and an experiment, added without the rules about their fields."""
    async with wiring.writing(person.actor) as unit:
        number = (await mint(unit.session, {Kind.PROJECT: 1}))[Kind.PROJECT][0]
        organisation = next(iter(person.actor.organisations))
        project_id = new_id()
        unit.session.add(Scope(id=project_id, owner_id=person.id, organisation_id=organisation, state="public"))
        await unit.session.flush()
        project = Project(
            id=project_id,
            scope_id=project_id,
            owner_id=person.id,
            serial=number,
            title=title,
            description="What it is about",
            project_type="WGS",
            license="CC-BY-4.0",
        )
        unit.session.add(project)
        await unit.session.flush()
    return project


async def make_run(wiring: Wiring, person: Person, project: Project, file_id: UUID, *, state: str = "public") -> str:
    """Make a run of a file in a project, and return its accession."""
    common = {"owner_id": person.id, "scope_id": project.id}
    async with wiring.writing(person.actor) as unit:
        kinds = {Kind.SAMPLE: 1, Kind.EXPERIMENT: 1, Kind.RUN: 1}
        numbers = {kind: found[0] for kind, found in (await mint(unit.session, kinds)).items()}
        sample, experiment, run = new_id(), new_id(), new_id()
        unit.session.add(Sample(id=sample, serial=numbers[Kind.SAMPLE], **common))
        await unit.session.flush()
        unit.session.add(Experiment(id=experiment, serial=numbers[Kind.EXPERIMENT], sample_id=sample, **common))
        await unit.session.flush()
        serial = numbers[Kind.RUN]
        unit.session.add(Run(id=run, serial=serial, experiment_id=experiment, file_id=file_id, state=state, **common))
        await unit.session.flush()
        await unit.session.execute(
            insert(RunVersion), [{"id": new_id(), "run_id": run, "version": 1, "file_id": file_id}]
        )
        await unit.session.execute(
            update(File).where(File.id == file_id, File.state == "verified").values(state="linked", scope_id=project.id)
        )
        return unit.accession(Kind.RUN, serial)
