"""What goes along with pages of tools and with everything else, so that nothing of strangers becomes a page of ours."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from accession.files import downloads
from tests.jobs.ingest import make_project
from tests.jobs.test_qc_answers import PAGE, measured_run

pytestmark = pytest.mark.anyio

V1 = "/api/v1"
BROWSER = {"Sec-Fetch-Dest": "document"}


@pytest.mark.parametrize(
    "path", ["/health", "/nowhere", "/qc/x/y", f"{V1}/projects", f"{V1}/nowhere", f"{V1}/docs", f"{V1}/openapi.json"]
)
async def test_no_answer_may_be_taken_for_something_else_than_it_says(api, path):
    assert (await api.get(path)).headers.get_list("x-content-type-options") == ["nosniff"]


async def test_a_browser_gets_a_frame_of_ours_around_the_page(wiring, store, api, alice, tmp_path):
    accession, _ = await measured_run(wiring, store, alice, await make_project(wiring, alice), tmp_path)
    path = f"/qc/{accession}/fastqc_report.html"
    frame = await api.get(path, headers=BROWSER)
    assert frame.status_code == 200
    assert '<iframe src="fastqc_report.html?framed"' in frame.text
    assert 'sandbox="allow-scripts allow-downloads"' in frame.text
    assert PAGE.decode() not in frame.text
    policy = frame.headers["content-security-policy"]
    assert "frame-src 'self'" in policy
    assert "script-src" not in policy, "the frame has no script at all"
    page = await api.get(f"{path}?framed", headers={"Sec-Fetch-Dest": "iframe"})
    assert page.content == PAGE
    assert page.headers["content-security-policy"].startswith("sandbox allow-scripts ")
    for answer in (frame, page):
        assert answer.headers["vary"] == "Sec-Fetch-Dest"
        assert answer.headers["referrer-policy"] == "no-referrer"


async def test_a_page_may_neither_open_windows_nor_be_framed_by_others(wiring, store, api, alice, tmp_path):
    accession, _ = await measured_run(wiring, store, alice, await make_project(wiring, alice), tmp_path)
    policy = (await api.get(f"/qc/{accession}/fastqc_report.html")).headers["content-security-policy"]
    for power in ("allow-same-origin", "allow-popups", "allow-forms", "allow-top-navigation", "allow-modals"):
        assert power not in policy
    for bound in ("default-src 'none'", "form-action 'none'", "base-uri 'none'", "frame-ancestors 'self'"):
        assert bound in policy


async def test_the_frame_of_a_private_page_has_the_signed_address_and_is_kept_by_nobody(
    wiring, store, api, alice, tmp_path
):
    project = await make_project(wiring, alice)
    accession, _ = await measured_run(wiring, store, alice, project, tmp_path, state="private")
    assert (await api.get(f"/qc/{accession}/fastqc_report.html", headers=BROWSER)).status_code == 404
    link = (await api.get(f"{V1}/runs/{accession}/qc", headers=alice.headers)).json()["report_url"]
    frame = await api.get(link, headers=BROWSER)
    query = urlsplit(link).query
    assert f'src="fastqc_report.html?framed&amp;{query.replace("&", "&amp;")}"' in frame.text
    assert frame.headers["cache-control"] == "private, no-store"
    inner = await api.get(f"/qc/{accession}/fastqc_report.html?framed&{query}", headers={"Sec-Fetch-Dest": "iframe"})
    assert inner.content == PAGE


async def test_what_a_query_brings_along_does_not_get_into_the_frame_as_markup(wiring, store, api, alice, tmp_path):
    accession, _ = await measured_run(wiring, store, alice, await make_project(wiring, alice), tmp_path)
    frame = await api.get(f'/qc/{accession}/fastqc_report.html?x="><script>alert(1)</script>', headers=BROWSER)
    assert "<script" not in frame.text


async def test_bytes_of_strangers_go_out_as_an_attachment(wiring, store, api, tmp_path):
    """An HTML file that was sent in is never shown by the object store, whatever type it was sent in with."""
    path = tmp_path / "evil"
    path.write_bytes(b"<script>alert(1)</script>")
    stat = await store.put_file("files/evil", path, content_type="text/html")
    granted = downloads.Grant("NFDP-RUN-000001", "evil.html", 25, None, "files/evil", stat.version_id, open=True)
    link = await downloads.link(store, granted, expires=timedelta(minutes=1))
    async with httpx.AsyncClient() as client:
        answer = await client.get(link)
    assert answer.content == path.read_bytes()
    assert answer.headers["content-disposition"].startswith("attachment")
    template = await api.get(f"{V1}/bulk-submit/template/ERC000011")
    assert template.headers["content-disposition"].startswith("attachment")
