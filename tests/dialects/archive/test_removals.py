"""Removals: who may withdraw what is public, what is left of it, and what happens to the mate of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from accession.people.models import Membership, Scope
from tests.dialects.archive.records import make_project, make_sample
from tests.dialects.archive.test_sheets import V1, row, send, sheet, stage

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio


async def test_a_contributor_withdraws_own_records_of_a_public_project_and_no_others(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    project = await make_project(api, alice)
    async with wiring.writing() as unit:
        place = (await unit.session.execute(select(Scope.organisation_id).where(Scope.owner_id == alice.id))).scalar()
        unit.session.add(Membership(account_id=bob.id, organisation_id=place, role="contributor"))
    hers, his = await make_sample(api, alice, project), await make_sample(api, bob, project)
    assert (await api.delete(f"{V1}/samples/{hers}", headers=bob.headers)).status_code == 403
    assert (await api.delete(f"{V1}/samples/{his}", headers=bob.headers)).status_code == 204
    assert (await api.get(f"{V1}/samples/{hers}")).status_code == 200


async def test_what_is_withdrawn_answers_every_verb_with_the_same_tombstone(api: httpx.AsyncClient, alice: Any) -> None:
    sample = await make_sample(api, alice, await make_project(api, alice))
    path = f"{V1}/samples/{sample}"
    assert (await api.delete(path, headers=alice.headers)).status_code == 204
    told = await api.get(path)
    changed = await api.patch(path, json={"breed": "Boran"}, headers=alice.headers)
    again = await api.delete(path, headers=alice.headers)
    assert [told.status_code, changed.status_code, again.status_code] == [410, 410, 410]
    assert told.json() == changed.json() == again.json()
    body = told.json()
    assert body.pop("when") == body.pop("withdrawn_at")
    assert body == {"accession": sample, "state": "withdrawn", "reason": None, "replaced_by": None}


async def test_a_run_whose_mate_is_removed_has_no_mate(api: httpx.AsyncClient, wiring: Wiring, alice: Any) -> None:
    project = await make_project(api, alice)
    await stage(wiring, alice, "a_R1.fastq.gz", "a_R2.fastq.gz")
    content = sheet(row("a", "a_R1.fastq.gz", "a_R2.fastq.gz"))
    made = await send(api, alice, "bulk-submit/confirm", content, project_accession=project)
    one, two = made.json()["runs"]
    before = await api.get(f"{V1}/runs/{two}")
    assert before.json()["mate_accession"] == one
    assert (await api.delete(f"{V1}/runs/{one}", headers=alice.headers)).status_code == 204
    after = await api.get(f"{V1}/runs/{two}")
    assert after.json()["mate_accession"] is None
    assert after.headers["etag"] != before.headers["etag"]
