"""Walks through an archive at random: makes records and moves them, in units some of which are made to fail."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import text

from accession.actor import ARCHIVE
from accession.catalog.drafts import ExperimentDraft, RunDraft, SampleDraft, SubjectDraft
from accession.catalog.registering import register_experiment, register_sample, register_subject
from accession.errors import Conflict, Unavailable
from accession.files.runs import describe_run
from accession.ids import Kind
from accession.moves import GONE, Move, State, Visibility, allowed
from accession.projects.rules import ProjectDraft
from accession.projects.service import register_project
from accession.states import service
from accession.states.days import note_openings
from accession.states.purging import purge
from accession.states.removing import remove
from app.api.archive.structs.runs import RunIn
from tests.states.model import Record, below

if TYPE_CHECKING:
    from datetime import date

    from accession.unit import Unit
    from app.wiring import Wiring

WHY = "A random reason."
GRACE = timedelta(days=7)
BEGINNINGS = (State.PUBLIC, State.PUBLIC, State.PUBLIC, State.PRIVATE, State.DRAFT)
CHILDREN = {"PRJ": ("SBJ", "SAM", "SAM"), "SBJ": ("SAM",), "SAM": ("EXP",), "EXP": ("RUN", "RUN"), "RUN": ()}
FEWEST, MOST = 60, 240
FAILURES = 0.15
_BREAK = {
    # A commit that the database itself refuses, or never hears of.
    "sqlite": (
        "PRAGMA defer_foreign_keys = ON",
        "INSERT INTO memberships VALUES (x'01', x'02', x'03', 'owner', '2026-01-01', '2026-01-01')",
    ),
    "postgresql": ("SELECT pg_terminate_backend(pg_backend_pid())",),
}


class Crash(Exception):
    """A unit that was made to fail."""


class Walk:
    """One random walk. `records` are all that were ever committed, as they ought to be; `live` those that are there.

    `changes` counts the records that were made, moved, or taken along by a move.
    """

    def __init__(self, wiring: Wiring, owner: Any, clock: Any, seed: int) -> None:
        self.wiring = wiring
        self.owner = owner
        self.clock = clock
        self.seed = seed
        self.chance = random.Random(seed)
        self.records: dict[str, Record] = {}
        self.live: list[Record] = []
        self.newest: dict[str, str] = {}
        self.days = 0.02  # how often a night passes
        self.steps = self.changes = self.crashes = 0

    async def step(self) -> None:
        """One unit with some changes, which is committed or fails as a whole."""
        self.steps += 1
        if self.chance.random() < self.days:
            self.clock.advance(days=1)
        before = [(r, r.state, r.keeper, r.day, len(r.children)) for r in self.live]
        fails = self.chance.random() < FAILURES
        made: list[Record] = []
        count = self.chance.randint(1, 8)
        try:
            async with self.wiring.writing(self.owner.actor) as unit:
                for _ in range(count):
                    await self._change(unit, made)
                    if fails and self.chance.random() < 0.2:
                        break
                if fails:
                    await self._fail(unit)
        except (Crash, Conflict, Unavailable):
            if not fails:
                raise
        if fails:
            self._take_back(before)
            self.crashes += 1
            return
        self.changes += len(made) + sum(record.state is not state for record, state, *_ in before)
        self._keep(made)

    def _take_back(self, before: list[tuple[Any, ...]]) -> None:
        """Nothing of a unit that failed has happened."""
        for record, state, keeper, day, children in before:
            record.state, record.keeper, record.day = state, keeper, day
            del record.children[children:]

    def _keep(self, made: list[Record]) -> None:
        for record in made:
            assert record.accession not in self.records, f"{record.accession} was given twice"
            assert self.newest.get(record.kind, "") < record.accession
            self.records[record.accession], self.newest[record.kind] = record, record.accession
        self.live = [record for record in [*self.live, *made] if record.state not in GONE]

    async def _fail(self, unit: Unit) -> None:
        """Fail at the end of a unit: doomed, before or after the flush, or in the commit itself."""
        match self.chance.randrange(4):
            case 0:
                unit.doom()
            case 1:
                raise Crash
            case 2:
                await unit.session.flush()
                raise Crash
            case _:
                for statement in _BREAK[unit.session.get_bind().dialect.name]:
                    await unit.session.execute(text(statement))

    async def _change(self, unit: Unit, made: list[Record]) -> None:
        """Make a record or move one."""
        there = [record for record in [*self.live, *made] if record.state not in GONE]
        if len(there) < FEWEST or (len(there) < MOST and self.chance.random() < 0.3):
            made.append(await self._make(unit, there))
            return
        record = self._chosen(there)
        today = unit.today
        moves = allowed(record.standing(today))
        if not moves:
            await self._refuse(unit, record)
            return
        ending = [move for move in moves if move in {Move.WITHDRAW, Move.REMOVE}]
        gentle = [move for move in moves if move not in ending]
        move = self.chance.choice(gentle if gentle and self.chance.random() < 0.95 else moves)
        await self._move(unit, record, move, there)

    def _chosen(self, there: list[Record]) -> Record:
        """One of the records, those above many others more often."""
        weights = [1 + (2 * len(r.family()) ** 2 if r.kind in {"SBJ", "SAM", "EXP"} else 0) for r in there]
        return self.chance.choices(there, weights)[0]

    async def _make(self, unit: Unit, there: list[Record]) -> Record:
        parents = [record for record in there if CHILDREN[record.kind]]
        if not parents or self.chance.random() < 0.05:
            return await self._make_project(unit)
        parent = self.chance.choice(parents)
        kind, wanted = self.chance.choice(CHILDREN[parent.kind]), self.chance.choice(BEGINNINGS)
        serial = await self._register(unit, kind, parent, wanted)
        state, keeper = below(parent, wanted)
        record = Record(unit.accession(Kind(kind), serial), parent, state, keeper)
        parent.children.append(record)
        return record

    async def _make_project(self, unit: Unit) -> Record:
        wanted = self.chance.choice(BEGINNINGS)
        embargoed = wanted is State.PUBLIC and self.chance.random() < 0.4
        day = unit.today + timedelta(days=self.chance.randint(1, 9)) if embargoed else None
        draft = ProjectDraft(title="T", description="D", project_type="WGS", release_date=day)
        seen = "private" if wanted is State.PRIVATE else None
        changed = msgspec.structs.replace(draft, visibility=seen, draft=wanted is State.DRAFT)
        serial, _ = await register_project(unit, changed, default_visibility="public")
        return Record(unit.accession(Kind.PROJECT, serial), None, wanted, None, day)

    async def _register(self, unit: Unit, kind: str, parent: Record, state: State) -> int:
        match kind:
            case "SBJ":
                made = await register_subject(
                    unit, parent.accession, SubjectDraft(organism="Bos taurus", tax_id=9913), state=state
                )
            case "SAM":
                subject = parent.accession if parent.kind == "SBJ" else None
                made = await register_sample(unit, parent.project.accession, SAMPLE, subject, state=state)
            case "EXP":
                made = await register_experiment(unit, parent.accession, EXPERIMENT, state=state)
            case _:
                made = await describe_run(unit, parent.accession, RunDraft(), DESCRIBED, state=state)
        return made[0]

    async def _refuse(self, unit: Unit, record: Record) -> None:
        """A record that follows another is not moved by itself."""
        try:
            await service.restore(unit, Kind(record.kind), record.accession)
        except Conflict:
            return
        raise AssertionError(f"{record.accession} was restored")

    async def _move(self, unit: Unit, record: Record, move: Move, there: list[Record]) -> None:
        kind, accession, day = Kind(record.kind), record.accession, None
        match move:
            case Move.RELEASE if kind is Kind.PROJECT:
                day = self.chance.choice([None, unit.today, unit.today + timedelta(days=3)])
                await service.release_project(unit, accession, day)
            case Move.RELEASE:
                await service.release_record(unit, kind, accession)
            case Move.RESTORE:
                await service.restore(unit, kind, accession)
            case Move.SUPPRESS:
                await service.suppress(unit, kind, accession, WHY)
            case Move.REPLACE:
                other = self._replacement(record, there, unit.today)
                if other is None:
                    await service.suppress(unit, kind, accession, WHY)
                else:
                    await service.replace(unit, kind, accession, other.accession, WHY)
            case _ if self.chance.random() < 0.15:
                unit.actor, owner = ARCHIVE, unit.actor
                await purge(unit, accession, WHY)
                unit.actor = owner
            case Move.WITHDRAW:
                await service.withdraw(unit, kind, accession, WHY)
            case _:
                await remove(unit, kind, accession, grace=GRACE, cascade=True)
        record.move(move, unit.today, day)

    def _replacement(self, record: Record, there: list[Record], today: date) -> Record | None:
        others = [one for one in there if one.kind == record.kind and one is not record and _is_public(one, today)]
        return self.chance.choice(others) if others else None


def _is_public(record: Record, today: date) -> bool:
    there = record.standing(today)
    return there.state is State.PUBLIC and there.visibility is Visibility.PUBLIC


async def note_days(wiring: Wiring) -> None:
    """What the sweep does about embargoes."""
    async with wiring.writing(ARCHIVE) as unit:
        await note_openings(unit)


SAMPLE = SampleDraft(
    checklist_id="ERC000011",
    organism="Bos taurus",
    tax_id=9913,
    collection_date="2024-05-01",
    geographic_location="Kenya",
)
EXPERIMENT = ExperimentDraft(
    platform="ILLUMINA",
    instrument_model="Illumina NovaSeq 6000",
    library_strategy="WGS",
    library_source="GENOMIC",
    library_layout="PAIRED",
)
DESCRIBED = RunIn(experiment_accession="-", filename="x.bam", file_size=10, checksum_md5="0" * 32, file_type="BAM")
