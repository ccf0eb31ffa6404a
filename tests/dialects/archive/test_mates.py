"""Files of reads become mates, by sheet or by accession, only when what was found in them says that they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec
import pytest

from accession.base import new_id
from accession.files.models import File, FileState
from accession.ids import Kind
from accession.numbers import mint
from qc.validate import validate
from tests.dialects.archive.records import make_experiment, make_project, make_sample
from tests.dialects.archive.test_sheets import row, send, sheet
from tests.dialects.archive.uploading import verify

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
V1 = "/api/v1"
NAMES = ["f1", "f2", "f3"]


async def keep(
    wiring: Wiring,
    who: Any,
    folder: Path,
    name: str,
    names: list[str],
    *,
    state: str = FileState.VERIFIED,
    end: int = 0,
) -> str:
    """Put a file of these reads among the staged ones with the verdict that its check gives; its id."""
    path = folder / name
    reads = "".join(f"@{read} {end}:N:0:A\n{'ACGT'[end] * 4}\n+\nIIII\n" for read in names)
    path.write_text(reads)
    found = validate(path)
    file_id = new_id()
    async with wiring.writing(who.actor) as unit:
        serial = (await mint(unit.session, {Kind.FILE: 1}))[Kind.FILE][0]
        file = File(id=file_id, serial=serial, owner_id=who.id, state=state, filename=name, size=found.size)
        file.md5, file.sha256, file.format = found.md5, found.sha256, found.format.value
        file.key, file.upload_method = f"files/{uuid4()}", "direct"
        file.verdict = msgspec.to_builtins(found) if state == FileState.VERIFIED else None
        unit.session.add(file)
    return str(file_id)


STRANGERS = pytest.mark.parametrize(
    ("names", "said"),
    [
        (NAMES[:2], "'a_R1.fastq' has 3 reads, 'a_R2.fastq' 2"),
        (["f1", "f3", "f2"], "the read names differ"),
        (["g1", "g2", "g3"], "the read names differ"),
    ],
)


@STRANGERS
async def test_a_sheet_whose_pair_is_none_is_refused_at_its_reverse_file(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, tmp_path: Path, names: list[str], said: str
) -> None:
    project = await make_project(api, alice)
    await keep(wiring, alice, tmp_path, "a_R1.fastq", NAMES, end=1)
    await keep(wiring, alice, tmp_path, "a_R2.fastq", names, end=2)
    content = sheet(row("a", "a_R1.fastq", "a_R2.fastq"))
    refused = await send(api, alice, "bulk-submit/confirm", content, project_accession=project)
    (issue,) = refused.json()["issues"]
    assert (refused.status_code, issue["code"], issue["field"]) == (400, "mate_mismatch", "filename_reverse")
    assert said in issue["message"]
    assert (await api.get(f"{V1}/runs")).headers["x-total-count"] == "0"


async def test_a_sheet_whose_pair_is_one_is_taken(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, tmp_path: Path
) -> None:
    project = await make_project(api, alice)
    await keep(wiring, alice, tmp_path, "a_R1.fastq", NAMES, end=1)
    await keep(wiring, alice, tmp_path, "a_R2.fastq", NAMES, end=2)
    content = sheet(row("a", "a_R1.fastq", "a_R2.fastq"))
    made = await send(api, alice, "bulk-submit/confirm", content, project_accession=project)
    assert (made.status_code, len(made.json()["runs"])) == (200, 2), made.text


async def run_of(api: httpx.AsyncClient, who: Any, experiment: str, file_id: str, **more: Any) -> httpx.Response:
    body = {"experiment_accession": experiment, "file_id": file_id, **more}
    return await api.post(f"{V1}/runs/", json=body, headers=who.headers)


async def experiment_of(api: httpx.AsyncClient, who: Any) -> str:
    return await make_experiment(api, who, await make_sample(api, who, await make_project(api, who)))


@STRANGERS
async def test_a_run_cannot_be_made_or_become_the_mate_of_a_strangers_run(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, tmp_path: Path, names: list[str], said: str
) -> None:
    experiment = await experiment_of(api, alice)
    one, two = [
        await keep(wiring, alice, tmp_path, name, reads, end=end)
        for end, (name, reads) in enumerate((("a_R1.fastq", NAMES), ("a_R2.fastq", names)), start=1)
    ]
    first = (await run_of(api, alice, experiment, one)).json()["accession"]
    refused = await run_of(api, alice, experiment, two, mate_accession=first)
    (issue,) = refused.json()["issues"]
    assert (refused.status_code, issue["code"], issue["field"]) == (422, "mate_mismatch", "mate_accession")
    assert said in issue["message"]
    second = (await run_of(api, alice, experiment, two)).json()["accession"]
    body = {"mate_accession": first}
    refused = await api.patch(f"{V1}/runs/{second}", json=body, headers=alice.headers)
    assert (refused.status_code, refused.json()["issues"][0]["code"]) == (422, "mate_mismatch")
    assert (await api.get(f"{V1}/runs/{first}")).json()["mate_accession"] is None


@pytest.mark.parametrize("at_once", [True, False])
async def test_runs_of_the_two_files_of_a_pair_become_mates(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, tmp_path: Path, *, at_once: bool
) -> None:
    experiment = await experiment_of(api, alice)
    one = await keep(wiring, alice, tmp_path, "a_R1.fastq", NAMES, end=1)
    two = await keep(wiring, alice, tmp_path, "a_R2.fastq", NAMES, end=2)
    first = (await run_of(api, alice, experiment, one, read_number=1)).json()["accession"]
    mate = {"mate_accession": first}
    made = await run_of(api, alice, experiment, two, read_number=2, **(mate if at_once else {}))
    assert made.status_code == 201, made.text
    second = made.json()["accession"]
    if not at_once:
        changed = await api.patch(f"{V1}/runs/{second}", json=mate, headers=alice.headers)
        assert changed.status_code == 200, changed.text
    assert (await api.get(f"{V1}/runs/{first}")).json()["mate_accession"] == second


async def test_the_same_bytes_twice_are_no_pair(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, tmp_path: Path
) -> None:
    experiment = await experiment_of(api, alice)
    one, two = [await keep(wiring, alice, tmp_path, name, NAMES) for name in ("a_R1.fastq", "a_R2.fastq")]
    first = (await run_of(api, alice, experiment, one)).json()["accession"]
    refused = await run_of(api, alice, experiment, two, mate_accession=first)
    assert (refused.status_code, refused.json()["issues"][0]["code"]) == (422, "mate_mismatch")
    assert "same bytes" in refused.json()["issues"][0]["message"]


async def test_a_run_whose_file_is_not_checked_yet_gets_no_mate(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, tmp_path: Path
) -> None:
    experiment = await experiment_of(api, alice)
    one = await keep(wiring, alice, tmp_path, "a_R1.fastq", NAMES, end=1)
    two = await keep(wiring, alice, tmp_path, "a_R2.fastq", NAMES, end=2)
    first, second = [(await run_of(api, alice, experiment, file)).json()["accession"] for file in (one, two)]
    await verify(wiring, one, FileState.VERIFYING)
    refused = await api.patch(f"{V1}/runs/{second}", json={"mate_accession": first}, headers=alice.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "file_not_ready")
