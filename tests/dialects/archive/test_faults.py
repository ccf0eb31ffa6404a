"""Refusals of malformed requests name what was sent by the names that its sender knows, and what would be right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.dialects.archive.records import PROJECT, make_project, make_sample

if TYPE_CHECKING:
    import httpx

pytestmark = pytest.mark.anyio
V1 = "/api/v1"


def told(answer: httpx.Response) -> tuple[int, str, str]:
    """The status, the field that the first issue names, and the sentence."""
    body = answer.json()
    return answer.status_code, body["issues"][0]["field"], body["detail"]


async def test_a_field_that_lacks_or_is_unknown_is_named(api: httpx.AsyncClient, alice: Any) -> None:
    lacking = {name: value for name, value in PROJECT.items() if name != "description"}
    answer = await api.post(f"{V1}/projects", json=lacking, headers=alice.headers)
    assert told(answer) == (400, "description", "description: it is required.")
    answer = await api.post(f"{V1}/projects", json=PROJECT | {"colour": "red"}, headers=alice.headers)
    assert told(answer) == (400, "colour", "colour: there is no field of this name here.")
    answer = await api.post(f"{V1}/projects", json=PROJECT | {"title": 7}, headers=alice.headers)
    assert told(answer)[:2] == (400, "title")


async def test_what_is_none_of_several_is_told_with_them(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    wish = {"user": "bob", "level": "own"}
    answer = await api.post(f"{V1}/projects/{project}/grants", json=wish, headers=alice.headers)
    assert told(answer)[:2] == (400, "level")
    assert {"edit,", "read,", "share,"} <= set(told(answer)[2].split())
    answer = await api.get(f"{V1}/projects?visibility=open")
    assert told(answer) == (400, "visibility", "visibility: 'open' is none of embargoed, private, public.")
    answer = await api.get(f"{V1}/samplesheet/{project}?format=excel")
    assert (answer.status_code, answer.json()["issues"][0]["field"]) == (400, "format")
    assert "rnaseq" in answer.json()["detail"]


@pytest.mark.parametrize("report", ["filereport?accession=", "samplesheet/"])
@pytest.mark.parametrize("accession", ["PRJNA1", "NFDP-FIL-000001", "ABCD-RUN-000001"])
async def test_a_report_names_the_accessions_that_it_takes(api: httpx.AsyncClient, report: str, accession: str) -> None:
    answer = await api.get(f"{V1}/{report}{accession}")
    status, field, sentence = told(answer)
    assert (status, field) == (422, "accession")
    assert "NFDP-RUN-000042" in sentence


async def test_a_history_names_fields_as_the_records_do(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    subject = {"project_accession": project, "organism": "Bos taurus", "tax_id": 9913}
    made = (await api.post(f"{V1}/subjects", json=subject, headers=alice.headers)).json()["accession"]
    sample = await make_sample(api, alice, project)
    changed = await api.patch(f"{V1}/samples/{sample}", json={"subject_accession": made}, headers=alice.headers)
    assert changed.status_code == 200, changed.text
    events = (await api.get(f"{V1}/samples/{sample}/history", headers=alice.headers)).json()
    assert events[0]["fields"] == ["subject_accession"]


async def test_a_method_that_an_address_lacks_is_told_with_those_it_has(api: httpx.AsyncClient) -> None:
    answer = await api.put(f"{V1}/checklists")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "Allow" in answer.json()["detail"]
    assert "GET" in answer.headers["allow"]
