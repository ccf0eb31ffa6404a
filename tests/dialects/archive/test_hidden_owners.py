"""A reviewer link that hides the owner: no byte of any answer, refusal or page tells whose the project is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from app.api.archive.app import archive_app
from tests.conftest import make_person
from tests.dialects.archive.records import make_project
from tests.dialects.archive.sharing import granted, make_group, make_organisation, private_tree
from tests.dialects.archive.test_grants_reach import add_run

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
V1 = "/api/v1"
OWNER, LAB = "quetzalcoatl", "quetzal-lab"
TELLING = re.compile(rb"quetzal", re.IGNORECASE)


@pytest.fixture
async def owner(wiring: Wiring) -> Any:
    return await make_person(wiring, OWNER)


@pytest.fixture
async def tree(store: Any, api: httpx.AsyncClient, wiring: Wiring, owner: Any) -> dict[str, str]:
    """A private project of a telling organisation, with a run, a grant to its owner's group, and a history."""
    await make_organisation(api, owner, LAB)
    found = await private_tree(api, owner, organisation=LAB)
    found["runs"], found["file"] = await add_run(api, wiring, owner, found["experiments"], b"@a\nACGT\n+\nIIII\n")
    slug = await make_group(api, owner, "quetzals")
    await granted(api, owner, f"projects/{found['projects']}", group=slug, level="read")
    return found


async def hiding_link(api: httpx.AsyncClient, owner: Any, project: str) -> dict[str, str]:
    body = {"name": "Journal", "hides_owner": True}
    made = await api.post(f"{V1}/projects/{project}/reviewer-links", json=body, headers=owner.headers)
    assert made.status_code == 201, made.text
    return {"Authorization": f"Bearer {made.json()['token']}"}


def addresses(wiring: Wiring, tree: dict[str, str]) -> list[str]:
    """Every read of the dialect, aimed at the project's records, and lists narrowed in telling ways."""
    found = []
    for route in archive_app(wiring).routes:
        path = getattr(route, "path_format", "")
        if "GET" not in getattr(route, "methods", ()) or path.startswith(("/docs", "/openapi")):
            continue
        noun = path.split("/")[1]
        filled = path.replace("{accession}", tree.get(noun, tree["projects"])).replace("{file_id}", tree["file"])
        filled = filled.replace("{checklist}", "ERC000011").replace("{name}", OWNER).replace("{slug}", LAB)
        found.append(re.sub(r"\{\w+\}", tree["file"], filled))
    found += [f"/{noun}/{tree[noun]}.1" for noun in ("projects", "runs")]
    found += ["/projects?organisation=" + LAB, "/projects?organisation=nowhere", f"/search?q={OWNER}"]
    return [*found, f"/filereport?accession={tree['projects']}&result=read_run"]


def tells(answer: httpx.Response) -> list[bytes]:
    """What an answer says of the owner, in its head or its body; what was asked for itself is left out."""
    asked = {part.encode() for part in re.split(r"[/?=&]", str(answer.request.url)) if part}
    head = b"\n".join(name + b": " + value for name, value in answer.headers.raw)
    text = head + b"\n" + answer.content
    for part in sorted(asked, key=len, reverse=True):
        text = text.replace(part, b"") if TELLING.search(part) else text
    return [text[max(0, hit.start() - 80) : hit.end() + 40] for hit in TELLING.finditer(text)]


@pytest.mark.parametrize("state", ["private", "public"])
async def test_no_answer_tells_whose_the_project_is(
    api: httpx.AsyncClient, wiring: Wiring, owner: Any, tree: dict[str, str], state: str
) -> None:
    headers = await hiding_link(api, owner, tree["projects"])
    if state == "public":
        released = await api.post(f"{V1}/projects/{tree['projects']}/release", json={}, headers=owner.headers)
        assert released.status_code == 200, released.text
    answers = [await api.get(f"{V1}{path}", headers=headers) for path in addresses(wiring, tree)]
    assert [(str(answer.request.url), tells(answer)) for answer in answers if tells(answer)] == []
    assert sum(answer.status_code < 400 for answer in answers) > 20
    assert all(answer.status_code < 500 for answer in answers)
    project = await api.get(f"{V1}/projects/{tree['projects']}", headers=headers)
    assert project.json()["organisation"] is None
    shown = await api.get(f"{V1}/projects/{tree['projects']}", headers=owner.headers)
    assert (shown.json()["organisation"], bool(tells(shown))) == (LAB, True), "the search itself finds what is told"


async def test_no_refusal_of_a_write_tells_whose_the_project_is(
    api: httpx.AsyncClient, owner: Any, tree: dict[str, str]
) -> None:
    headers = await hiding_link(api, owner, tree["projects"])
    for noun in ("projects", "subjects", "samples", "experiments", "runs"):
        for method in ("PATCH", "DELETE", "PUT", "POST"):
            answer = await api.request(method, f"{V1}/{noun}/{tree[noun]}", json={}, headers=headers)
            assert answer.status_code in {401, 403, 404, 405}
            assert tells(answer) == []


async def test_the_organisation_of_a_hidden_project_is_not_found_out_by_a_filter(
    api: httpx.AsyncClient, owner: Any, tree: dict[str, str]
) -> None:
    await make_project(api, owner, organisation=LAB)
    headers = await hiding_link(api, owner, tree["projects"])
    answers = [await api.get(f"{V1}/projects?organisation={slug}", headers=headers) for slug in (LAB, "nowhere")]
    assert {(answer.status_code, answer.text) for answer in answers} == {(400, answers[0].text)}
    listed = (await api.get(f"{V1}/projects", headers=headers)).json()
    assert [found["organisation"] for found in listed] == [None, None]
