"""Entity tags: every record has one that changes with its answer, and a change can be made to depend on it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.http.etags import is_known, matches
from tests.dialects.archive.moving import WHY, at, make_family, moved
from tests.dialects.archive.records import make_project, make_sample
from tests.dialects.archive.uploading import send, verify

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
OLD = '"1-000000000000"'


async def tag(api: httpx.AsyncClient, accession: str, who: Any = None) -> str:
    answer = await api.get(at(accession), headers=who.headers if who is not None else {})
    assert answer.status_code == 200, answer.text
    return answer.headers["ETag"]


@pytest.mark.parametrize("header", ["*", '"3-ab"', '"x", "3-ab"', 'W/"x","3-ab"  , "y"', '"3-ab",'])
def test_a_tag_in_the_list_lets_a_change_through(header: str) -> None:
    assert matches(header, '"3-ab"')
    assert is_known(header, '"3-ab"')


def test_a_weak_tag_is_known_but_never_lets_a_change_through() -> None:
    assert not matches('W/"3-ab"', '"3-ab"')
    assert is_known('W/"3-ab"', '"3-ab"')
    assert not matches('"3-a"', '"3-ab"')


async def test_a_reader_who_has_the_answer_gets_none(api: httpx.AsyncClient, alice: Any) -> None:
    for accession in await make_family(api, alice):
        current = await tag(api, accession)
        same = await api.get(at(accession), headers={"If-None-Match": f'"x", W/{current}'})
        assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", current)
        assert (await api.get(at(accession), headers={"If-None-Match": OLD})).status_code == 200


async def test_every_change_heeds_if_match(api: httpx.AsyncClient, alice: Any) -> None:
    for accession in reversed(await make_family(api, alice, visibility="private")):
        body = {"title": "Another"} if "PRJ" in accession else {"sex": "male"} if "SBJ" in accession else None
        body = body or {"ena_accession": "ERX1"}
        current = await tag(api, accession, alice)
        for stale in (OLD, f"W/{current}"):
            headers = {**alice.headers, "If-Match": stale}
            refused = await api.patch(at(accession), json=body, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
            assert (await api.delete(at(accession), headers=headers)).status_code == 412
            assert (await api.post(f"{at(accession)}/release", headers=headers)).status_code == 412
        headers = {**alice.headers, "If-Match": f'"other", {current}'}
        changed = await api.patch(at(accession), json=body, headers=headers)
        assert changed.status_code == 200, changed.text
        assert changed.headers["ETag"] == await tag(api, accession, alice) != current
        assert (await api.patch(at(accession), json=body, headers=headers)).status_code == 412
        headers["If-Match"] = "*"
        assert (await api.delete(at(accession), headers=headers)).status_code == 204
        assert (await api.delete(at(accession), headers=headers)).status_code == 404


async def test_a_tag_that_is_none_is_a_bad_request(api: httpx.AsyncClient, alice: Any) -> None:
    sample = await make_sample(api, alice, await make_project(api, alice))
    for header in ("3-ab", '"3', '"a" "b"', "*, *"):
        answer = await api.patch(at(sample), json={}, headers={**alice.headers, "If-Match": header})
        assert answer.status_code == 400, header
        assert (await api.get(at(sample), headers={"If-None-Match": header})).status_code == 400


async def test_of_two_who_change_the_same_version_only_one_does(api: httpx.AsyncClient, alice: Any) -> None:
    sample = await make_sample(api, alice, await make_project(api, alice))
    headers = {**alice.headers, "If-Match": await tag(api, sample, alice)}
    changes = [api.patch(at(sample), json={"breed": f"breed {n}"}, headers=headers) for n in range(6)]
    moves = [api.post(f"{at(sample)}/suppress", json=WHY, headers=headers) for _ in range(2)]
    answers = await asyncio.gather(*changes, *moves)
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7


async def test_a_tag_follows_all_that_an_answer_tells(api: httpx.AsyncClient, alice: Any, clock: Any) -> None:
    day = (clock.now() + timedelta(days=2)).date().isoformat()
    project, _, sample, *_ = await make_family(api, alice, visibility="private")
    seen = [[await tag(api, project, alice), await tag(api, sample, alice)]]

    async def look() -> None:
        seen.append([await tag(api, project, alice), await tag(api, sample, alice)])

    await moved(api, alice, project, "release", release_date=day)
    await look()
    clock.advance(days=2)
    headers = alice.headers
    token = await api.post("/api/v1/auth/login", json={"email": alice.email, "password": alice.password}, headers={})
    alice.headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
    await look()
    await moved(api, alice, project, "suppress", **WHY)
    await look()
    alice.headers = headers
    for tags in zip(*seen, strict=True):
        assert len(set(tags)) == len(seen)


async def test_the_tag_of_a_run_follows_its_file(
    store: Any, api: httpx.AsyncClient, alice: Any, wiring: Wiring
) -> None:
    from tests.dialects.archive.test_downloads import OTHER, make_run

    run, file_id = await make_run(api, alice, wiring)
    first = await tag(api, run)
    await verify(wiring, file_id, qc_status="warned")
    second = await tag(api, run)
    other = (await send(api, alice, OTHER)).json()["id"]
    await verify(wiring, other, format="FASTQ")
    put = {"url": f"{at(run)}/file", "json": {"file_id": other}}
    assert (await api.put(**put, headers={**alice.headers, "If-Match": first})).status_code == 412
    changed = await api.put(**put, headers={**alice.headers, "If-Match": second})
    assert changed.status_code == 200, changed.text
    assert len({first, second, changed.headers["ETag"]}) == 3
