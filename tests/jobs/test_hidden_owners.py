"""The pages that MultiQC makes tell nothing of the owner of a project, nor of the machine that made them."""

from __future__ import annotations

import getpass
import re

import pytest

from accession.ids import Kind
from accession.people.models import Scope
from accession.people.reviewer_links import add_link
from tests.conftest import make_person
from tests.jobs.ingest import eventually, has_qc, make_project, make_run, project_page_of, send_in, working

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("database", ["sqlite"])
async def test_a_reviewers_pages_do_not_name_the_owner(wiring, store, api, dataset, settings):
    owner = await make_person(wiring, "quetzalcoatl")
    project = await make_project(wiring, owner, "Camels of the south")
    file_id = await send_in(wiring, owner, dataset.samples[0].vcf)
    run = await make_run(wiring, owner, project, file_id, state="private")
    async with wiring.writing(owner.actor) as unit:
        name = unit.accession(Kind.PROJECT, project.serial)
        scope = await unit.session.get(Scope, project.id)
        scope.state = "private"
        _, token = await add_link(unit, scope, name, name="Journal", days=9, hides_owner=True)
    headers = {"Authorization": f"Bearer {token}"}
    telling = re.compile(
        rf"quetzal|personal-|{re.escape(getpass.getuser())}@|{re.escape(str(settings.data_dir))}", re.IGNORECASE
    )
    async with working(wiring):
        await eventually(lambda: has_qc(wiring, file_id))
        await eventually(lambda: project_page_of(wiring, project.id))
        links = [(await api.get(f"/api/v1/projects/{name}/qc", headers=headers)).json()["report_url"]]
        reports = (await api.get(f"/api/v1/runs/{run}/qc", headers=headers)).json()["reports"]
        links += [report["report_url"] for report in reports if "report_url" in report]
        assert len(links) >= 2

        for link in links:

            async def page(link: str = link) -> str:
                answer = await api.get(link)
                assert answer.status_code in {200, 202}, link
                return answer.text if answer.status_code == 200 else ""

            text = await eventually(page)
            assert [text[max(0, hit.start() - 60) : hit.end() + 60] for hit in telling.finditer(text)] == []
