"""Makes an archive with one project in each state, each with one record of a kind, and with everybody who may ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from accession.base import State as Stored
from accession.base import new_id
from accession.catalog.models import Experiment, Run, RunVersion, Sample, Subject
from accession.files.models import File, FileState, QcReport
from accession.ids import Kind
from accession.numbers import mint
from accession.people.models import (
    Membership,
    Organisation,
    Scope,
)
from accession.projects.models import Project
from tests.conftest import make_person
from tests.permissions.people import CALLERS, State
from tests.permissions.sharing import reviewers, share, spoilt

if TYPE_CHECKING:
    from uuid import UUID

    from accession.unit import Unit
    from app.wiring import Wiring
    from tests.conftest import Person

PERSONAL = "HOSPITAL-4711"  # an external id, told to nobody who has no share in the project
OWNER = "quintessa"
LAB = "lab-of-quintessa"
GROUP = "group-group-editor"
PAGE = b"<!doctype html><html><head></head><body>page of %s</body></html>"
_STORED = {
    State.DRAFT: Stored.DRAFT,
    State.PRIVATE: Stored.PRIVATE,
    State.EMBARGOED: Stored.PUBLIC,
    State.PUBLIC: Stored.PUBLIC,
    State.SUPPRESSED: Stored.SUPPRESSED,
    State.WITHDRAWN: Stored.WITHDRAWN,
}
_MEMBERS = {"org_viewer": "viewer", "org_contributor": "contributor", "org_admin": "admin"}


@dataclass
class Scene:
    """One project with all that is in it; `mark` stands in its titles, aliases, custom fields, names and pages."""

    state: State
    scope_id: UUID
    file_id: UUID
    ids: dict[Kind, UUID]
    accessions: dict[str, str] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        return f"mark{self.state.value}mark"

    def filled(self, text: str) -> str:
        """The text with `{project}`, `{sample}`, `{file_id}` and so on of this scene in it."""
        for name, value in {**self.accessions, "file_id": str(self.file_id)}.items():
            text = text.replace(f"{{{name}}}", value)
        return text


@dataclass
class World:
    """The scenes, and the headers that each caller sends when it asks for one of them."""

    scenes: dict[State, Scene]
    headers: dict[str, dict[str, str]]
    reviewers: dict[str, dict[State, str]]

    def headers_of(self, name: str, state: State) -> dict[str, str]:
        if name in self.reviewers:
            return {"Authorization": f"Bearer {self.reviewers[name][state]}"}
        return self.headers[name]


async def build(wiring: Wiring) -> World:
    """Fill the archive."""
    people = {
        caller.name: await make_person(wiring, _person(caller.name)) for caller in CALLERS if _has_account(caller)
    }
    async with wiring.writing() as unit:
        lab = Organisation(id=new_id(), slug=LAB, title="The laboratory of Quintessa", personal=False)
        unit.session.add(lab)
        await unit.session.flush()
        for name, role in {**_MEMBERS, "owner": "owner"}.items():
            unit.session.add(Membership(account_id=people[name].id, organisation_id=lab.id, role=role))
    scenes = {}
    for state in State:
        scenes[state] = await _scene(wiring, people["owner"], lab.id, state)
    await share(wiring, people, scenes)
    links = await reviewers(wiring, people["owner"], scenes)
    headers = {"anonymous": {}, **{name: person.headers for name, person in people.items()}}
    headers |= await spoilt(wiring, people)
    return World(scenes, headers, links)


def _has_account(caller: Any) -> bool:
    return caller.name not in {"anonymous", "reviewer", "revoked_reviewer", "expired_reviewer"}


def _person(name: str) -> str:
    return OWNER if name == "owner" else name.replace("_", "-")


async def _scene(wiring: Wiring, owner: Person, lab: UUID, state: State) -> Scene:
    """The project of one state and a record of each kind in it, as they are stored."""
    ids = {kind: new_id() for kind in (Kind.PROJECT, Kind.SUBJECT, Kind.SAMPLE, Kind.EXPERIMENT, Kind.RUN)}
    scene = Scene(state, ids[Kind.PROJECT], new_id(), ids)
    async with wiring.writing(owner.actor) as unit:
        numbers = {k: r[0] for k, r in (await mint(unit.session, dict.fromkeys([*ids, Kind.FILE], 1))).items()}
        later = unit.today + timedelta(days=30) if state is State.EMBARGOED else None
        scope = Scope(
            id=scene.scope_id, owner_id=owner.id, organisation_id=lab, state=_STORED[state], release_date=later
        )
        unit.session.add(scope)
        await unit.session.flush()
        columns = {kind: _common(unit, scene, owner, kind, numbers[kind]) for kind in ids}
        for row in [*_records(scene, columns), *_files(scene, owner, numbers[Kind.FILE], columns[Kind.RUN])]:
            unit.session.add(row)
            await unit.session.flush()
        scene.accessions = {kind.name.lower(): unit.accession(kind, numbers[kind]) for kind in ids}
        await _pages(unit, wiring, scene)
    return scene


def _common(unit: Unit, scene: Scene, owner: Person, kind: Kind, serial: int) -> dict[str, Any]:
    """The columns that every record has; what is in a project is as open as the project."""
    stored = _STORED[scene.state]
    inner = stored if stored in {Stored.WITHDRAWN, Stored.DRAFT} else Stored.PUBLIC
    moved = unit.now if scene.state in {State.WITHDRAWN, State.SUPPRESSED} else None
    return {
        "id": scene.ids[kind],
        "serial": serial,
        "state": stored if kind is Kind.PROJECT else inner,
        "owner_id": owner.id,
        "scope_id": scene.scope_id,
        "alias": f"{scene.mark}-{kind.value}",
        "moved_at": moved,
        "moved_reason": "A mistake." if moved else None,
    }


def _records(scene: Scene, columns: dict[Kind, dict[str, Any]]) -> list[Any]:
    """What is described: the project, its subject, sample and experiment."""
    mark, ids = scene.mark, scene.ids
    texts = {"title": f"{mark} title", "description": f"{mark} description"}
    return [
        Project(**columns[Kind.PROJECT], **texts, project_type="WGS", license="CC-BY-4.0"),
        Subject(**columns[Kind.SUBJECT], external_id=PERSONAL, date_of_birth=date(1999, 9, 9)),
        Sample(
            **columns[Kind.SAMPLE],
            subject_id=ids[Kind.SUBJECT],
            checklist_id="ERC000011",
            organism="Bos taurus",
            tax_id=9913,
            collection_date="2024-05-01",
            geographic_location="Kenya",
            custom_fields={"note": f"{mark} note"},
        ),
        Experiment(
            **columns[Kind.EXPERIMENT],
            sample_id=ids[Kind.SAMPLE],
            platform="ILLUMINA",
            instrument_model="Illumina NovaSeq 6000",
            library_strategy="WGS",
            library_source="GENOMIC",
            library_layout="PAIRED",
            library_name=f"{mark} library",
        ),
    ]


def _files(scene: Scene, owner: Person, serial: int, columns: dict[str, Any]) -> list[Any]:
    """The file, its run and the run's version."""
    name = f"{scene.mark}.fastq.gz"
    md5, sha256 = "0" * 32, "0" * 64
    file = File(
        id=scene.file_id,
        serial=serial,
        owner_id=owner.id,
        scope_id=scene.scope_id,
        state=FileState.LINKED,
        filename=name,
        key=f"files/{scene.file_id}",
        version_id="v1",
        upload_method="direct",
        format="FASTQ",
        verdict={"valid": True, "counts": {"records": 4}},
        qc_status="passed",
        size=10,
        md5=md5,
        sha256=sha256,
    )
    run = Run(
        **columns,
        experiment_id=scene.ids[Kind.EXPERIMENT],
        file_id=scene.file_id,
        file_type="FASTQ",
        filename=name,
        file_size=10,
        checksum_md5=md5,
        checksum_sha256=sha256,
    )
    return [file, run, RunVersion(run_id=scene.ids[Kind.RUN], version=1, file_id=scene.file_id)]


async def _pages(unit: Unit, wiring: Wiring, scene: Scene) -> None:
    """The run's page of a tool, and the MultiQC pages of the run and of the project."""
    of_file, of_project = {"file_id": scene.file_id}, {"scope_id": scene.scope_id}
    for of, tool in (of_file, "FastQC"), (of_file, "MultiQC"), (of_project, "MultiQC"):
        key = f"pages/{new_id()}"
        unit.session.add(QcReport(**of, tool=tool, status="passed", summary={"total_sequences": 4}, page_key=key))
        if wiring.store is not None:
            await _page(wiring, key, PAGE % scene.mark.encode())


async def _page(wiring: Wiring, key: str, content: bytes) -> None:
    async def body() -> Any:
        yield content

    await wiring.store.put_stream(key, body(), content_type="text/html")  # type: ignore[union-attr]
