"""A sample is the same whether it comes by itself or as the row of a sheet; another one cannot take its alias."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.dialects.archive.records import SAMPLE, make, make_project, make_sample
from tests.dialects.archive.test_sheets import send

if TYPE_CHECKING:
    import httpx

pytestmark = pytest.mark.anyio
V1 = "/api/v1"


async def one_by_one(api: httpx.AsyncClient, who: Any, project: str, **more: Any) -> httpx.Response:
    body = {"project_accession": project, **SAMPLE, "alias": "cow", **more}
    return await api.post(f"{V1}/samples/", json=body, headers=who.headers)


def sample_sheet(subject: str = "", **changes: str) -> bytes:
    cells = {"sample_alias": "cow", **{name: str(value) for name, value in SAMPLE.items()}, "subject_alias": subject}
    del cells["checklist_id"]
    cells |= changes
    return ("\t".join(cells) + "\n" + "\t".join(cells.values())).encode()


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("sheet_first", [True, False])
async def test_the_same_sample_by_sheet_and_by_itself_is_one(
    api: httpx.AsyncClient, alice: Any, *, sheet_first: bool, named: bool
) -> None:
    project = await make_project(api, alice)
    told: dict[str, Any] = {"geographic_location": "kenya", "custom_fields": {"altitude": 1200}}
    if named:
        animal = {"alias": "animal-1", "organism": "Bos taurus", "tax_id": 9913}
        told["subject_accession"] = await make(api, alice, "subjects", project_accession=project, **animal)
    content = sample_sheet("animal-1" if named else "", **{"custom:altitude": "1200"})
    if sheet_first:
        made = await send(api, alice, "bulk-submit/confirm", content, project_accession=project)
        found = await one_by_one(api, alice, project, **told)
        assert (found.status_code, found.json()["accession"]) == (200, made.json()["samples"][0]), found.text
    else:
        made = await one_by_one(api, alice, project, **told)
        found = await send(api, alice, "bulk-submit/confirm", content, project_accession=project)
        assert (found.status_code, found.json()["samples"]) == (200, [made.json()["accession"]]), found.text
    assert (await api.get(f"{V1}/samples")).headers["x-total-count"] == "1"


async def test_another_sample_under_a_used_alias_is_refused_both_ways(api: httpx.AsyncClient, alice: Any) -> None:
    project, elsewhere = await make_project(api, alice), await make_project(api, alice)
    await make_sample(api, alice, project, alias="cow")
    for other in (sample_sheet(collection_date="2023"), sample_sheet(subject="x")):
        answer = await send(api, alice, "bulk-submit/confirm", other, project_accession=project)
        assert [issue["code"] for issue in answer.json()["issues"]] == ["alias_taken"]
    for place, more in ((project, {"breed": "Boran"}), (elsewhere, {})):
        answer = await one_by_one(api, alice, place, **more)
        assert (answer.status_code, answer.json()["code"]) == (409, "alias_taken")
