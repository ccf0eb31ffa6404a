"""Organisations, groups and grants over the API, for tests that need some."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from accession.people.tokens import access_token
from tests.dialects.archive.records import make_experiment, make_project, make_sample

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

V1 = "/api/v1"


async def make_group(api: httpx.AsyncClient, who: Any, slug: str, *members: str) -> str:
    """A group of `who` with these members."""
    made = await api.post(f"{V1}/groups", json={"slug": slug}, headers=who.headers)
    assert made.status_code == 201, made.text
    for name in members:
        added = await api.put(f"{V1}/groups/{slug}/members/{name}", json={}, headers=who.headers)
        assert added.status_code == 200, added.text
    return slug


async def make_organisation(api: httpx.AsyncClient, who: Any, slug: str, **members: str) -> str:
    """An organisation of `who` with these members and their roles."""
    made = await api.post(f"{V1}/organisations", json={"slug": slug}, headers=who.headers)
    assert made.status_code == 201, made.text
    for name, role in members.items():
        answer = await set_member(api, who, slug, name, role)
        assert answer.status_code == 200, answer.text
    return slug


async def set_member(api: httpx.AsyncClient, who: Any, slug: str, name: str, role: str) -> httpx.Response:
    return await api.put(f"{V1}/organisations/{slug}/members/{name}", json={"role": role}, headers=who.headers)


async def grant(api: httpx.AsyncClient, who: Any, path: str, **wish: Any) -> httpx.Response:
    """Grant something below `path`, such as `projects/NFDP-PRJ-000001`."""
    return await api.post(f"{V1}/{path}/grants", json=wish, headers=who.headers)


async def granted(api: httpx.AsyncClient, who: Any, path: str, **wish: Any) -> dict[str, Any]:
    """`grant`, which succeeds."""
    answer = await grant(api, who, path, **wish)
    assert answer.status_code in {200, 201}, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def private_tree(api: httpx.AsyncClient, who: Any, **more: Any) -> dict[str, str]:
    """A private project with a subject and two samples, each with an experiment; and their accessions."""
    project = await make_project(api, who, visibility="private", **more)
    subject = {"project_accession": project, "organism": "Bos taurus", "tax_id": 9913, "external_id": "tag 7"}
    made = await api.post(f"{V1}/subjects", json=subject, headers=who.headers)
    assert made.status_code == 201, made.text
    sample, other = await make_sample(api, who, project), await make_sample(api, who, project)
    return {
        "projects": project,
        "subjects": made.json()["accession"],
        "samples": sample,
        "other_sample": other,
        "experiments": await make_experiment(api, who, sample),
        "other_experiment": await make_experiment(api, who, other),
    }


def signed_in(wiring: Wiring, who: Any) -> Any:
    """The same person with a fresh access token, after the clock has gone on."""
    token = access_token(wiring.keys, who.id, now=wiring.clock.now(), minutes=30)
    return replace(who, headers={"Authorization": f"Bearer {token}"})


async def status(api: httpx.AsyncClient, who: Any, path: str) -> int:
    """What a read answers."""
    return (await api.get(f"{V1}/{path}", headers=who.headers)).status_code
