"""A hostile report in a real browser: it reads no session, reaches no other host, and leaves its frame for nothing."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from tests.pages.conftest import PLAIN_HOST
from tests.pages.served import SECRET, hostile, with_page
from tests.servers.local import served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300), pytest.mark.parametrize("database", ["sqlite"])]


@asynccontextmanager
async def signed_in(browser: Any, url: str) -> AsyncIterator[Any]:
    """A browser in which somebody is signed in, as a web page of the service would leave it: cookies and storage."""
    context = await browser.new_context()
    await context.add_cookies(
        [
            {"name": "session", "value": SECRET, "url": url, "httpOnly": False, "sameSite": "Lax"},
            {"name": "refresh", "value": SECRET, "url": url, "httpOnly": True, "sameSite": "Lax"},
        ]
    )
    page = await context.new_page()
    await page.goto(f"{url}/health")
    await page.evaluate(f"localStorage.setItem('session', '{SECRET}'); sessionStorage.setItem('session', '{SECRET}')")
    assert SECRET in await page.evaluate("document.cookie"), "there is something to steal"
    try:
        yield page
    finally:
        await context.close()


def answered_of(page: Any) -> list[tuple[str, str]]:
    """What was answered to the browser, as it goes on; what a policy has stopped is not among it."""
    answered: list[tuple[str, str]] = []
    page.context.on("response", lambda answer: answered.append((answer.request.method, answer.url)))
    return answered


async def tried(frame: Any) -> dict[str, str]:
    """What the report has got by all its attempts."""
    found = await frame.evaluate("window.finished")
    assert len(found) > 20, found
    return found


def holds(got: dict[str, str]) -> None:
    """Nothing that is worth anything was got: refused, empty, or a storage that forgets."""
    assert SECRET not in str(got)
    assert "alice@" not in str(got)
    assert got["origin"] == "null"
    assert got["cookie"] == ""
    for name in ("storage", "session"):
        assert got[name] == "null", "the storage is one of the page's own"
    for name in ("who", "who, absolute", "change", "request", "fetch", "import", "parent", "storage of the parent"):
        assert got[name].startswith("refused") or got[name] in {"none", "nothing"}, (name, got[name])


async def test_in_its_frame_a_report_gets_nothing_and_goes_nowhere(settings, store_server, browser, outside, tmp_path):
    report = hostile(outside.url, navigates=True)
    bucket = f"pages-{uuid4().hex[:12]}"
    with served(settings, lambda w: with_page(w, tmp_path, report), store_server=store_server, bucket=bucket) as found:
        url, made = found
        async with signed_in(browser, url) as page:
            answered = answered_of(page)
            await page.goto(url + made["path"])
            frame = page.frame_locator("iframe").locator("h1")
            await frame.wait_for()
            inner = page.frames[1]
            got = await tried(inner)
            holds(got)
            assert got["top"].startswith("refused") or page.url == url + made["path"]
            await page.wait_for_timeout(2500)  # longer than its own refresh takes
            assert page.url == url + made["path"], "the window has stayed where it was"
            assert len(page.context.pages) == 1, "and no other was opened"
            home = {(method, urlsplit(address).path) for method, address in answered}
            assert home <= {("GET", made["path"]), ("GET", "/favicon.ico")}, "nothing was asked for in the session"
        assert outside.asked == []


async def test_a_report_cannot_send_its_own_frame_away(settings, store_server, browser, outside, tmp_path):
    """By an address that it goes to, it would tell another host what it knows."""
    report = f"<html><head></head><body><h1>x</h1><script>location = '{outside.url}/gone?all=x'</script></body></html>"
    bucket = f"pages-{uuid4().hex[:12]}"
    with served(
        settings, lambda w: with_page(w, tmp_path, report.encode()), store_server=store_server, bucket=bucket
    ) as (url, made):
        async with signed_in(browser, url) as page:
            await page.goto(url + made["path"])
            await page.wait_for_timeout(1500)
        assert outside.asked == []


async def test_opened_by_a_page_of_the_service_it_does_not_reach_its_opener(
    settings, store_server, browser, outside, tmp_path
):
    report = hostile(outside.url, navigates=False)
    bucket = f"pages-{uuid4().hex[:12]}"
    with served(settings, lambda w: with_page(w, tmp_path, report), store_server=store_server, bucket=bucket) as found:
        url, made = found
        async with signed_in(browser, url) as page:
            async with page.context.expect_page() as opened:
                await page.evaluate(f"void window.open('{made['path']}')")
            popup = await opened.value
            await popup.frame_locator("iframe").locator("h1").wait_for()
            got = await tried(popup.frames[1])
            holds(got)
            assert got["opener"] == "none" or got["opener"].startswith("refused")
        assert outside.asked == []


async def test_without_its_frame_it_gets_nothing_either(settings, store_server, browser, outside, tmp_path):
    """Over plain HTTP a browser does not say what it opens, so that it gets the page itself."""
    report = hostile(outside.url, navigates=False).replace(b'http-equiv="refresh"', b"")
    bucket = f"pages-{uuid4().hex[:12]}"
    with served(settings, lambda w: with_page(w, tmp_path, report), store_server=store_server, bucket=bucket) as found:
        url, made = found
        url = url.replace("127.0.0.1", PLAIN_HOST)
        async with signed_in(browser, url) as page:
            answered = answered_of(page)
            await page.goto(url + made["path"])
            assert len(page.frames) <= 2
            assert await page.locator("h1").inner_text() == "FastQC Report"
            holds(await tried(page.main_frame))
            home = {(method, urlsplit(address).path) for method, address in answered}
            assert home <= {("GET", made["path"]), ("GET", "/favicon.ico")}
        assert outside.asked == []


async def test_a_private_page_opens_by_its_signed_link_in_the_frame_too(settings, store_server, browser, tmp_path):
    page_of_tool = b"<html><head><title>x</title></head><body><h1>Private</h1></body></html>"
    bucket = f"pages-{uuid4().hex[:12]}"
    with served(
        settings,
        lambda w: with_page(w, tmp_path, page_of_tool, state="private"),
        store_server=store_server,
        bucket=bucket,
    ) as (url, made):
        async with httpx.AsyncClient(base_url=url, headers=made["headers"]) as client:
            link = (await client.get(f"/api/v1/runs/{made['accession']}/qc")).json()["report_url"]
        async with signed_in(browser, url) as page:
            assert (await page.goto(url + made["path"])).status == 404
            assert (await page.goto(url + link)).status == 200
            assert await page.frame_locator("iframe").locator("h1").inner_text() == "Private"
            assert (await page.goto(url + link.replace("signature=", "signature=0"))).status == 404
