"""Moves of records from state to state: what each does to the record, to what hangs on it, and to who sees it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.dialects.archive.moving import (
    DESCRIBED,
    V1,
    WHY,
    at,
    listed,
    make_family,
    move,
    moved,
    states,
    statuses,
)
from tests.dialects.archive.records import EXPERIMENT, SAMPLE, make, make_experiment, make_project, make_sample

if TYPE_CHECKING:
    import httpx

pytestmark = pytest.mark.anyio


async def test_a_suppressed_project_is_not_listed_but_answers_by_accession_until_it_is_restored(
    api: httpx.AsyncClient, alice: Any, bob: Any
) -> None:
    family = await make_family(api, alice)
    told = await moved(api, alice, family[0], "suppress", **WHY)
    assert (told["state"], told["visibility"], told["state_reason"]) == ("suppressed", "public", WHY["reason"])
    assert await listed(api, family, bob) == [False] * 5
    assert await statuses(api, family) == [200] * 5
    assert await states(api, family, bob) == ["suppressed"] * 5
    restored = await moved(api, alice, family[0], "restore")
    assert (restored["state"], restored["state_reason"]) == ("public", None)
    assert await listed(api, family) == [True] * 5


async def test_a_withdrawn_project_leaves_a_tombstone_for_all_that_was_public_and_none_for_the_rest(
    api: httpx.AsyncClient, alice: Any, bob: Any
) -> None:
    family = await make_family(api, alice)
    hidden = await make_sample(api, alice, family[0], visibility="private")
    below = await make_experiment(api, alice, hidden)
    stone = await moved(api, alice, family[0], "withdraw", **WHY)
    assert (stone["accession"], stone["state"], stone["reason"]) == (family[0], "withdrawn", WHY["reason"])
    for who in (None, alice, bob):
        assert await statuses(api, [*family, hidden, below], who) == [410] * 5 + [404] * 2
    child = (await api.get(at(family[4]))).json()
    assert (child["accession"], child["reason"], child["when"]) == (family[4], WHY["reason"], stone["when"])
    assert await listed(api, [*family, hidden, below], alice) == [False] * 7
    assert (await api.get(f"{at(family[0])}/qc")).status_code == 410
    added = await api.post(f"{V1}/samples", json={"project_accession": family[0], **SAMPLE}, headers=alice.headers)
    assert (added.status_code, added.json()["code"]) == (409, "parent_withdrawn")
    assert (await move(api, alice, family[2], "restore")).status_code == 410


async def test_an_illegal_move_names_the_state_and_what_can_be_done(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice, visibility="private")
    sample = await make_sample(api, alice, project)
    refused = await move(api, alice, project, "withdraw", **WHY)
    assert refused.status_code == 409
    assert f"{project} is private; here it can be moved by release, remove." in refused.json()["detail"]
    told = (await move(api, alice, sample, "release")).json()["detail"]
    assert f"{sample} is private with {project}, and moves with that; here it can be moved by remove." in told
    await moved(api, alice, project, "release")
    for name in ("release", "restore"):
        assert (await move(api, alice, project, name)).status_code == 409
        assert (await move(api, alice, sample, name)).status_code == 409


async def test_a_record_that_is_private_by_itself_hides_all_below_it_until_its_release(
    api: httpx.AsyncClient, alice: Any, bob: Any
) -> None:
    project, donor, sample, library, run = await make_family(api, alice, sample={"visibility": "private"})
    below = [sample, library, run]
    assert await statuses(api, [project, donor, *below], bob) == [200, 200, 404, 404, 404]
    assert await states(api, below, alice) == ["private"] * 3
    assert (await move(api, alice, library, "release")).status_code == 409
    told = await moved(api, alice, sample, "release")
    assert (told["state"], told["visibility"]) == ("public", "public")
    assert await statuses(api, below) == [200] * 3
    assert await listed(api, below) == [True] * 3


async def test_a_draft_is_private_until_it_is_released(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice, draft=True)
    sample = await make_sample(api, alice, project, draft=True)
    assert await states(api, [project, sample], alice) == ["draft", "draft"]
    assert await statuses(api, [project, sample]) == [404, 404]
    await moved(api, alice, project, "release")
    assert await statuses(api, [project, sample]) == [200, 404]
    await moved(api, alice, sample, "release")
    assert await statuses(api, [sample]) == [200]
    contradiction = await api.post(
        f"{V1}/samples",
        json={"project_accession": project, **SAMPLE, "draft": True, "visibility": "public"},
        headers=alice.headers,
    )
    assert (contradiction.status_code, contradiction.json()["issues"][0]["field"]) == (422, "visibility")


async def test_what_is_suppressed_with_a_sample_is_restored_with_it_and_not_by_itself(
    api: httpx.AsyncClient, alice: Any
) -> None:
    _, _, sample, library, run = await make_family(api, alice)
    await moved(api, alice, run, "suppress", reason="A broken flow cell.")
    await moved(api, alice, sample, "suppress", **WHY)
    later = await make(api, alice, "runs", experiment_accession=library, **DESCRIBED | {"filename": "y.bam"})
    assert await states(api, [sample, library, run, later], alice) == ["suppressed"] * 4
    refused = await move(api, alice, library, "restore")
    assert f"{library} is suppressed with {sample}" in refused.json()["detail"]
    await moved(api, alice, sample, "restore")
    assert await states(api, [sample, library, run, later], alice) == ["public", "public", "suppressed", "public"]
    assert (await moved(api, alice, run, "restore"))["state"] == "public"


async def test_a_replaced_record_names_what_is_to_be_used_instead(api: httpx.AsyncClient, alice: Any, bob: Any) -> None:
    project = await make_project(api, alice)
    old, new, other = [await make_sample(api, alice, project) for _ in range(3)]
    hers = await make_sample(api, alice, project, visibility="private")
    experiment = await make_experiment(api, alice, new)
    for wrong in (old, hers, experiment, "NFDP-SAM-000999", "nonsense"):
        refused = await move(api, alice, old, "replace", replaced_by=wrong, **WHY)
        assert (refused.status_code, refused.json()["issues"][0]["field"]) == (422, "replaced_by"), wrong
    told = await moved(api, alice, old, "replace", replaced_by=new, **WHY)
    assert (told["state"], told["replaced_by"], told["state_reason"]) == ("suppressed", new, WHY["reason"])
    assert (await api.get(at(old))).json()["replaced_by"] == new
    circle = await move(api, alice, new, "replace", replaced_by=old, **WHY)
    assert (circle.status_code, circle.json()["issues"][0]["code"]) == (422, "circular_replacement")
    await moved(api, alice, new, "replace", replaced_by=other, **WHY)
    stone = await moved(api, alice, old, "withdraw", **WHY)
    assert stone["replaced_by"] == new
    assert (await api.get(at(old), headers=bob.headers)).json()["replaced_by"] == new
    assert (await moved(api, alice, new, "restore"))["replaced_by"] is None


@pytest.mark.parametrize("name", ["suppress", "withdraw", "replace"])
async def test_a_move_that_takes_something_away_needs_a_reason(api: httpx.AsyncClient, alice: Any, name: str) -> None:
    sample = await make_sample(api, alice, await make_project(api, alice))
    named = {"replaced_by": sample} if name == "replace" else {}
    for body in ({}, {"reason": ""}, {"reason": "  "}, {"reason": "x", "why": "y"}):
        assert (await move(api, alice, sample, name, **named, **body)).status_code == 400, body


async def test_only_those_who_manage_a_project_move_what_is_in_it(
    api: httpx.AsyncClient, alice: Any, bob: Any, admin: Any
) -> None:
    project = await make_project(api, alice)
    public = await make_sample(api, alice, project)
    private = await make_sample(api, alice, project, visibility="private")
    assert (await api.post(f"{at(public)}/suppress", json=WHY)).status_code == 401
    assert (await move(api, bob, public, "suppress", **WHY)).status_code == 403
    assert (await move(api, bob, private, "release")).status_code == 404
    assert (await moved(api, admin, public, "suppress", **WHY))["state"] == "suppressed"


async def test_a_release_tells_all_that_is_missing_at_once(api: httpx.AsyncClient, alice: Any, wiring: Any) -> None:
    from sqlalchemy import update

    from accession.catalog.models import Experiment, Sample

    project, _, sample, library, _ = await make_family(api, alice, visibility="private")
    for _ in range(60):
        await make_sample(api, alice, project)
    async with wiring.writing() as unit:
        await unit.session.execute(update(Sample).values(checklist_id=None, organism=""))
        await unit.session.execute(update(Experiment).values(platform=None))
    refused = await move(api, alice, project, "release")
    assert refused.status_code == 422
    body = refused.json()
    assert len(body["issues"]) == 100
    assert "123 things are missing" in body["detail"]
    assert body["issues"][0]["field"] == "checklist_id"
    assert sample in body["issues"][0]["message"]
    assert (await api.get(at(project))).status_code == 404
    assert (await api.patch(at(library), json=EXPERIMENT, headers=alice.headers)).status_code == 200


async def test_nobody_withdraws_or_removes_a_personal_project(api: httpx.AsyncClient, alice: Any) -> None:
    own = (await api.get(f"{V1}/projects", headers=alice.headers)).json()[0]["accession"]
    refused = await api.delete(at(own), headers=alice.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "personal_project")


async def test_an_embargo_is_lifted_moved_or_removed_but_not_suppressed(
    api: httpx.AsyncClient, alice: Any, clock: Any
) -> None:
    day = (clock.now() + timedelta(days=9)).date().isoformat()
    project = await make_project(api, alice, release_date=day)
    refused = await move(api, alice, project, "suppress", **WHY)
    assert f"{project} is embargoed; here it can be moved by release, remove." in refused.json()["detail"]
    opened = await moved(api, alice, project, "release")
    assert (opened["visibility"], opened["release_date"]) == ("public", None)
    other = await make_project(api, alice, release_date=day)
    assert (await api.delete(at(other), headers=alice.headers)).status_code == 204
    assert (await api.get(at(other), headers=alice.headers)).status_code == 404


async def test_a_private_project_takes_no_release_date_before_its_release(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice, visibility="private")
    patched = await api.patch(at(project), json={"release_date": "2000-01-01"}, headers=alice.headers)
    assert patched.status_code == 409
    assert (await api.get(at(project))).status_code == 404


async def test_a_sample_is_not_opened_or_closed_by_another_subject(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    donor = {"project_accession": project, "organism": "Bos taurus", "tax_id": 9913}
    private = await make(api, alice, "subjects", **donor, visibility="private")
    held = await make_sample(api, alice, project, subject_accession=private)
    free = await make_sample(api, alice, project)
    assert await states(api, [held, free], alice) == ["private", "public"]
    linked = await api.patch(at(free), json={"subject_accession": private}, headers=alice.headers)
    assert (linked.status_code, linked.json()["code"]) == (409, "subject_closed")
    loose = await api.patch(at(held), json={"subject_accession": None}, headers=alice.headers)
    assert (loose.status_code, loose.json()["code"]) == (409, "follows_subject")
    await moved(api, alice, private, "release")
    assert await statuses(api, [held]) == [200]


async def test_a_version_of_a_run_is_read_and_never_moved(api: httpx.AsyncClient, alice: Any) -> None:
    run = (await make_family(api, alice))[4]
    for answer in (
        await api.delete(f"{at(run)}.1", headers=alice.headers),
        await api.patch(f"{at(run)}.1", json={"read_number": 1}, headers=alice.headers),
        await api.post(f"{at(run)}.1/withdraw", json=WHY, headers=alice.headers),
    ):
        assert (answer.status_code, answer.json()["issues"][0]["code"]) == (422, "names_a_version")
    assert (await api.get(at(run))).status_code == 200
