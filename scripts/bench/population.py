"""Fills an empty archive for the benchmark of its catalog: projects of all kinds, samples and grants.

The older half of the samples is mixed as in life: public, embargoed and private projects of many labs that grow beside
each other. The newer half is private to somebody else, so that whoever reads from the newest has to get past it.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

import accession.services  # noqa: F401  # all rows
from accession.base import State, metadata, new_id
from accession.ids import Kind
from accession.inserts import insert_rows
from accession.numbers import mint, mint_in, visibility_moved, widen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from accession.unit import Unit
    from app.wiring import Wiring

SPECIES: tuple[str, ...] = (
    "Bos taurus",
    "Homo sapiens",
    "Mus musculus",
    "Sus scrofa",
    "Ovis aries",
    "Capra hircus",
    "Gallus gallus",
)
SPECIES += ("Camelus dromedarius", "Oryza sativa", "Zea mays", "Triticum aestivum", "Glossina morsitans")
RARE = "Loxodonta africana"
TISSUES = ("blood", "liver", "ear notch", "milk", "spleen", "lymph node", "skin", "lung")
PLACES = ("Kenya", "Ethiopia", "Uganda", "Rwanda", "Tanzania", "Mali", "Sudan", "Ghana", "Benin", "Malawi")
A_PROJECT = 200  # samples of a project, on average
A_LARGE_ONE = 1_000  # of one in the newer half
BESIDE = 8  # projects that grow at the same time
GROUPS = 50
LABS = 40
RUNS = 1_000  # of the project that file reports are asked of
AT_ONCE = 20_000


class Project(NamedTuple):
    """A project before it is written: its scope, what is mostly sampled in it, and whether everyone may read it."""

    id: UUID
    owner: UUID
    state: State
    release: Any
    species: str

    @property
    def open(self) -> bool:
        """Whether everyone may read it today."""
        return self.state is State.PUBLIC and (self.release is None or self.release <= datetime.now(UTC).date())


class Population(NamedTuple):
    """What requests ask for: the project with a thousand runs, a sample of it, and where the newer half begins."""

    reported: str
    sample: str
    hidden_from: int


async def populate(wiring: Wiring, samples: int, member: UUID) -> Population:
    """Write everything; `member` is the account that belongs to the groups."""
    chance = random.Random(samples)
    labs, rival = await _people(wiring)
    mixed = [_project(chance, labs[n % LABS], n) for n in range(max(samples // 2 // A_PROJECT, 2 * BESIDE))]
    hidden = [_project(chance, rival, 9) for _ in range(max(samples // 2 // A_LARGE_ONE, BESIDE))]
    serials = await _projects(wiring, [*mixed, *hidden])
    kept = await _samples(wiring, chance, mixed, samples // 2)
    await _samples(wiring, chance, hidden, samples - samples // 2)
    reported = next(project for project in mixed if project.open)
    await _runs(wiring, kept[reported.id][0], reported, RUNS)
    await _grants(wiring, member, [p for p in mixed if p.state is State.PRIVATE], kept)
    await _settle(wiring)
    async with wiring.reading() as unit:
        named = select(_table("samples").c.serial).where(_table("samples").c.id == kept[reported.id][1])
        serial = (await unit.session.execute(named)).scalar_one()
        project, sample = unit.accession(Kind.PROJECT, serials[reported.id]), unit.accession(Kind.SAMPLE, serial)
        return Population(project, sample, samples // 2 + 1)


def _table(name: str) -> Any:
    return metadata().tables[name]


async def _people(wiring: Wiring) -> tuple[list[UUID], UUID]:
    """Accounts of labs, each with an organisation of the same id, and one more that keeps everything private."""
    ids = [new_id() for _ in range(LABS + 1)]
    names = [f"lab-{n}" for n in range(LABS + 1)]
    accounts = [
        {"id": i, "name": n, "email": f"{n}@example.org", "full_name": n, "password_hash": None}
        for i, n in zip(ids, names, strict=True)
    ]
    async with wiring.writing() as unit:
        await insert_rows(unit.session, _table("accounts"), accounts)
        await insert_rows(
            unit.session,
            _table("organisations"),
            [{"id": i, "slug": n, "title": n} for i, n in zip(ids, names, strict=True)],
        )
    return ids[:-1], ids[-1]


def _project(chance: random.Random, owner: UUID, number: int) -> Project:
    """Six of ten are public, one was released, one is under embargo, two are private."""
    today = datetime.now(UTC).date()
    kind = number % 10
    state = State.PRIVATE if kind >= 8 else State.PUBLIC
    release = {6: today - timedelta(days=300), 7: today + timedelta(days=300)}.get(kind)
    weights = [1 / (place + 1) for place in range(len(SPECIES))]
    return Project(new_id(), owner, state, release, chance.choices(SPECIES, weights)[0])


async def _projects(wiring: Wiring, projects: list[Project]) -> dict[UUID, int]:
    async with wiring.writing() as unit:
        serials = (await mint(unit.session, {Kind.PROJECT: len(projects)}))[Kind.PROJECT]
        scopes = [
            {"id": p.id, "owner_id": p.owner, "organisation_id": p.owner, "state": p.state, "release_date": p.release}
            for p in projects
        ]
        await insert_rows(unit.session, _table("scopes"), scopes)
        rows = [
            {"id": p.id, "scope_id": p.id, "owner_id": p.owner, "serial": serial}
            for p, serial in zip(projects, serials, strict=True)
        ]
        shared = {"title": "A project", "description": "Many samples.", "project_type": "WGS", "license": "CC-BY-4.0"}
        await insert_rows(unit.session, _table("projects"), rows, **shared)
    return dict(zip([p.id for p in projects], serials, strict=True))


async def _samples(
    wiring: Wiring, chance: random.Random, projects: list[Project], count: int
) -> dict[UUID, list[UUID]]:
    """Samples of the projects, of some at a time, one or two of each; the first ids of every project."""
    kept: dict[UUID, list[UUID]] = {project.id: [] for project in projects}
    places = _growing(chance, len(projects), count)
    for start in range(0, count, AT_ONCE):
        chosen = [projects[next(places)] for _ in range(min(AT_ONCE, count - start))]
        rows = [_sample(chance, project, start + n) for n, project in enumerate(chosen)]
        for project, row in zip(chosen, rows, strict=True):
            if len(kept[project.id]) < 10:
                kept[project.id].append(row["id"])
        async with wiring.writing() as unit:
            serials = (await mint(unit.session, {Kind.SAMPLE: len(rows)}))[Kind.SAMPLE]
            numbered = [row | {"serial": serial} for row, serial in zip(rows, serials, strict=True)]
            await insert_rows(unit.session, _table("samples"), numbered, checklist_id="ERC000011")
            await _span(unit, numbered)
    return kept


async def _span(unit: Unit, rows: list[dict[str, Any]]) -> None:
    """Note where the numbers of each project lie, as its samples would do one after another."""
    lasts: dict[UUID, int] = {row["scope_id"]: row["serial"] for row in rows}
    firsts: dict[UUID, int] = {row["scope_id"]: row["serial"] for row in reversed(rows)}
    for scope_id, last in lasts.items():
        await widen(unit.session, scope_id, {Kind.SAMPLE: range(firsts[scope_id], last + 1)})


def _growing(chance: random.Random, projects: int, count: int) -> Iterator[int]:
    """The place of the project that each sample goes to; a window of a few projects moves over all of them."""
    for number in range(count):
        first = number * max(projects - BESIDE, 1) // count
        yield min(first + chance.randrange(BESIDE), projects - 1)


def _sample(chance: random.Random, project: Project, number: int) -> dict[str, Any]:
    """Nine of ten are of the project's own species; a dozen of the oldest thousands are of a rare one."""
    species = project.species if chance.random() < 0.9 else chance.choice(SPECIES)
    rare = project.open and number % 80 == 0 and number < 3_000
    return {
        "id": new_id(),
        "scope_id": project.id,
        "owner_id": project.owner,
        "alias": f"{project.id.hex[-6:]}-{number}",
        "state": State.SUPPRESSED if number % 50 == 0 else State.PUBLIC,
        "organism": RARE if rare else species,
        "tax_id": 9785 if rare else 9000 + SPECIES.index(species),
        "collection_date": f"20{chance.randrange(10, 26)}-{chance.randrange(1, 13):02d}-11",
        "geographic_location": chance.choice(PLACES),
        "breed": f"breed {chance.randrange(100)}" if number % 2 else None,
        "tissue": chance.choice(TISSUES),
        "custom_fields": {"altitude": str(chance.randrange(3000))},
    }


async def _runs(wiring: Wiring, sample: UUID, project: Project, count: int) -> None:
    """Experiments of one sample, each with one run and its file."""
    own = {"owner_id": project.owner, "scope_id": project.id}
    async with wiring.writing() as unit:
        minted = await mint_in(unit.session, project.id, dict.fromkeys((Kind.EXPERIMENT, Kind.RUN, Kind.FILE), count))
        made = [(new_id(), new_id(), new_id(), f"f{n}.fastq.gz") for n in range(count)]
        facts = {"state": "linked", "upload_method": "direct", "format": "FASTQ", "size": 10, "sha256": "0" * 64}
        files = [
            {"id": file, "serial": serial, "filename": name, "key": f"files/{serial}", "md5": file.hex}
            for (_, _, file, name), serial in zip(made, minted[Kind.FILE], strict=True)
        ]
        await insert_rows(unit.session, _table("files"), files, **facts, **own)
        experiments = [
            {"id": experiment, "serial": serial}
            for (experiment, *_), serial in zip(made, minted[Kind.EXPERIMENT], strict=True)
        ]
        library = {"platform": "ILLUMINA", "instrument_model": "NextSeq 550", "library_strategy": "WGS"}
        library |= {"library_source": "GENOMIC", "library_layout": "SINGLE"}
        await insert_rows(unit.session, _table("experiments"), experiments, sample_id=sample, **library, **own)
        runs = [
            {"id": run, "serial": serial, "experiment_id": experiment, "file_id": file, "filename": name}
            | {"checksum_md5": file.hex}
            for (experiment, run, file, name), serial in zip(made, minted[Kind.RUN], strict=True)
        ]
        described = {"file_type": "FASTQ", "file_size": 10, "checksum_sha256": "0" * 64}
        await insert_rows(unit.session, _table("runs"), runs, **described, **own)
        versions = [{"id": new_id(), "run_id": run, "file_id": file} for _, run, file, _ in made]
        await insert_rows(unit.session, _table("run_versions"), versions, version=1)


async def _grants(wiring: Wiring, member: UUID, private: list[Project], kept: dict[UUID, list[UUID]]) -> None:
    """Fifty groups of the member's, each with two private projects to read, and fifty single samples."""
    groups = [{"id": new_id(), "slug": f"group-{n}", "title": f"Group {n}"} for n in range(GROUPS)]
    pairs = {(private[(2 * n + k) % len(private)].id, group["id"]) for n, group in enumerate(groups) for k in (0, 1)}
    blank = {"account_id": None, "group_id": None}
    granted = [blank | {"kind": "PRJ", "target_id": target, "group_id": group} for target, group in pairs]
    single = [sample for project in private[len(private) // 2 :] for sample in kept[project.id][:1]][:50]
    granted += [blank | {"kind": "SAM", "target_id": sample, "account_id": member} for sample in single]
    async with wiring.writing() as unit:
        await insert_rows(unit.session, _table("groups"), groups, owner_id=member)
        members = [{"id": new_id(), "group_id": group["id"]} for group in groups]
        await insert_rows(unit.session, _table("group_members"), members, account_id=member)
        rows = [{"id": new_id(), **grant} for grant in granted]
        await insert_rows(unit.session, _table("grants"), rows, level=1, granted_by=member)


async def _settle(wiring: Wiring) -> None:
    """Let a PostgreSQL gather its statistics, as it does by itself within minutes."""
    async with wiring.writing() as unit:
        await visibility_moved(unit.session)
    if not wiring.settings.sqlite:
        async with wiring.engines.read.connect() as connection:
            await connection.exec_driver_sql("VACUUM ANALYZE")
