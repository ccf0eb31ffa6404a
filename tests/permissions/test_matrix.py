"""Every route of the archive dialect, asked by everybody, of a project in every state: nobody sees or does more.

What is expected follows from two tables: `people.CALLERS` and `routes.ROUTES`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from app.asgi import service
from tests.permissions.calling import Answer, call
from tests.permissions.people import ANSWERED, BELONGING, CALLERS, LEADING, Caller, State, visible
from tests.permissions.routes import ABSENT, ROUTES, Need, Route
from tests.permissions.world import GROUP, LAB, OWNER, PERSONAL, Scene, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.asgi import Service
    from app.wiring import Wiring
    from tests.permissions.conftest import Doomed

pytestmark = pytest.mark.anyio

V1 = "/api/v1"
REFUSALS = {401, 403, 404, 410}
ABOUT_RECORDS = {Need.READ, Need.CONTRIBUTE, Need.SHARE, Need.MANAGE, Need.OWNER, Need.HISTORY}
_VERBS = {
    Need.HISTORY: "shares",
    Need.CONTRIBUTE: "contributes",
    Need.SHARE: "shares",
    Need.MANAGE: "manages",
    Need.OWNER: "owns",
}


def documented(wiring: Wiring) -> list[str]:
    """`METHOD /path` of everything in the dialect's OpenAPI document."""
    mounted = next(app for prefix, app in service(wiring).mounts if prefix == V1)
    methods = ("get", "head", "post", "put", "patch", "delete")
    paths = mounted.openapi_schema.paths.items()  # type: ignore[attr-defined]
    return [f"{method.upper()} {path}" for path, item in paths for method in methods if getattr(item, method, None)]


@pytest.mark.parametrize("database", ["sqlite"])
async def test_every_documented_route_says_who_may_call_it(wiring: Doomed) -> None:
    assert sorted(documented(wiring)) == sorted(ROUTES)


@pytest.mark.timeout(600)
async def test_everybody_gets_what_the_table_says_and_nothing_else(wiring: Doomed, world: World) -> None:
    faults: list[str] = []
    app = service(wiring)
    for name in documented(wiring):
        route = ROUTES[name]
        states = list(State) if route.need in ABOUT_RECORDS else [State.PRIVATE]
        for state in states:
            for caller in CALLERS:
                answer = await ask(app, world, name, route, caller, world.scenes[state])
                wanted = expected(name, route, caller, state)
                if not wanted(answer.status_code):
                    faults.append(f"{name} · {state} · {caller.name}: {answer.status_code} {answer.text[:160]}")
                faults += leaks(world, answer, caller, f"{name} · {state} · {caller.name}", state)
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(faults[:100])


async def ask(app: Service, world: World, name: str, route: Route, caller: Caller, scene: Scene) -> Answer:
    """Send one call about a scene."""
    method, path = name.split(" ", 1)
    noun = path.split("/")[1].removesuffix("s")
    filled = path.replace("{accession}", scene.accessions.get(noun, scene.accessions["project"]))
    filled = filled.replace("{file_id}", str(scene.file_id)).replace("{upload_id}", str(scene.file_id))
    circle = LAB if path.startswith("/organisations") else GROUP
    known = {"slug": circle, "name": "stranger", "checklist": "ERC000011", "filename": f"{scene.mark}.fastq.gz"}
    for field, value in known.items():
        filled = filled.replace(f"{{{field}}}", value)
    filled = re.sub(r"\{(\w*id|client)\}", ABSENT, filled)
    query = f"?{scene.filled(route.query)}" if route.query else ""
    extra: dict[str, Any] = {}
    if route.form is not None:
        extra["files"] = route.form
        extra["data"] = {"project_accession": scene.accessions["project"], "checklist_id": "ERC000011"}
    elif route.body is not None:
        extra["json"] = route.json_for(scene)
    headers = world.headers_of(caller.name, scene.state)
    return await call(app, method, f"{V1}{filled}{query}", headers, **extra)


def expected(name: str, route: Route, caller: Caller, state: State) -> Any:
    """Whether a status is what the tables say."""
    if route.by_body:
        return lambda status: status < 500
    if caller.bad_token:
        return lambda status: status == 401
    if route.need is Need.NOTHING:
        return _allowed
    if not caller.signed_in and route.need not in {Need.READ, Need.HISTORY}:
        return lambda status: status == 401
    if route.need in ABOUT_RECORDS:
        return _of_record(route, caller, state)
    return _of_others(name, route, caller)


def _of_others(name: str, route: Route, caller: Caller) -> Any:
    """What is not about a record, asked by somebody who is signed in."""
    match route.need:
        case Need.ADMIN:
            return _allowed_or_absent if caller.admin else lambda status: status == 403
        case Need.BELONG | Need.LEAD:
            return _of_circle(name.split("/")[1], route, caller)
        case Need.FILE:
            return _allowed_or_absent if caller.shares else lambda status: status == 404
        case Need.OWN:
            own = caller.admin or caller.name == "owner"
            return lambda status: status in _absent(caller) or (own and status < 500)
        case _:
            return lambda status: status != 401 and status < 500


def _of_circle(noun: str, route: Route, caller: Caller) -> Any:
    """An organisation or a group: who does not belong to it cannot tell whether there is one."""
    if caller.name not in BELONGING[noun]:
        return lambda status: status == 404
    if route.need is Need.LEAD and caller.name not in LEADING[noun]:
        return lambda status: status == 403
    return _allowed_or_absent if route.absent else _allowed


def _of_record(route: Route, caller: Caller, state: State) -> Any:
    history = route.need is Need.HISTORY
    if state is State.WITHDRAWN and not (history and caller.shares):
        return lambda status: status == 410 or (route.named and status in {409, *_absent(caller)})
    if not visible(caller, state) and state is not State.WITHDRAWN:
        return lambda status: status == 404
    if history and not caller.signed_in:
        return lambda status: status == 401
    need = route.open_need if route.open_need and state in ANSWERED else route.need
    if need is not Need.READ and not getattr(caller, _VERBS[need]):
        return lambda status: status == 403
    return _allowed_or_absent if route.named or route.absent else _allowed


def _absent(caller: Caller) -> set[int]:
    """How an absent thing is refused; an account that only reads may be told so before."""
    return {404, 403} if caller.grounded else {404}


def _allowed(status: int) -> bool:
    return status not in REFUSALS and status < 500


def _allowed_or_absent(status: int) -> bool:
    """Something else that the body names may be absent."""
    return status not in REFUSALS - {404} and status < 500


def leaks(world: World, answer: Answer, caller: Caller, where: str, about: State) -> Iterator[str]:
    """What an answer tells that the caller may not know."""
    text = answer.text
    for state, scene in world.scenes.items():
        own = caller.name != "reviewer" or state is about or visible(CALLERS[0], state)
        staged = caller.name == "owner" and where.startswith("GET /staging")  # their own files, whatever came of them
        if scene.mark in text and not (own and visible(caller, state)) and not staged:
            yield f"{where}: tells of the {state} project: {text[:200]}"
    if PERSONAL in text and not caller.personal:
        yield f"{where}: tells a personal field"
    if caller.name == "reviewer" and OWNER in text:
        yield f"{where}: tells whose the project is"
