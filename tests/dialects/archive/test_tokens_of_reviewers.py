"""The token of a reviewer link as a credential: by header or in the query, for reads alone, and kept by nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from accession.people.models import ReviewerLink
from accession.people.tokens import digest_of
from tests.dialects.archive.records import PROJECT

pytestmark = pytest.mark.anyio
V1 = "/api/v1"
TOKEN = "sqr_of-the-second-referee"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def is_unkept(answer):
    headers = answer.headers
    caching = headers.get_list("cache-control"), headers.get_list("referrer-policy")
    return caching == (["private, no-store"], ["no-referrer"])


@pytest.fixture
async def project(wiring, alice):
    """Alice's private personal project, with a reviewer link to it."""
    async with wiring.writing(alice.actor) as unit:
        unit.session.add(
            ReviewerLink(
                scope_id=alice.actor.personal_project_id,
                name="referee 2",
                digest=digest_of(TOKEN),
                created_by=alice.id,
                expires_at=unit.now + timedelta(days=30),
            )
        )
    return "NFDP-PRJ-000001"


async def test_it_opens_the_project_by_header_and_by_query(api, project):
    path = f"{V1}/projects/{project}"
    assert (await api.get(path)).status_code == 404
    by_header, by_query = await api.get(path, headers=bearer(TOKEN)), await api.get(f"{path}?reviewer={TOKEN}")
    assert (by_header.status_code, by_query.status_code) == (200, 200)
    assert by_header.json() == by_query.json()


async def test_every_answer_to_a_query_with_it_says_that_nobody_keeps_it(api, project):
    for path, status in (
        (f"/projects/{project}", 200),
        ("/projects", 200),
        ("/projects/NFDP-PRJ-000009", 404),
        ("/projects?typo=1", 400),
        ("/nowhere", 404),
        ("/docs", 200),
    ):
        answer = await api.get(f"{V1}{path}{'&' if '?' in path else '?'}reviewer={TOKEN}")
        assert (path, answer.status_code, is_unkept(answer)) == (path, status, True)
    refused = await api.get(f"{V1}/projects?reviewer=sqr_unknown")
    assert (refused.status_code, is_unkept(refused)) == (401, True)
    outside = await api.get(f"/qc/NFDP-RUN-000001/multiqc_report.html?reviewer={TOKEN}")
    assert (outside.status_code, is_unkept(outside)) == (404, True)
    assert not is_unkept(await api.get(f"{V1}/projects"))


async def test_the_neighbours_of_a_list_keep_it(api, project, alice):
    for number in range(2):
        await api.post(f"{V1}/projects", json=PROJECT | {"alias": f"p{number}"}, headers=alice.headers)
    link = (await api.get(f"{V1}/projects?per_page=1&reviewer={TOKEN}")).headers["link"]
    assert f"reviewer={TOKEN}" in link


async def test_it_changes_nothing(api, project):
    path = f"{V1}/projects/{project}"
    for method in ("POST", "PATCH", "DELETE"):
        target = f"{V1}/projects" if method == "POST" else path
        by_header = await api.request(method, target, json=PROJECT, headers=bearer(TOKEN))
        by_query = await api.request(method, f"{target}?reviewer={TOKEN}", json=PROJECT)
        assert (method, by_header.status_code, by_query.status_code) == (method, 401, 400)


async def test_no_other_token_is_taken_from_a_query_and_no_two_credentials(api, project, alice):
    made = await api.post(f"{V1}/auth/tokens", json={"name": "x"}, headers=alice.headers)
    for other in (made.json()["token"], alice.headers["Authorization"].split()[1], "", "x"):
        answer = await api.get(f"{V1}/projects", params={"reviewer": other})
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    both = await api.get(f"{V1}/projects?reviewer={TOKEN}", headers=alice.headers)
    twice = await api.get(f"{V1}/projects?reviewer={TOKEN}&reviewer={TOKEN}")
    assert (both.status_code, twice.status_code) == (400, 400)


@pytest.mark.parametrize("end", ["expired", "revoked"])
async def test_when_it_has_ended_it_is_refused_on_public_records_too(api, wiring, alice, project, clock, end):
    public = (await api.post(f"{V1}/projects", json=PROJECT, headers=alice.headers)).json()["accession"]
    assert (await api.get(f"{V1}/projects/{public}?reviewer={TOKEN}")).status_code == 200
    if end == "expired":
        clock.advance(days=30)
    else:
        async with wiring.writing() as unit:
            await unit.session.execute(update(ReviewerLink).values(revoked_at=unit.now))
    for path in (f"projects/{public}", f"projects/{project}", "projects", "checklists"):
        by_query = await api.get(f"{V1}/{path}?reviewer={TOKEN}")
        by_header = await api.get(f"{V1}/{path}", headers=bearer(TOKEN))
        assert (path, by_query.status_code, by_header.status_code) == (path, 401, 401)


async def test_the_log_never_has_it(api, project, capfd):
    await api.get(f"{V1}/projects/{project}?reviewer={TOKEN}")
    await api.get(f"{V1}/projects?typo=1&reviewer={TOKEN}")
    await api.get(f"{V1}/projects?reviewer={TOKEN}x")
    said = capfd.readouterr()
    assert "status=200" in said.out + said.err
    assert TOKEN not in said.out + said.err
