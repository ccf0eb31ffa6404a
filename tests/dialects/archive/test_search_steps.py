"""The index follows every change at once, and nobody finds, counts or reads what is not theirs to see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, insert, update

from accession.base import new_id
from accession.catalog.models import Sample
from accession.people.models import Grant
from accession.projects.models import Project
from tests.dialects.archive.records import PROJECT, make, make_experiment, make_project, make_sample
from tests.dialects.archive.test_search import FILE, found

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring
    from tests.conftest import ManualClock

pytestmark = pytest.mark.anyio


async def test_a_change_is_found_at_once_and_what_it_replaced_no_more(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    sample = await make_sample(api, alice, project, tissue="spleen", alias="a1", custom_fields={"note": "windy"})
    for q in ("spleen", "windy", "a1"):
        assert await found(api, q) == [sample]
    changes = {"tissue": "thymus", "custom_fields": {"note": "calm"}}
    answer = await api.patch(f"/api/v1/samples/{sample}", json=changes, headers=alice.headers)
    assert answer.status_code == 200
    for q in ("spleen", "windy"):
        assert await found(api, q) == []
    for q in ("thymus", "calm", "a1"):
        assert await found(api, q) == [sample]
    assert (await api.patch(f"/api/v1/projects/{project}", json={"title": "Emus"}, headers=alice.headers)).is_success
    assert await found(api, "emus") == [project]
    assert (await api.delete(f"/api/v1/samples/{sample}", headers=alice.headers)).status_code == 204
    assert await found(api, "thymus") == []
    assert await found(api, sample) == []


async def test_rows_written_past_the_services_are_found_too(wiring: Wiring, api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    async with wiring.writing() as unit:
        scope = (await unit.session.execute(Project.__table__.select().where(Project.serial == 2))).one().id
        rows = [
            {"id": new_id(), "serial": 100 + n, "owner_id": alice.id, "scope_id": scope, "breed": "Boran"}
            for n in range(20)
        ]
        await unit.session.execute(insert(Sample), rows)
    assert project == "NFDP-PRJ-000002"
    assert len(await found(api, "boran")) == 20
    async with wiring.writing() as unit:
        await unit.session.execute(update(Sample).where(Sample.serial < 110).values(breed="Nguni"))
        await unit.session.execute(delete(Sample).where(Sample.serial >= 115))
    assert (len(await found(api, "boran")), len(await found(api, "nguni"))) == (5, 10)
    async with wiring.writing() as unit:
        await unit.session.execute(update(Sample).where(Sample.serial == 101).values(breed="Zebu"))
        unit.doom()
    assert await found(api, "zebu") == []


async def test_what_is_private_is_found_by_its_owner_alone(api: httpx.AsyncClient, alice: Any, bob: Any) -> None:
    project = await make_project(api, alice, visibility="private")
    sample = await make_sample(api, alice, project, tissue="omasum")
    opened = await make_project(api, bob)
    public = await make_sample(api, bob, opened, tissue="omasum")
    for who, expected in ((alice, [public, sample]), (bob, [public]), (None, [public])):
        assert await found(api, "omasum", who) == expected
        assert await found(api, sample, who) == ([sample] if who is alice else [])
        one = await api.get("/api/v1/search?q=omasum&per_page=1", headers=who.headers if who else {})
        assert one.json()["total"] == len(expected)
    await api.post(f"/api/v1/projects/{project}/release", json={}, headers=alice.headers)
    assert await found(api, "omasum") == [public, sample]


async def test_an_embargo_ends_by_itself(api: httpx.AsyncClient, clock: ManualClock, alice: Any) -> None:
    day = (clock.now().date()).replace(year=clock.now().year + 1).isoformat()
    project = await make_project(api, alice, release_date=day, alias="heron")
    assert await found(api, "heron") == []
    assert await found(api, "heron", alice) == [project]
    clock.advance(days=367)
    assert await found(api, "heron") == [project]


async def test_a_suppressed_record_is_not_found(wiring: Wiring, api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    sample = await make_sample(api, alice, project, alias="ibis")
    async with wiring.writing() as unit:
        await unit.session.execute(update(Sample).values(state="suppressed"))
    assert await found(api, "ibis") == []
    assert await found(api, sample) == []


async def test_grants_reach_as_far_as_records_do(wiring: Wiring, api: httpx.AsyncClient, alice: Any, bob: Any) -> None:
    project = await make_project(api, alice, visibility="private", alias="gnu project")
    sample = await make_sample(api, alice, project, alias="gnu sample")
    other = await make_sample(api, alice, project, alias="gnu other")
    experiment = await make_experiment(api, alice, sample, alias="gnu experiment")
    run = await make(api, alice, "runs", experiment_accession=experiment, alias="gnu run", **FILE)
    given = {"account_id": bob.id, "level": 1, "granted_by": alice.id}
    assert await found(api, "gnu", bob) == []
    async with wiring.writing() as unit:
        target = (await unit.session.execute(Sample.__table__.select().where(Sample.serial == 1))).one().id
        unit.session.add(Grant(kind="sample", target_id=target, **given))
    assert await found(api, "gnu", bob) == [experiment, sample, run]
    async with wiring.writing() as unit:
        target = (await unit.session.execute(Project.__table__.select().where(Project.title != "x"))).all()[-1].id
        unit.session.add(Grant(kind="project", target_id=target, **given))
    assert set(await found(api, "gnu", bob)) == {project, sample, other, experiment, run}
    async with wiring.writing() as unit:
        await unit.session.execute(delete(Grant))
    assert await found(api, "gnu", bob) == []


async def test_personal_fields_of_subjects_are_never_found(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    personal = {"date_of_birth": "2001-02-03", "external_id": "tag-0417", "properties": {"herd": "northern"}}
    await make(api, alice, "subjects", project_accession=project, organism="Bos taurus", tax_id=9913, **personal)
    for q in ("tag-0417", "0417", "northern", "herd", "2001-02-03"):
        assert await found(api, q, alice) == [], q


async def test_a_total_is_kept_and_counts_what_comes_later(
    wiring: Wiring, api: httpx.AsyncClient, alice: Any, bob: Any
) -> None:
    project = await make_project(api, alice)
    first = await make_sample(api, alice, project, alias="okapi 1")
    await make_sample(api, bob, await make_project(api, bob, visibility="private"), alias="okapi 2")

    async def total(question: str = "okap", who: Any = None) -> int:
        headers = who.headers if who else {}
        return (await api.get("/api/v1/search", params={"q": question}, headers=headers)).json()["total"]

    for _ in range(2):
        assert (await total(), await total(who=bob), await total("okapi", alice)) == (1, 2, 1)
    await make_sample(api, alice, project, alias="okapia 3", tissue="okapi")
    await make(api, alice, "projects", **{**PROJECT, "title": "okapi"})
    assert (await total(), await total(who=bob), await total("okapi", alice)) == (3, 4, 3)
    assert await found(api, "okap") == ["NFDP-PRJ-000005", "NFDP-SAM-000003", first]
    assert (await api.delete(f"/api/v1/samples/{first}", headers=alice.headers)).status_code == 204
    assert (await total(), await total(who=bob), await total("okapi", alice)) == (2, 3, 2)
    async with wiring.writing() as unit:
        await unit.session.execute(update(Sample).where(Sample.serial == 3).values(alias="x", tissue="y"))
    assert (await total(), await total(who=bob), await total("okapi", alice)) == (1, 2, 1)
