"""Files that a sequencing made become runs once they are staged and found good; until then they are awaited."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from accession.catalog.models import Run
from accession.files.models import File, FileState
from tests.dialects.archive.records import make_project
from tests.dialects.archive.test_lims import LIBRARY_FIELDS, count, one, registered, tell
from tests.dialects.archive.test_lims import lims as lims  # noqa: PLC0414  # a fixture
from tests.dialects.archive.test_lims import settings as settings  # noqa: PLC0414  # a fixture
from tests.dialects.archive.test_sheets import stage

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
V1 = "/api/v1"
PAIR = ("x_R1.fastq.gz", "x_R2.fastq.gz")


def expected(*names: str, **digests: str) -> list[dict[str, Any]]:
    """Files as a message names them; `stage` gives each the MD5 of its name."""
    return [
        {
            "filename": name,
            "checksum_md5": digests.get(name[:4], hashlib.md5(name.encode()).hexdigest()).upper(),
            "read_number": 1 + number % 2,
        }
        for number, name in enumerate(names)
    ]


async def sequenced(
    api: httpx.AsyncClient, wiring: Wiring, delivery: str, files: list[dict[str, Any]], library: str = "cow 1 wgs"
) -> httpx.Response:
    told = {"sample": {"alias": "cow 1"}, "library": {"alias": library}, "sequencing": {"files": files}}
    return await tell(api, wiring, "sequencing_complete", delivery, **told)


@pytest.fixture
async def library(api: httpx.AsyncClient, wiring: Wiring, lims: Any) -> str:
    """The experiment of a library that was prepared."""
    await registered(api, wiring, await make_project(api, lims))
    answer = await tell(api, wiring, "library_prepared", "2", sample={"alias": "cow 1"}, library=LIBRARY_FIELDS)
    return answer.json()["experiment_accession"]


async def test_staged_files_become_runs_and_those_of_a_pair_mates(
    api: httpx.AsyncClient, wiring: Wiring, lims: Any, library: str
) -> None:
    await stage(wiring, lims, *PAIR)
    answer = await sequenced(api, wiring, "3", expected(*PAIR))
    assert answer.status_code == 200, answer.text
    assert [file["status"] for file in answer.json()["files"]] == ["linked", "linked"]
    one_, two = [await one(api, lims, "runs", file["run_accession"]) for file in answer.json()["files"]]
    assert (one_["filename"], one_["experiment_accession"]) == (PAIR[0], library)
    assert (one_["mate_accession"], two["mate_accession"]) == (two["accession"], one_["accession"])
    assert (one_["read_number"], two["read_number"]) == (1, 2)
    again = await sequenced(api, wiring, "4", expected(*PAIR))
    assert again.json()["files"] == answer.json()["files"]
    assert await count(wiring, Run) == 2


@pytest.mark.parametrize("first", [0, 1])
async def test_a_file_that_comes_later_joins_its_mate(
    api: httpx.AsyncClient, wiring: Wiring, lims: Any, library: str, first: int
) -> None:
    await stage(wiring, lims, PAIR[first])
    answer = await sequenced(api, wiring, "3", expected(*PAIR))
    statuses = [file["status"] for file in answer.json()["files"]]
    assert statuses[first] == "linked"
    assert statuses[1 - first] == "absent"
    await stage(wiring, lims, PAIR[1 - first])
    answer = await sequenced(api, wiring, "4", expected(*PAIR))
    runs = [file["run_accession"] for file in answer.json()["files"]]
    assert (await one(api, lims, "runs", runs[0]))["mate_accession"] == runs[1]


@pytest.mark.parametrize("state", [FileState.VERIFYING, FileState.REJECTED])
async def test_a_file_without_a_good_verdict_is_awaited(
    api: httpx.AsyncClient, wiring: Wiring, lims: Any, library: str, state: FileState
) -> None:
    await stage(wiring, lims, "a.fastq.gz", state=state)
    async with wiring.writing() as unit:
        await unit.session.execute(update(File).values(reason="fastq_truncated"))
    answer = await sequenced(api, wiring, "3", expected("a.fastq.gz"))
    (file,) = answer.json()["files"]
    assert (file["status"], file["run_accession"], file["reason"]) == (state.value, None, "fastq_truncated")
    await stage(wiring, lims, "a.fastq.gz")
    answer = await sequenced(api, wiring, "4", expected("a.fastq.gz"))
    assert answer.json()["files"][0]["status"] == "linked"


async def test_a_file_is_found_by_its_md5_under_another_name(
    api: httpx.AsyncClient, wiring: Wiring, lims: Any, library: str
) -> None:
    await stage(wiring, lims, "renamed.fastq.gz")
    digest = hashlib.md5(b"renamed.fastq.gz").hexdigest()
    answer = await sequenced(api, wiring, "3", expected("orig.fastq.gz", orig=digest))
    (file,) = answer.json()["files"]
    assert (file["status"], file["filename"]) == ("linked", "orig.fastq.gz")


async def test_another_md5_or_another_library_refuses_the_whole_message(
    api: httpx.AsyncClient, wiring: Wiring, lims: Any, library: str
) -> None:
    await stage(wiring, lims, "a.fastq.gz", "b.fastq.gz")
    wrong = await sequenced(api, wiring, "3", [*expected("a.fastq.gz"), *expected("b.fastq.gz", **{"b.fa": "0" * 32})])
    assert (wrong.status_code, wrong.json()["issues"][0]["code"]) == (422, "md5_mismatch")
    assert await count(wiring, Run) == 0
    assert (await sequenced(api, wiring, "3", expected("a.fastq.gz"))).status_code == 200
    other = {**LIBRARY_FIELDS, "alias": "other"}
    await tell(api, wiring, "library_prepared", "4", sample={"alias": "cow 1"}, library=other)
    taken = await sequenced(api, wiring, "5", expected("a.fastq.gz"), "other")
    assert (taken.status_code, taken.json()["issues"][0]["code"]) == (422, "file_already_linked")
    assert library in taken.json()["detail"]


async def test_files_of_others_are_never_found(
    api: httpx.AsyncClient, wiring: Wiring, lims: Any, alice: Any, library: str
) -> None:
    await stage(wiring, alice, "a.fastq.gz")
    answer = await sequenced(api, wiring, "3", expected("a.fastq.gz"))
    assert answer.json()["files"][0]["status"] == "absent"
