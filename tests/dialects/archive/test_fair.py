"""The FAIR score over the API: counted in the database, of what the caller may see."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, select, update

from accession.catalog.models import Sample
from accession.fair import completeness
from accession.files.models import File, FileState
from tests.dialects.archive.records import make, make_experiment, make_project, make_sample
from tests.dialects.archive.test_sheets import row, send, sheet, stage

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
V1 = "/api/v1"


async def fair(api: httpx.AsyncClient, project: str, who: Any = None, status: int = 200) -> dict[str, Any]:
    answer = await api.get(f"{V1}/projects/{project}/fair", headers=who.headers if who is not None else {})
    assert answer.status_code == status, answer.text
    return answer.json()


def checks(answer: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {check["id"]: (check["count"], check["of"]) for check in answer["checks"]}


async def seed(api: httpx.AsyncClient, wiring: Wiring, who: Any, **project: Any) -> tuple[str, list[str]]:
    """A project of two samples, of which one has two runs of good files, one run's file being checked by QC."""
    accession = await make_project(api, who, **project)
    samples = [await make_sample(api, who, accession, alias=alias) for alias in ("a", "b")]
    experiment = await make_experiment(api, who, samples[0], library_selection="RANDOM", library_name="x")
    await stage(wiring, who, "1.fastq.gz", "2.fastq.gz")
    async with wiring.writing() as unit:
        ids = (await unit.session.scalars(select(File.id))).all()
        await unit.session.execute(update(File).where(File.id == ids[0]).values(qc_status="passed"))
    for file_id in ids:
        await make(api, who, "runs", experiment_accession=experiment, file_id=str(file_id))
    return accession, samples


async def test_a_projects_score_counts_its_records(api: httpx.AsyncClient, wiring: Wiring, alice: Any) -> None:
    project, _ = await seed(api, wiring, alice)
    answer = await fair(api, project)
    assert checks(answer) == {
        "identifiers": (6, 6),
        "description": (1, 2),
        "mandatory_fields": (2, 2),
        "external_accessions": (0, 6),
        "files_present": (2, 2),
        "samples_with_data": (1, 2),
        "open_access": (1, 1),
        "checksums": (2, 2),
        "formats": (2, 2),
        "valid_files": (2, 2),
        "taxonomy": (2, 2),
        "vocabularies": (1, 1),
        "checklists": (2, 2),
        "license": (1, 1),
        "recommended_fields": (0, 0),
        "origin": (2, 2),
        "experiments_described": (1, 1),
        "quality": (1, 2),
    }
    assert answer["accession"] == project
    assert set(answer["principles"]) == set("FAIR")
    assert 60 < answer["score"] < 95
    weights = sum(check["weight"] for check in answer["checks"])
    mean = sum(check["weight"] * check["score"] for check in answer["checks"]) / weights
    assert answer["score"] == pytest.approx(100 * mean, abs=0.06)


async def test_an_empty_project_scores_low_and_says_what_is_missing(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice, visibility="private")
    answer = await fair(api, project, alice)
    assert answer["score"] < 20
    assert "There are no runs yet." in {check["detail"] for check in answer["checks"]}
    day = (datetime.now(UTC).date() + timedelta(days=9)).isoformat()
    embargoed = await make_project(api, alice, alias="later", release_date=day)
    assert (await fair(api, embargoed, alice))["score"] > answer["score"]
    assert date.fromisoformat(day)


async def test_a_stranger_is_told_of_what_is_visible_alone_and_a_member_of_all(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any
) -> None:
    project, _ = await seed(api, wiring, alice)
    async with wiring.writing() as unit:
        await unit.session.execute(update(Sample).where(Sample.alias == "b").values(state="private"))
    mine, theirs = await fair(api, project, alice), await fair(api, project, bob)
    assert (mine["scope"], mine["samples"], checks(mine)["checklists"]) == ("whole", 2, (2, 2))
    assert (theirs["scope"], theirs["samples"], checks(theirs)["checklists"]) == ("visible", 1, (1, 1))
    private = await make_project(api, alice, visibility="private", alias="private")
    for who in (None, bob):
        await fair(api, private, who, 404)
    await fair(api, "NFDP-PRJ-999999", None, 404)
    await fair(api, "NFDP-SAM-000001", None, 422)


async def test_files_that_were_not_found_good_count_for_nothing(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any
) -> None:
    project, _ = await seed(api, wiring, alice)
    async with wiring.writing() as unit:
        await unit.session.execute(
            update(File).where(File.filename == "1.fastq.gz").values(state=FileState.REJECTED, sha256=None)
        )
    told = checks(await fair(api, project))
    assert [told[name] for name in ("files_present", "valid_files", "checksums", "formats")] == [
        (1, 2),
        (1, 2),
        (1, 2),
        (2, 2),
    ]


async def test_terms_for_missing_values_tell_nothing(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    missing = {"collection_date": "not collected", "geographic_location": "not provided"}
    await make_sample(api, alice, project, **missing)
    told = await fair(api, project)
    assert checks(told)["origin"] == (0, 1)
    (mandatory,) = [check for check in told["checks"] if check["id"] == "mandatory_fields"]
    assert 0 < mandatory["score"] < 1


async def test_the_number_of_statements_does_not_grow_with_the_project(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completeness, "CHUNK", 10)
    monkeypatch.setattr(completeness, "MOST_SAMPLES", 20)
    project = await make_project(api, alice)
    counted: list[str] = []
    engine = wiring.engines.read.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
    seen = []
    for begin in (0, 5, 35):
        content = sheet(*(row(f"s{n}") for n in range(begin, begin + 30)))
        made = await send(api, alice, "samples/bulk", content, project_accession=project)
        assert made.status_code == 200, made.text
        counted.clear()
        told = await fair(api, project)
        assert (told["samples"], told["samples_read"]) == (len({*range(begin + 30)}), 20)
        seen.append(len(counted))
    assert seen == [seen[0]] * 3
    assert seen[0] <= 12
