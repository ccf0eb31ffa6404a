"""Reviewer links: one project is read without an account, nothing is written, and nothing tells whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select

from accession.audit.models import Event
from accession.files.models import QcReport
from accession.people.models import ReviewerLink
from tests.conftest import make_person
from tests.dialects.archive.records import make_project
from tests.dialects.archive.sharing import make_organisation, private_tree, status
from tests.dialects.archive.uploading import READS, get, send, verify

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
V1 = "/api/v1"
PAGE = b"<!doctype html><head></head><p>Quality</p>"


class Reviewer:
    """Somebody who has a link."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.headers = {"Authorization": f"Bearer {token}"}


async def make_link(api: httpx.AsyncClient, who: Any, project: str, **more: Any) -> tuple[Reviewer, dict[str, Any]]:
    path = f"{V1}/projects/{project}/reviewer-links"
    made = await api.post(path, json={"name": "Journal", **more}, headers=who.headers)
    assert made.status_code == 201, made.text
    return Reviewer(made.json()["token"]), made.json()


async def revoke(api: httpx.AsyncClient, who: Any, project: str, link: dict[str, Any]) -> None:
    answer = await api.delete(f"{V1}/projects/{project}/reviewer-links/{link['id']}", headers=who.headers)
    assert answer.status_code == 204, answer.text


@pytest.fixture
async def tree(store: Any, api: httpx.AsyncClient, wiring: Wiring, alice: Any) -> dict[str, str]:
    """A private project with a run that has a page of a tool."""
    made = await private_tree(api, alice)
    file_id = (await send(api, alice)).json()["id"]
    await verify(wiring, file_id, format="FASTQ", qc_status="passed")
    body = {"experiment_accession": made["experiments"], "file_id": file_id}
    made["runs"] = (await api.post(f"{V1}/runs", json=body, headers=alice.headers)).json()["accession"]
    await store.put_whole("reports/page.html", PAGE, content_type="text/html")
    async with wiring.writing() as unit:
        unit.session.add(
            QcReport(
                file_id=UUID(file_id),
                tool="FastQC",
                status="passed",
                summary={"total_sequences": 1},
                page_key="reports/page.html",
            )
        )
    return made


RECORDS = ("projects", "subjects", "samples", "experiments", "runs")


async def test_a_reviewer_reads_the_whole_project_and_nothing_else(
    api: httpx.AsyncClient, alice: Any, tree: dict[str, str]
) -> None:
    other = await make_project(api, alice, visibility="private")
    reviewer, link = await make_link(api, alice, tree["projects"])
    assert link["url"].endswith(f"/api/v1/projects/{tree['projects']}?reviewer={reviewer.token}")
    for noun in RECORDS:
        assert await status(api, reviewer, f"{noun}/{tree[noun]}") == 200, noun
        by_query = await api.get(f"{V1}/{noun}/{tree[noun]}?reviewer={reviewer.token}")
        assert by_query.status_code == 200, noun
        listed = await api.get(f"{V1}/{noun}?per_page=1", headers=reviewer.headers)
        expected = 2 if noun in {"samples", "experiments"} else 1
        assert listed.headers["x-total-count"] == str(expected), noun
    assert await status(api, reviewer, f"projects/{other}") == 404
    subject = (await api.get(f"{V1}/subjects/{tree['subjects']}", headers=reviewer.headers)).json()
    assert subject["external_id"] is None
    run = f"runs/{tree['runs']}"
    assert await status(api, reviewer, f"{run}/validation") == 200
    assert await status(api, reviewer, f"projects/{tree['projects']}/qc") == 200
    bytes_ = await api.get(f"{V1}/{run}/download", headers=reviewer.headers)
    assert bytes_.status_code == 307
    assert "X-Amz-Expires=900" in bytes_.headers["location"]
    assert (await get(bytes_.headers["location"])).content == READS


async def test_nothing_is_written_through_a_link(api: httpx.AsyncClient, alice: Any, tree: dict[str, str]) -> None:
    reviewer, _ = await make_link(api, alice, tree["projects"])
    project = f"{V1}/projects/{tree['projects']}"
    for noun in RECORDS:
        path = f"{V1}/{noun}/{tree[noun]}"
        assert (await api.patch(path, json={}, headers=reviewer.headers)).status_code in {401, 403}
        assert (await api.delete(path, headers=reviewer.headers)).status_code in {401, 403}
    calls = [
        api.post(f"{project}/release", json={}, headers=reviewer.headers),
        api.post(f"{project}/transfer", json={"user": "bob"}, headers=reviewer.headers),
        api.post(f"{project}/grants", json={"user": "bob", "level": 1}, headers=reviewer.headers),
        api.get(f"{project}/grants", headers=reviewer.headers),
        api.get(f"{project}/reviewer-links", headers=reviewer.headers),
        api.post(f"{project}/reviewer-links", json={"name": "More"}, headers=reviewer.headers),
        send(api, reviewer),
        api.get(f"{V1}/staging/files", headers=reviewer.headers),
        api.get(f"{V1}/auth/me", headers=reviewer.headers),
    ]
    for call in calls:
        answer = await call
        assert answer.status_code in {401, 403}, answer.request.url


async def test_a_link_ends_by_revocation_and_by_time_for_records_bytes_and_pages(
    api: httpx.AsyncClient, wiring: Wiring, clock: Any, alice: Any, tree: dict[str, str]
) -> None:
    project, run = tree["projects"], f"runs/{tree['runs']}"
    for ends in ("revoked", "expired"):
        reviewer, link = await make_link(api, alice, project, expires_in_days=1)
        clock.advance(days=1, minutes=-5)
        page = (await api.get(f"{V1}/{run}/qc", headers=reviewer.headers)).json()["report_url"]
        shown = await api.get(page)
        assert (shown.status_code, b"Quality" in shown.content) == (200, True)
        clock.advance(days=-1, minutes=5)
        if ends == "revoked":
            await revoke(api, alice, project, link)
        else:
            clock.advance(days=1)
        for path in (f"projects/{project}", run, f"{run}/download", f"{run}/qc", "samples"):
            assert await status(api, reviewer, path) == 401, path
        assert (await api.get(page)).status_code == 404, f"the page is still shown by a link that was {ends}"
        clock.ahead *= 0
    listed = (await api.get(f"{V1}/projects/{project}/reviewer-links", headers=alice.headers)).json()
    assert [(found["state"], found["token"], found["url"]) for found in listed] == [
        ("active", None, None),
        ("revoked", None, None),
    ]


async def test_a_page_link_of_a_reviewer_is_for_that_link_and_page_alone(
    api: httpx.AsyncClient, alice: Any, tree: dict[str, str]
) -> None:
    first, link = await make_link(api, alice, tree["projects"])
    second, other = await make_link(api, alice, tree["projects"])
    page = (await api.get(f"{V1}/runs/{tree['runs']}/qc", headers=first.headers)).json()["report_url"]
    await revoke(api, alice, tree["projects"], link)
    for forged in (page.replace(link["id"], other["id"]), page.replace(f"&review={link['id']}", ""), page + "x"):
        assert (await api.get(forged)).status_code == 404
    own = (await api.get(f"{V1}/runs/{tree['runs']}/qc", headers=second.headers)).json()["report_url"]
    assert (await api.get(own)).status_code == 200


async def test_a_public_project_keeps_its_public_links(
    api: httpx.AsyncClient, alice: Any, tree: dict[str, str]
) -> None:
    reviewer, _ = await make_link(api, alice, tree["projects"])
    released = await api.post(f"{V1}/projects/{tree['projects']}/release", json={}, headers=alice.headers)
    assert released.status_code == 200, released.text
    bytes_ = await api.get(f"{V1}/runs/{tree['runs']}/download", headers=reviewer.headers)
    assert "X-Amz-Expires=86400" in bytes_.headers["location"]
    page = (await api.get(f"{V1}/runs/{tree['runs']}/qc", headers=reviewer.headers)).json()["report_url"]
    assert "?" not in page


async def test_only_who_manages_the_project_makes_links(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    carol = await make_person(wiring, "carol")
    slug = await make_organisation(api, alice, "lab", bob="admin", carol="contributor")
    project = await make_project(api, alice, visibility="private", organisation=slug)
    _, link = await make_link(api, bob, project, expires_in_days=365)
    path = f"{V1}/projects/{project}/reviewer-links"
    assert (await api.get(path, headers=carol.headers)).status_code == 403
    assert (await api.post(path, json={"name": "Mine"}, headers=carol.headers)).status_code == 403
    assert (await api.delete(f"{path}/{link['id']}", headers=carol.headers)).status_code == 403
    for body in ({"name": ""}, {"name": "J", "expires_in_days": 366}, {"name": "J", "expires_in_days": 0}):
        assert (await api.post(path, json=body, headers=alice.headers)).status_code == 400
    own = (await api.get(f"{V1}/projects", headers=alice.headers)).json()[-1]["accession"]
    hidden = {"name": "J", "hides_owner": True}
    refused = await api.post(f"{V1}/projects/{own}/reviewer-links", json=hidden, headers=alice.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "personal_project")
    async with wiring.reading() as unit:
        kept = (await unit.session.scalars(select(ReviewerLink))).one()
        verbs = (await unit.session.scalars(select(Event.verb).where(Event.subject == project))).all()
    assert "token" not in str(vars(kept))
    assert "reviewer_link.create" in verbs
