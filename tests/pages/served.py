"""Pages of tools in a real service: a run with a page, somebody signed in, and what a browser has of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.conftest import make_person
from tests.jobs.ingest import make_project
from tests.jobs.test_qc_answers import measured_run

if TYPE_CHECKING:
    from app.wiring import Wiring

HOSTILE = (Path(__file__).parent / "hostile.html").read_text()
SECRET = "the-session-of-alice"


def hostile(outside: str, *, navigates: bool) -> bytes:
    """The report that tries to read a session, and to tell another host."""
    return HOSTILE.replace("OUTSIDE", outside).replace("NAVIGATES", str(navigates).lower()).encode()


async def with_page(wiring: Wiring, folder: Path, page: bytes, *, state: str = "public") -> dict[str, Any]:
    """A run whose FastQC page is `page`; its accession, its owner's headers and the page's path."""
    alice = await make_person(wiring, "alice")
    project = await make_project(wiring, alice)
    accession, file_id = await measured_run(wiring, wiring.store, alice, project, folder, state=state)
    path = folder / "page"
    path.write_bytes(page)
    await wiring.store.put_file(f"reports/{file_id}/fastqc_report.html", path, content_type="text/html")
    return {"accession": accession, "headers": alice.headers, "path": f"/qc/{accession}/fastqc_report.html"}
