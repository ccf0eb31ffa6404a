"""States in lists: filters that say what answers say, totals at midnight, and the note that an embargo has ended."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from sqlalchemy import select

from accession.actor import ANONYMOUS, ARCHIVE
from accession.audit.models import Event
from accession.catalog.reading import page_of
from accession.catalog.shapes import SAMPLE
from accession.paging import PageRequest
from accession.projects.models import Project
from accession.states.days import note_openings
from tests.dialects.archive.moving import DESCRIBED, V1, WHY, make_family, moved
from tests.dialects.archive.records import make, make_project, make_sample

if TYPE_CHECKING:
    import httpx

    from app.settings import Settings
    from app.wiring import Wiring

pytestmark = pytest.mark.anyio


async def found(api: httpx.AsyncClient, who: Any, query: str) -> set[str]:
    answer = await api.get(f"{V1}/{query}", headers=who.headers)
    assert answer.status_code == 200, answer.text
    return {record["accession"] for record in answer.json()}


async def test_a_filter_finds_what_the_answers_say(api: httpx.AsyncClient, alice: Any, clock: Any) -> None:
    day = (clock.now() + timedelta(days=5)).date().isoformat()
    for beginning in ({}, {"visibility": "private"}, {"draft": True}, {"release_date": day}):
        await make_family(api, alice, **beginning)
    project, _, sample, _, _ = await make_family(api, alice)
    await make_sample(api, alice, project, visibility="private")
    await moved(api, alice, sample, "suppress", **WHY)
    suppressed = (await make_family(api, alice))[0]
    await moved(api, alice, suppressed, "suppress", **WHY)
    for plural in ("projects", "subjects", "samples", "experiments", "runs"):
        told = (await api.get(f"{V1}/{plural}?per_page=200", headers=alice.headers)).json()
        names = ("state", "visibility", *(("release_date",) if plural == "projects" else ()))
        for name in names:
            values = {record[name] for record in told} - {None}
            assert len(values) >= (1 if name == "release_date" else 3), (plural, name)
            for value in values:
                expected = {record["accession"] for record in told if record[name] == value}
                assert await found(api, alice, f"{plural}?{name}={value}") == expected, (plural, name, value)
        assert (await api.get(f"{V1}/{plural}?visibility=open")).status_code == 400
    assert (await api.get(f"{V1}/projects?release_date=soon")).status_code == 400


async def test_runs_are_found_by_their_version_and_by_the_state_of_their_file(
    api: httpx.AsyncClient, alice: Any
) -> None:
    run = (await make_family(api, alice))[4]
    assert await found(api, alice, "runs?version=1&state=public") == {run}
    assert await found(api, alice, "runs?version=2") == set()
    assert await found(api, alice, "runs?state=verifying") == set()


async def test_a_remembered_total_is_counted_anew_when_an_embargo_ends(
    api: httpx.AsyncClient, alice: Any, wiring: Wiring, clock: Any
) -> None:
    project = await make_project(api, alice)
    day = (clock.now() + timedelta(days=1)).date().isoformat()
    later = await make_project(api, alice, release_date=day)
    for _ in range(2):
        await make_sample(api, alice, project)
        await make_sample(api, alice, later)

    async def total() -> int | None:
        async with wiring.reading(ANONYMOUS) as unit:
            return (await page_of(unit, SAMPLE, PageRequest(per_page=1))).total

    assert [await total(), await total()] == [2, 2]
    clock.advance(days=1)
    assert [await total(), await total()] == [4, 4]


async def test_the_end_of_an_embargo_is_noted_once(
    api: httpx.AsyncClient, alice: Any, wiring: Wiring, clock: Any
) -> None:
    day = (clock.now() + timedelta(days=2)).date().isoformat()
    waiting = await make_project(api, alice, release_date=day)
    await make_project(api, alice, release_date="2000-01-01")
    removed = await make_project(api, alice, release_date=day)
    assert (await api.delete(f"{V1}/projects/{removed}", headers=alice.headers)).status_code == 204

    async def noted() -> list[str]:
        async with wiring.writing(ARCHIVE) as unit:
            return await note_openings(unit)

    assert await noted() == []
    clock.advance(days=2)
    assert [await noted(), await noted()] == [[waiting], []]
    async with wiring.reading() as unit:
        events = (await unit.session.scalars(select(Event).where(Event.verb == "released"))).all()
        due = select(Project.report_due_at).where(Project.serial == int(waiting[-6:]))
        assert (await unit.session.execute(due)).scalar() is not None
    assert [(event.subject, event.actor_id, event.detail) for event in events] == [
        (waiting, None, {"release_date": day})
    ]


async def test_the_day_of_an_embargo_begins_in_the_archive_s_time_zone(
    api: httpx.AsyncClient, alice: Any, settings: Settings, wiring: Wiring, clock: Any
) -> None:
    wiring.settings = msgspec.structs.replace(settings, timezone="Pacific/Kiritimati")  # UTC+14
    async with wiring.reading() as unit:
        today = unit.today
    project = await make_project(api, alice, release_date=(today + timedelta(days=1)).isoformat())
    assert (await api.get(f"{V1}/projects/{project}")).status_code == 404
    local = clock.now() + timedelta(hours=14)
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=1)
    clock.ahead += midnight - local
    assert (await api.get(f"{V1}/projects/{project}")).json()["visibility"] == "public"
    wiring.settings = msgspec.structs.replace(settings, timezone="Pacific/Pago_Pago")  # UTC-11
    assert (await api.get(f"{V1}/projects/{project}")).status_code == 404


async def test_a_run_does_not_name_a_mate_that_is_private_by_itself(api: httpx.AsyncClient, alice: Any) -> None:
    library = (await make_family(api, alice))[3]
    described = DESCRIBED | {"filename": "r.fastq", "file_type": "FASTQ", "experiment_accession": library}
    open_run = await make(api, alice, "runs", **described)
    hidden = await make(api, alice, "runs", **described, visibility="private")
    paired = await api.patch(f"{V1}/runs/{hidden}", json={"mate_accession": open_run}, headers=alice.headers)
    assert paired.json()["mate_accession"] == open_run
    assert (await api.get(f"{V1}/runs/{open_run}")).json()["mate_accession"] is None
    await moved(api, alice, hidden, "release")
    assert (await api.get(f"{V1}/runs/{open_run}")).json()["mate_accession"] == hidden
