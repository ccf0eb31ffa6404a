"""Limits of records: what is too much, or of the wrong kind, is refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.dialects.archive.records import SAMPLE, make_project
from tests.dialects.archive.test_sheets import V1, row, send, sheet, stage

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio


async def test_custom_fields_beyond_64_kib_are_refused(api: httpx.AsyncClient, alice: Any) -> None:
    body = {"project_accession": await make_project(api, alice), **SAMPLE}
    body["custom_fields"] = {f"f{number}": "x" * 1000 for number in range(70)}
    refused = await api.post(f"{V1}/samples/", json=body, headers=alice.headers)
    assert refused.status_code == 422
    assert [(i["code"], i["field"]) for i in refused.json()["issues"]] == [("too_large", "custom_fields")]


async def test_only_reads_become_mates_by_accession(api: httpx.AsyncClient, wiring: Wiring, alice: Any) -> None:
    project = await make_project(api, alice)
    await stage(wiring, alice, "a.bam", "b.bam", file_format="BAM")
    content = sheet(row("a", "a.bam"), row("b", "b.bam"))
    made = await send(api, alice, "bulk-submit/confirm", content, project_accession=project)
    one, two = made.json()["runs"]
    refused = await api.patch(f"{V1}/runs/{one}", json={"mate_accession": two}, headers=alice.headers)
    assert refused.status_code == 422, refused.text
    assert refused.json()["issues"][0]["code"] == "not_reads"
