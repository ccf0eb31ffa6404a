"""What is open to everyone is not closed again, and what was removed takes nothing in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.dialects.archive.records import make_experiment, make_project, make_sample
from tests.dialects.archive.uploading import READS, md5_of, put

if TYPE_CHECKING:
    import httpx

pytestmark = pytest.mark.anyio
V1 = "/api/v1"


async def test_an_open_project_is_not_closed_by_releasing_it_on_a_later_day(
    api: httpx.AsyncClient, alice: Any, clock: Any
) -> None:
    project = await make_project(api, alice)
    later = {"release_date": (clock.now() + timedelta(days=9)).date().isoformat()}
    refused = await api.post(f"{V1}/projects/{project}/release", json=later, headers=alice.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert (await api.get(f"{V1}/projects/{project}")).status_code == 200


async def test_an_embargo_is_moved_by_releasing_again(api: httpx.AsyncClient, alice: Any, clock: Any) -> None:
    project = await make_project(api, alice, visibility="private")
    for days in (3, 9):
        day = {"release_date": (clock.now() + timedelta(days=days)).date().isoformat()}
        released = await api.post(f"{V1}/projects/{project}/release", json=day, headers=alice.headers)
        assert released.status_code == 200, released.text
    assert (await api.get(f"{V1}/projects/{project}")).status_code == 404


async def test_an_upload_makes_no_run_of_an_experiment_that_was_removed_meanwhile(
    store: Any, api: httpx.AsyncClient, alice: Any
) -> None:
    project = await make_project(api, alice, visibility="private")
    experiment = await make_experiment(api, alice, await make_sample(api, alice, project))
    promise = {"experiment_accession": experiment, "filename": "x.fastq", "file_size": len(READS), "file_type": "FASTQ"}
    promise["checksum_md5"] = md5_of(READS)
    begun = (await api.post(f"{V1}/upload/initiate", json=promise, headers=alice.headers)).json()
    await put(begun["presigned_url"])
    assert (await api.delete(f"{V1}/experiments/{experiment}", headers=alice.headers)).status_code == 204
    ended = {"upload_id": begun["upload_id"], "checksum_md5": md5_of(READS)}
    refused = await api.post(f"{V1}/upload/complete", json=ended, headers=alice.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "experiment_removed"), refused.text
    assert (await api.get(f"{V1}/runs", headers=alice.headers)).json() == []
