"""Sheets in an archive that moves: what was removed is left alone, and what changed since the check is a conflict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from accession.errors import Conflict
from accession.files.models import File
from accession.people.models import Scope
from accession.projects.models import Project
from accession.sheets.applying import apply
from accession.sheets.drafts import Drafts, ExperimentDraft, RunDraft, SampleDraft
from tests.dialects.archive.records import make_project
from tests.dialects.archive.test_sheets import V1, row, send, sheet, stage

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio


async def submit(api: httpx.AsyncClient, who: Any, project: str, *rows: dict[str, str]) -> httpx.Response:
    return await send(api, who, "bulk-submit/confirm", sheet(*rows), project_accession=project)


def drafts_of(file_id: str, *, linked: bool) -> Drafts:
    """What a sheet of one sample with one file becomes."""
    record = {"organism": "Bos taurus", "tax_id": 9913}
    sample = SampleDraft("a", None, "ERC000011", record, {}, (2,))
    library = ("ILLUMINA", "NextSeq 550", "WGS", "GENOMIC", "SINGLE", None, None, None)
    experiment = ExperimentDraft("a", *library, (2,))
    return Drafts((), (sample,), (experiment,), (RunDraft(0, file_id, None, None, 2, linked),))


async def test_a_sheet_makes_a_new_library_where_the_old_one_was_removed(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any
) -> None:
    project = await make_project(api, alice, visibility="private")
    await stage(wiring, alice, "a.bam", "b.bam")
    first = (await submit(api, alice, project, row("a", "a.bam"))).json()
    for kind in ("runs", "experiments"):
        gone = await api.delete(f"{V1}/{kind}/{first[kind][0]}", headers=alice.headers)
        assert gone.status_code == 204, gone.text
    refused = await submit(api, alice, project, row("a", "a.bam"))
    assert (refused.status_code, refused.json()["issues"][0]["code"]) == (400, "file_not_found")
    second = (await submit(api, alice, project, row("a", "b.bam"))).json()
    assert second["samples"] == first["samples"]
    assert second["experiments"] != first["experiments"]
    assert (await api.get(f"{V1}/runs/{second['runs'][0]}", headers=alice.headers)).status_code == 200


async def test_a_file_that_moved_since_the_check_is_a_conflict(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any
) -> None:
    project = await make_project(api, alice, visibility="private")
    await stage(wiring, alice, "a.bam", "b.bam")
    assert (await submit(api, alice, project, row("a", "a.bam"))).status_code == 200
    async with wiring.reading() as unit:
        taken, free = (await unit.session.scalars(select(File.id).order_by(File.serial))).all()
        serial = int(project.rpartition("-")[2])
        wanted = select(Scope).join(Project, Project.id == Scope.id).where(Project.serial == serial)
        scope = (await unit.session.scalars(wanted)).one()
    for file_id, linked in ((taken, False), (free, True), (scope.id, False), (scope.id, True)):
        async with wiring.writing(alice.actor) as unit:
            with pytest.raises(Conflict) as refused:
                await apply(unit, scope, drafts_of(str(file_id), linked=linked))
        assert refused.value.code == "file_linked"


async def test_a_row_that_contradicts_an_experiment_made_before_is_refused(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any
) -> None:
    project = await make_project(api, alice)
    await stage(wiring, alice, "a.bam", "b.bam")
    assert (await submit(api, alice, project, row("a", "a.bam"))).status_code == 200
    content = sheet(row("a", "b.bam")).replace(b"\n", b"\tlibrary_layout\n", 1) + b"\tPAIRED"
    refused = await send(api, alice, "bulk-submit/confirm", content, project_accession=project)
    assert refused.status_code == 400, refused.text
    assert [issue["code"] for issue in refused.json()["issues"]] == ["experiment_mismatch"]
    same = await send(
        api, alice, "bulk-submit/confirm", content.replace(b"PAIRED", b"SINGLE"), project_accession=project
    )
    assert same.status_code == 200, same.text
