"""The pages that the tools really make still work where they are shown: their scripts run, their plots are drawn."""

from __future__ import annotations

import gzip
from pathlib import Path
from uuid import uuid4

import pytest

from qc.engines.sequali import Sequali
from qc.report import build_report
from tests.pages.conftest import PLAIN_HOST
from tests.pages.served import with_page
from tests.qc_engines.conftest import fastq_text
from tests.servers.local import served

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300), pytest.mark.parametrize("database", ["sqlite"])]

DRAWN = "document.querySelectorAll('.js-plotly-plot .main-svg').length"


@pytest.fixture
def multiqc(tmp_path):
    """MultiQC's page over what Sequali says of fifty reads."""
    reads = tmp_path / "reads"
    reads.write_bytes(gzip.compress(fastq_text().encode()))
    report = Sequali().run(reads, tmp_path / "sequali", filename="reads.fastq.gz")
    return Path(build_report([Path(file) for file in report.data], tmp_path / "work", title="Reads").pages[0])


@pytest.mark.parametrize("host", ["127.0.0.1", PLAIN_HOST])
async def test_the_page_of_multiqc_draws_its_plots_and_complains_of_nothing(
    settings, store_server, browser, tmp_path, multiqc, host
):
    """In the frame that a browser gets, and as a page by itself where it does not say what it opens."""
    page_of_tool = multiqc.read_bytes()
    complaints: list[str] = []
    bucket = f"pages-{uuid4().hex[:12]}"
    with served(
        settings, lambda wiring: with_page(wiring, tmp_path, page_of_tool), store_server=store_server, bucket=bucket
    ) as (url, made):
        context = await browser.new_context()
        page = await context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(url.replace("127.0.0.1", host) + made["path"])
        shown = page.frames[-1]
        assert (shown is not page.main_frame) == (host == "127.0.0.1")
        await shown.wait_for_function(f"{DRAWN} > 0", timeout=60_000)
        assert await shown.evaluate("document.querySelectorAll('.mqc-section').length") > 0
        assert await shown.evaluate("self.origin") == "null"
        await context.close()
    assert [said for said in complaints if "favicon" not in said] == []
