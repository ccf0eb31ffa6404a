"""Lists, totals, searches, reports and links tell everybody of exactly what they may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from accession.people.credentials import AccessToken
from accession.people.models import Grant, GroupMember, ReviewerLink
from tests.permissions.people import CALLERS, Caller, State, visible
from tests.permissions.routes import RECORDS
from tests.permissions.world import PERSONAL, World

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio

V1 = "/api/v1"
ASKING = [caller for caller in CALLERS if not caller.bad_token]


def seen(world: World, caller: Caller, noun: str, of: State) -> set[str]:
    """The accessions of the scenes that a list shows; a reviewer (of the project in state `of`) sees that one too."""

    def listed(state: State) -> bool:
        held = caller if caller.name != "reviewer" or state is of else CALLERS[0]
        return visible(held, state, by_accession=False)

    return {scene.accessions[noun] for state, scene in world.scenes.items() if listed(state)}


async def get(
    api: httpx.AsyncClient, world: World, caller: Caller, path: str, of: State, **query: str
) -> httpx.Response:
    return await api.get(f"{V1}{path}", params=query, headers=world.headers_of(caller.name, of))


@pytest.mark.parametrize("noun", RECORDS)
async def test_a_list_and_its_total_hold_what_the_caller_may_see(
    api: httpx.AsyncClient, world: World, noun: str
) -> None:
    for caller in ASKING:
        of = State.PRIVATE
        answer = await get(api, world, caller, f"/{noun}s", of, per_page="200", count="exact")
        found = {record["accession"] for record in answer.json()}
        own = {a for scene in world.scenes.values() for a in scene.accessions.values()} & found
        assert own == seen(world, caller, noun, of), caller.name
        assert answer.headers["X-Total-Count"] == str(len(found)), caller.name


async def test_a_filter_counts_only_what_the_caller_may_see(api: httpx.AsyncClient, world: World) -> None:
    for caller in ASKING:
        for state, scene in world.scenes.items():
            answer = await get(
                api, world, caller, "/samples", state, project_accession=scene.accessions["project"], count="exact"
            )
            wanted = seen(world, caller, "sample", state) & {scene.accessions["sample"]}
            assert {record["accession"] for record in answer.json()} == wanted, (caller.name, state)
            assert answer.headers["X-Total-Count"] == str(len(wanted)), (caller.name, state)


async def test_pages_of_reports_open_for_those_who_may_read_them(api: httpx.AsyncClient, world: World) -> None:
    for caller in ASKING:
        for state, scene in world.scenes.items():
            for noun in ("run", "project"):
                answer = await get(api, world, caller, f"/{noun}s/{scene.accessions[noun]}/qc", state)
                assert (answer.status_code == 200) is visible(caller, state), (caller.name, state)
                if answer.status_code != 200:
                    continue
                assert "report_url" in answer.json(), (caller.name, state, noun)
                page = await api.get(answer.json()["report_url"])
                assert page.status_code == 200, (caller.name, state, noun, answer.text)
                assert scene.mark in page.text


async def test_a_page_opens_for_nobody_by_its_bare_address_before_the_release(
    api: httpx.AsyncClient, world: World
) -> None:
    for state, scene in world.scenes.items():
        for address in (
            f"/qc/{scene.accessions['run']}/fastqc_report.html",
            f"/qc/{scene.accessions['project']}/multiqc_report.html",
        ):
            answer = await api.get(address)
            gone = 410 if state is State.WITHDRAWN else 404
            assert answer.status_code == (200 if visible(CALLERS[0], state) else gone), address


async def test_personal_fields_go_to_those_who_were_let_in_by_name(api: httpx.AsyncClient, world: World) -> None:
    for caller in ASKING:
        for state, scene in world.scenes.items():
            for path in (f"/subjects/{scene.accessions['subject']}", "/subjects"):
                answer = await get(api, world, caller, path, state)
                wanted = caller.personal and (path == "/subjects" or visible(caller, state))
                assert (PERSONAL in answer.text) is wanted, (caller.name, state, path)


@pytest.mark.parametrize("database", ["sqlite"])
async def test_no_presigned_link_is_made_after_access_was_taken_away(
    wiring: Any, api: httpx.AsyncClient, world: World
) -> None:
    scene = world.scenes[State.PRIVATE]
    path = f"/runs/{scene.accessions['run']}/download"
    for name, revoke, status in (
        ("group_reader", GroupMember, 404),
        ("reader", Grant, 404),
        ("reviewer", ReviewerLink, 401),
    ):
        caller = next(caller for caller in CALLERS if caller.name == name)
        assert (await get(api, world, caller, path, State.PRIVATE)).status_code == 307
        await _take_away(wiring, revoke)
        assert (await get(api, world, caller, path, State.PRIVATE)).status_code == status, name


async def _take_away(wiring: Wiring, model: Any) -> None:
    from sqlalchemy import delete

    wiring.dooming = False  # type: ignore[attr-defined]
    async with wiring.writing() as unit:
        await unit.session.execute(delete(model))
        await unit.session.execute(delete(AccessToken))
    wiring.dooming = True  # type: ignore[attr-defined]
