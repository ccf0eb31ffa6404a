"""Promises of searching and of file reports, against a real archive on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from app.asgi import service
from seqark_client import Client
from seqark_client.errors import BadRequest, NotFound
from tests.conftest import make_person
from tests.dialects.archive.records import make, make_experiment, make_project, make_sample
from tests.dialects.archive.test_search import FILE
from tests.servers.local import served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.settings import Settings
    from app.wiring import Wiring


async def seeded(wiring: Wiring) -> dict[str, str]:
    alice = await make_person(wiring, "alice")
    transport = httpx.ASGITransport(app=service(wiring))
    async with httpx.AsyncClient(transport=transport, base_url="http://archive.test") as api:
        project = await make_project(api, alice)
        sample = await make_sample(api, alice, project, alias="okapi 1")
        run = await make(api, alice, "runs", experiment_accession=await make_experiment(api, alice, sample), **FILE)
    return {"project": project, "sample": sample, "run": run}


@pytest.fixture
def archive(settings: Settings) -> Iterator[tuple[Client, dict[str, Any]]]:
    with served(settings, seeded) as (url, made), Client(url) as client:
        yield client, made


def test_a_search_gives_hits_and_how_many_there_are(archive: tuple[Client, dict[str, Any]]) -> None:
    client, made = archive
    page = client.search('"okapi 1"')
    assert (page.query, page.total) == ('"okapi 1"', 1)
    assert (page.results[0].type, page.results[0].accession, page.results[0].title) == (
        "sample",
        made["sample"],
        "okapi 1",
    )
    assert client.search("okapi", types=["project", "run"]).total == 0
    assert client.search("whole genomes", per_page=1, page=2).results == ()
    with pytest.raises(BadRequest, match="empty"):
        client.search(" ")


def test_a_file_report_gives_runs_with_the_fields_asked_for(archive: tuple[Client, dict[str, Any]]) -> None:
    client, made = archive
    [line] = client.filereport(made["project"])
    assert (line.run_accession, line.sample_accession, line.filename) == (made["run"], made["sample"], FILE["filename"])
    [line] = client.filereport(made["run"], fields=["download_url", "file_size"], limit=1)
    assert line.download_url is not None
    assert line.download_url.endswith(f"/api/v1/runs/{made['run']}/download")
    assert (line.file_size, line.run_accession) == (10, None)
    with pytest.raises(NotFound):
        client.filereport("NFDP-PRJ-999999")
