"""Groups over the archive API: who sees, fills and leaves them, and that what they were granted ends with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import make_person
from tests.dialects.archive.records import make_project
from tests.dialects.archive.sharing import granted, make_group, status

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
V1 = "/api/v1"


async def put(api: httpx.AsyncClient, who: Any, slug: str, name: str, **body: Any) -> int:
    answer = await api.put(f"{V1}/groups/{slug}/members/{name}", json=body, headers=who.headers)
    return answer.status_code


async def drop(api: httpx.AsyncClient, who: Any, slug: str, name: str) -> int:
    return (await api.delete(f"{V1}/groups/{slug}/members/{name}", headers=who.headers)).status_code


async def test_a_group_exists_for_its_members_only(api: httpx.AsyncClient, alice: Any, bob: Any, admin: Any) -> None:
    await make_group(api, alice, "friends")
    absent = await api.get(f"{V1}/groups/nowhere", headers=bob.headers)
    foreign = await api.get(f"{V1}/groups/friends", headers=bob.headers)
    assert (absent.status_code, foreign.status_code) == (404, 404)
    assert absent.text.replace("nowhere", "friends") == foreign.text
    for call in ("patch", "put", "delete"):
        path = f"{V1}/groups/friends" + ("/members/bob" if call == "put" else "")
        body = {} if call == "delete" else {"json": {}}
        assert (await getattr(api, call)(path, headers=bob.headers, **body)).status_code == 404
    assert (await api.get(f"{V1}/groups", headers=bob.headers)).json() == []
    assert [g["slug"] for g in (await api.get(f"{V1}/groups", headers=admin.headers)).json()] == ["friends"]
    assert await put(api, alice, "friends", "bob") == 200
    seen = (await api.get(f"{V1}/groups/friends", headers=bob.headers)).json()
    assert (seen["owner"], seen["admin"]) == ("alice", False)


async def test_admins_choose_the_members_and_the_owner_stays(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    carol = await make_person(wiring, "carol")
    slug = await make_group(api, alice, "friends", "bob")
    assert await put(api, bob, slug, "carol") == 403
    assert await put(api, alice, slug, "bob", admin=True) == 200
    assert await put(api, bob, slug, "carol") == 200
    assert await drop(api, carol, slug, "bob") == 403
    assert await drop(api, bob, slug, "alice") == 409
    assert await put(api, bob, slug, "alice", admin=False) == 409
    assert await drop(api, carol, slug, "carol") == 204
    listed = (await api.get(f"{V1}/groups/{slug}/members", headers=bob.headers)).json()
    assert [(m["name"], m["admin"], m["owner"]) for m in listed] == [("alice", True, True), ("bob", True, False)]


async def test_a_group_is_changed_handed_over_and_deleted(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    await make_person(wiring, "carol")
    slug = await make_group(api, alice, "friends", "bob")
    path = f"{V1}/groups/{slug}"
    changed = await api.patch(path, json={"title": "Good friends", "description": "All."}, headers=alice.headers)
    assert (changed.json()["title"], changed.json()["description"]) == ("Good friends", "All.")
    assert (await api.patch(path, json={"owner": "carol"}, headers=alice.headers)).status_code == 422
    handed = await api.patch(path, json={"owner": "bob"}, headers=alice.headers)
    assert (handed.status_code, handed.json()["owner"]) == (200, "bob")
    assert (await api.patch(path, json={"owner": "alice"}, headers=alice.headers)).status_code == 403
    assert (await api.delete(path, headers=alice.headers)).status_code == 403
    assert await drop(api, alice, slug, "alice") == 204
    assert (await api.delete(path, headers=bob.headers)).status_code == 204
    assert (await api.get(path, headers=bob.headers)).status_code == 404


async def test_what_a_group_was_granted_ends_for_who_leaves_and_with_the_group(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    carol = await make_person(wiring, "carol")
    slug = await make_group(api, alice, "friends", "bob", "carol")
    project = await make_project(api, alice, visibility="private")
    await granted(api, alice, f"projects/{project}", group=slug, level="read")
    assert [await status(api, who, f"projects/{project}") for who in (bob, carol)] == [200, 200]
    assert await drop(api, bob, slug, "bob") == 204
    assert [await status(api, who, f"projects/{project}") for who in (bob, carol)] == [404, 200]
    listed = await api.get(f"{V1}/projects?page=1&per_page=1", headers=bob.headers)
    assert project not in listed.text
    assert (await api.delete(f"{V1}/groups/{slug}", headers=alice.headers)).status_code == 204
    assert await status(api, carol, f"projects/{project}") == 404
    assert (await api.get(f"{V1}/projects/{project}/grants", headers=alice.headers)).json() == []
    await make_group(api, alice, "friends", "carol")
    assert await status(api, carol, f"projects/{project}") == 404, "a new group of the name has nothing of the old one"
