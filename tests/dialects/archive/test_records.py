"""Projects, subjects, samples and experiments over the archive API: registered, read, listed, changed, removed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.dialects.archive.records import EXPERIMENT, PROJECT, SAMPLE, make_experiment, make_project, make_sample

if TYPE_CHECKING:
    import httpx

pytestmark = pytest.mark.anyio
V1 = "/api/v1"


async def test_a_sample_is_answered_with_all_that_was_stored(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    sample = await make_sample(api, alice, project, alias="cow-1", custom_fields={"altitude": "1200 m"})
    body = (await api.get(f"{V1}/samples/{sample}")).json()
    assert body | SAMPLE == body
    assert body["alias"] == "cow-1"
    assert body["project_accession"] == project
    assert body["custom_fields"] == {"altitude": "1200 m"}
    assert body["created_at"].endswith("Z")


async def test_numbers_begin_at_one_and_leave_no_gap_after_refusals(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    refused = {"project_accession": project, **SAMPLE, "checklist_id": "ERC9"}
    first = await make_sample(api, alice, project)
    assert (await api.post(f"{V1}/samples", json=refused, headers=alice.headers)).status_code == 422
    second = await make_sample(api, alice, project)
    assert (first, second) == ("NFDP-SAM-000001", "NFDP-SAM-000002")


async def test_sixteen_at_once_get_sixteen_numbers(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    made = await asyncio.gather(*(make_sample(api, alice, project) for _ in range(16)))
    assert sorted(made) == [f"NFDP-SAM-{n:06d}" for n in range(1, 17)]


async def test_an_alias_again_answers_the_same_record_or_a_conflict(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    body = {"project_accession": project, **SAMPLE, "alias": "cow-1"}
    first = await api.post(f"{V1}/samples/", json=body, headers=alice.headers)
    again = await api.post(f"{V1}/samples/", json=body, headers=alice.headers)
    other = await api.post(f"{V1}/samples/", json=body | {"breed": "Boran"}, headers=alice.headers)
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json()["accession"] == again.json()["accession"]
    assert other.json()["code"] == "alias_taken"


async def test_a_refusal_names_every_faulty_field(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    sample = await make_sample(api, alice, project)
    body = {"sample_accession": sample, **EXPERIMENT, "instrument_model": "MinION", "library_strategy": "Sanger?"}
    answer = await api.post(f"{V1}/experiments", json=body, headers=alice.headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert {issue["field"] for issue in answer.json()["issues"]} == {"instrument_model", "library_strategy"}


@pytest.mark.parametrize(
    ("accession", "status"),
    [("NFDP-SAM-000009", 404), ("NFDP-SAM-9", 422), ("NFDP-PRJ-000001", 422), ("x" * 300, 422), ("NFDP-SAM-%00", 422)],
)
async def test_an_absent_accession_is_404_and_a_malformed_one_422(
    api: httpx.AsyncClient, accession: str, status: int
) -> None:
    answer = await api.get(f"{V1}/samples/{accession}")
    assert answer.status_code == status
    assert answer.json()["detail"]


async def test_what_is_private_does_not_exist_for_others(api: httpx.AsyncClient, alice: Any, bob: Any) -> None:
    project = await make_project(api, alice, visibility="private")
    sample = await make_sample(api, alice, project)
    experiment = await make_experiment(api, alice, sample)
    for path in (f"projects/{project}", f"samples/{sample}", f"experiments/{experiment}"):
        assert (await api.get(f"{V1}/{path}", headers=alice.headers)).status_code == 200
        for headers in (bob.headers, {}):
            assert (await api.get(f"{V1}/{path}", headers=headers)).status_code == 404
    for plural in ("projects", "samples", "experiments"):
        answer = await api.get(f"{V1}/{plural}/", headers=bob.headers)
        listed = [r for r in answer.json() if r["accession"] in (project, sample, experiment)]
        assert listed == []
    assert (await api.get(f"{V1}/samples", headers=bob.headers)).headers["x-total-count"] == "0"
    added = await api.post(f"{V1}/samples", json={"project_accession": project, **SAMPLE}, headers=bob.headers)
    assert added.status_code == 404


async def test_a_stranger_may_read_a_public_project_but_not_write_to_it(
    api: httpx.AsyncClient, alice: Any, bob: Any
) -> None:
    project = await make_project(api, alice)
    sample = await make_sample(api, alice, project)
    body = {"project_accession": project, **SAMPLE}
    assert (await api.post(f"{V1}/samples", json=body, headers=bob.headers)).status_code == 403
    assert (await api.post(f"{V1}/samples", json=body)).status_code == 401
    assert (await api.patch(f"{V1}/samples/{sample}", json={"breed": "x"}, headers=bob.headers)).status_code == 403
    assert (await api.delete(f"{V1}/projects/{project}", headers=bob.headers)).status_code == 403


async def test_an_embargo_ends_by_itself_on_its_day(api: httpx.AsyncClient, alice: Any, clock: Any) -> None:
    day = (clock.now() + timedelta(days=3)).date().isoformat()
    project = await make_project(api, alice, release_date=day)
    sample = await make_sample(api, alice, project)
    owned = (await api.get(f"{V1}/projects/{project}", headers=alice.headers)).json()
    assert owned["visibility"] == "embargoed"
    assert (await api.get(f"{V1}/samples/{sample}")).status_code == 404
    clock.advance(days=3)
    assert (await api.get(f"{V1}/samples/{sample}")).status_code == 200
    assert (await api.get(f"{V1}/projects/{project}")).json()["visibility"] == "public"


async def test_a_release_opens_a_private_project(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice, visibility="private")
    released = await api.post(f"{V1}/projects/{project}/release", json={}, headers=alice.headers)
    assert (released.status_code, released.json()["visibility"]) == (200, "public")
    assert (await api.get(f"{V1}/projects/{project}")).status_code == 200


async def test_a_patch_merges_and_is_checked_as_a_whole(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    sample = await make_sample(api, alice, project, breed="Boran", custom_fields={"a": "1", "b": "2"})
    path = f"{V1}/samples/{sample}"
    before = await api.get(path)
    changed = await api.patch(path, json={"breed": None, "custom_fields": {"b": None, "c": "3"}}, headers=alice.headers)
    assert changed.status_code == 200, changed.text
    assert (changed.json()["breed"], changed.json()["custom_fields"]) == (None, {"a": "1", "c": "3"})
    assert changed.headers["etag"] != before.headers["etag"]
    refused = await api.patch(path, json={"collection_date": "last week"}, headers=alice.headers)
    assert refused.status_code == 422
    assert refused.json()["issues"][0]["field"] == "collection_date"


async def test_nothing_with_children_is_removed(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice, visibility="private")
    sample = await make_sample(api, alice, project)
    refused = await api.delete(f"{V1}/projects/{project}", headers=alice.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_empty")
    assert (await api.delete(f"{V1}/samples/{sample}", headers=alice.headers)).status_code == 204
    assert (await api.get(f"{V1}/samples/{sample}", headers=alice.headers)).status_code == 404
    assert (await api.delete(f"{V1}/projects/{project}", headers=alice.headers)).status_code == 204


async def test_a_public_record_is_withdrawn_with_a_tombstone(api: httpx.AsyncClient, alice: Any) -> None:
    sample = await make_sample(api, alice, await make_project(api, alice))
    assert (await api.delete(f"{V1}/samples/{sample}", headers=alice.headers)).status_code == 204
    gone = await api.get(f"{V1}/samples/{sample}")
    assert gone.status_code == 410
    assert (gone.json()["accession"], gone.json()["state"]) == (sample, "withdrawn")


async def test_lists_answer_with_and_without_a_slash_and_are_newest_first(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    made = [await make_sample(api, alice, project) for _ in range(5)]
    for path in ("samples", "samples/"):
        answer = await api.get(f"{V1}/{path}", params={"per_page": 2, "page": 2})
        assert [r["accession"] for r in answer.json()] == [made[2], made[1]]
        assert answer.headers["x-total-count"] == "5"
        assert "page=3" in answer.links["next"]["url"]
        assert "page=1" in answer.links["prev"]["url"]


async def test_a_cursor_walks_through_everything_once(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    made = [await make_sample(api, alice, project) for _ in range(7)]
    seen: list[str] = []
    url = f"{V1}/samples/?per_page=3&cursor="
    while url:
        answer = await api.get(url)
        seen += [r["accession"] for r in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
    assert seen == made[::-1]


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "per_page=0",
        "per_page=201",
        "page=x",
        "orgnism=Bos",
        "cursor=!!",
        "count=all",
        "page=999999999999999999",
    ],
)
async def test_a_bad_query_is_refused_and_never_ignored(api: httpx.AsyncClient, query: str) -> None:
    answer = await api.get(f"{V1}/samples/?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.json()["detail"]


async def test_filters_narrow_by_column_and_by_parent(api: httpx.AsyncClient, alice: Any) -> None:
    one, two = await make_project(api, alice), await make_project(api, alice)
    sample = await make_sample(api, alice, one, breed="Boran")
    await make_sample(api, alice, two)
    for query in (f"project_accession={one}", "breed=Boran", f"breed=Boran&project_accession={one}&tax_id=9913"):
        answer = await api.get(f"{V1}/samples?{query}")
        assert [r["accession"] for r in answer.json()] == [sample]
    assert (await api.get(f"{V1}/samples?tax_id=1")).json() == []
    assert (await api.get(f"{V1}/samples?project_accession=nonsense")).status_code == 422


@pytest.mark.parametrize(
    "change",
    [
        {"title": 3},
        {"title": ""},
        {"title": "a\x00b"},
        {"colour": "red"},
        {"title": "x" * 501},
        {"release_date": "soon"},
    ],
)
async def test_a_malformed_body_is_400_and_names_the_field(
    api: httpx.AsyncClient, alice: Any, change: dict[str, Any]
) -> None:
    answer = await api.post(f"{V1}/projects", json=PROJECT | change, headers=alice.headers)
    assert answer.status_code == 400
    assert next(iter(change)) in answer.text


async def test_personal_fields_of_a_subject_stay_with_those_who_share_it(
    api: httpx.AsyncClient, alice: Any, bob: Any
) -> None:
    project = await make_project(api, alice)
    body = {"project_accession": project, "organism": "Homo sapiens", "tax_id": 9606, "date_of_birth": "1980-02-01"}
    made = await api.post(f"{V1}/subjects", json=body | {"external_id": "MRN-7"}, headers=alice.headers)
    path = f"{V1}/subjects/{made.json()['accession']}"
    assert (await api.get(path, headers=alice.headers)).json()["external_id"] == "MRN-7"
    seen = (await api.get(path, headers=bob.headers)).json()
    assert (seen["external_id"], seen["date_of_birth"]) == (None, None)
    assert "MRN-7" not in (await api.get(f"{V1}/subjects")).text


async def test_a_path_beyond_the_prefix_boundary_is_not_the_dialects(api: httpx.AsyncClient) -> None:
    answer = await api.get("/api/v1samples/NFDP-SAM-000001")
    assert answer.status_code == 404
    assert (await api.get(f"{V1}/nothing")).json()["code"] == "not_found"
    assert (await api.put(f"{V1}/samples", json={})).status_code == 405


async def test_totals_follow_new_records_removals_and_releases(api: httpx.AsyncClient, alice: Any, bob: Any) -> None:
    async def total(headers: dict[str, str]) -> str:
        return (await api.get(f"{V1}/samples?per_page=1", headers=headers)).headers["x-total-count"]

    project = await make_project(api, alice, visibility="private")
    made = [await make_sample(api, alice, project) for _ in range(3)]
    public = await make_project(api, bob)
    for _ in range(2):
        await make_sample(api, bob, public)
    assert (await total(alice.headers), await total(bob.headers), await total({})) == ("5", "2", "2")
    await api.delete(f"{V1}/samples/{made[0]}", headers=alice.headers)
    assert (await total(alice.headers), await total({})) == ("4", "2")
    await api.post(f"{V1}/projects/{project}/release", json={}, headers=alice.headers)
    assert (await total(alice.headers), await total(bob.headers), await total({})) == ("4", "4", "4")
    await make_sample(api, bob, public)
    assert await total({}) == "5"


async def test_projects_are_listed_by_state(api: httpx.AsyncClient, alice: Any) -> None:
    public = await make_project(api, alice)
    private = await make_project(api, alice, visibility="private")
    listed = (await api.get(f"{V1}/projects?state=public", headers=alice.headers)).json()
    assert [project["accession"] for project in listed] == [public]
    assert private in (await api.get(f"{V1}/projects?state=private", headers=alice.headers)).text


async def test_a_release_needs_no_body(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice, visibility="private")
    released = await api.post(f"{V1}/projects/{project}/release", headers=alice.headers)
    assert (released.status_code, released.json()["visibility"]) == (200, "public")


@pytest.mark.parametrize("query", ["tax_id=99999999999999999999", "tax_id=3000000000", "alias=%00", "tax_id=-1"])
async def test_a_value_that_nothing_can_have_is_a_bad_request(api: httpx.AsyncClient, alice: Any, query: str) -> None:
    await make_sample(api, alice, await make_project(api, alice))
    assert (await api.get(f"{V1}/samples?{query}")).status_code == 400
    assert (await api.get(f"{V1}/samples?cursor=Yjk5OTk5OTk5OTk5OTk5OTk5OTk")).status_code == 200


async def test_a_filtered_total_follows_a_change(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    made = [await make_sample(api, alice, project, breed="Boran") for _ in range(3)]
    path = f"{V1}/samples?breed=Boran&per_page=1"
    assert (await api.get(path)).headers["x-total-count"] == "3"
    await api.patch(f"{V1}/samples/{made[0]}", json={"breed": "Ankole"}, headers=alice.headers)
    assert (await api.get(path)).headers["x-total-count"] == "2"
