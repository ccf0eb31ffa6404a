"""Moves of state beside additions, changes and other moves of the same project: nothing slips through between them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from accession.actor import ANONYMOUS, ARCHIVE
from tests.dialects.archive.moving import DESCRIBED, V1, WHY, at, make_family, move
from tests.dialects.archive.records import EXPERIMENT, SAMPLE
from tests.states.checking import faults, read_by_all

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio


async def test_what_is_added_while_its_project_is_withdrawn_goes_with_it_or_is_refused(
    api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    for _ in range(4):
        project, donor, sample, library, run = await make_family(api, alice)
        below = {
            "samples": {"project_accession": project, "subject_accession": donor, **SAMPLE},
            "experiments": {"sample_accession": sample, **EXPERIMENT},
            "runs": {"experiment_accession": library, **DESCRIBED},
        }
        adding = [
            api.post(f"{V1}/{plural}", json=body, headers=alice.headers)
            for plural, body in below.items()
            for _ in "123"
        ]
        changing = [
            api.patch(at(sample), json={"breed": "Boran"}, headers=alice.headers),
            api.patch(at(run), json={"read_number": 1}, headers=alice.headers),
        ]
        ending = move(api, alice, project, "withdraw", **WHY)
        answers = await asyncio.gather(*adding[:5], ending, *changing, *adding[5:])
        assert answers[5].status_code == 200, answers[5].text
        assert {answer.status_code for answer in answers} <= {200, 201, 409, 410}
        made = {answer.json()["accession"] for answer in answers if answer.status_code == 201}
        async with wiring.reading(ARCHIVE) as unit:
            assert await faults(unit) == []
        async with wiring.reading(ANONYMOUS) as unit:
            found, gone = await read_by_all(unit)
        assert {project, donor, sample, library, run, *made} <= gone
        assert not found & made


async def test_moves_that_exclude_each_other_happen_one_after_the_other(
    api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    project, donor, sample, library, run = await make_family(api, alice)
    moves = [
        move(api, alice, accession, name, **WHY)
        for accession in (run, library, sample, donor, project)
        for name in ("suppress", "withdraw")
    ]
    answers = await asyncio.gather(*moves, *(api.delete(at(one), headers=alice.headers) for one in (run, library)))
    assert {answer.status_code for answer in answers} <= {200, 204, 409, 410}
    async with wiring.reading(ARCHIVE) as unit:
        assert await faults(unit) == []
    assert [(await api.get(at(one))).status_code for one in (project, donor, sample, library, run)] == [410] * 5
