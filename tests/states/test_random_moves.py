"""Ten thousand random changes of state with failures in between: no accession twice, none goes unanswered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from accession.actor import ANONYMOUS, ARCHIVE
from accession.catalog.reading import get_record
from accession.catalog.shapes import EXPERIMENT, PROJECT, SAMPLE, SUBJECT
from accession.errors import Gone, NotFound
from accession.files.runs import RUN
from accession.moves import State
from tests.states.checking import all_states, faults, read_by_all
from tests.states.walking import Walk, note_days

if TYPE_CHECKING:
    from app.wiring import Wiring

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]
CHANGES = {"sqlite": 5_000, "postgresql": 750}
LOOK_EVERY = 100
SHAPES = {"PRJ": PROJECT, "SBJ": SUBJECT, "SAM": SAMPLE, "EXP": EXPERIMENT, "RUN": RUN}


@pytest.mark.parametrize("seed", [20261126, 4711])
async def test_no_accession_is_given_twice_and_what_was_public_always_answers(
    wiring: Wiring, alice: Any, clock: Any, database: str, seed: int
) -> None:
    walk = Walk(wiring, alice, clock, seed)
    seen: set[str] = set()
    while walk.changes < CHANGES[database]:
        await walk.step()
        if walk.steps % LOOK_EVERY == 0:
            await note_days(wiring)
            await look(walk, seen)
    await look(walk, seen)
    await answers_of_all(walk, seen)
    assert walk.crashes > CHANGES[database] / 100


async def look(walk: Walk, seen: set[str]) -> None:
    """Compare everything with the model, and note what anybody could read by now."""
    told = f"seed {walk.seed}, step {walk.steps}"
    today = walk.wiring.clock.now().date()
    async with walk.wiring.reading(ANONYMOUS) as unit:
        found, gone = await read_by_all(unit)
    assert found == {record.accession for record in walk.live if record.is_open(today)}, told
    seen |= found
    assert seen <= found | gone, (told, sorted(seen - found - gone))
    assert gone == {a for a, record in walk.records.items() if record.state is State.WITHDRAWN}, told
    async with walk.wiring.reading(ARCHIVE) as unit:
        assert await faults(unit) == [], told
        states = await all_states(unit)
    own = {accession: (record.state, record.keeper) for accession, record in walk.records.items()}
    assert {accession: states.get(accession) for accession in own} == own, told


async def answers_of_all(walk: Walk, seen: set[str]) -> None:
    """Ask for every accession that was ever given, as a stranger does."""
    answers: dict[str, str] = {}
    async with walk.wiring.reading(ANONYMOUS) as unit:
        for accession, record in walk.records.items():
            try:
                await get_record(unit, SHAPES[record.kind], accession)
                answers[accession] = "found"
            except Gone as gone:
                answers[accession] = "gone" if gone.tombstone["accession"] == accession else "another"
            except NotFound:
                answers[accession] = "absent"
    assert {answers[accession] for accession in seen} <= {"found", "gone"}
    assert set(answers.values()) == {"found", "gone", "absent"}
