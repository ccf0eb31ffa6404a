"""The object store falls silent: what needs it is refused soon, everything else goes on, and it mends by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from seqark_client.answers import FileStatus
from tests.journeys.travelling import Submitter, md5, submitter_of
from tests.servers.serving import DEADLINE, Serving, eventually, running_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulate import Dataset

SOON = 20.0  # seconds in which even a busy machine gives an answer that is due after two


@pytest.fixture(scope="module")
def submitter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Submitter]:
    with running_service(tmp_path_factory.mktemp("outage")) as serving:
        yield submitter_of(serving)


@pytest.fixture(scope="module")
def run(submitter: Submitter, dataset: Dataset) -> str:
    """A run whose file is kept."""
    file_id = submitter.upload("kept.vcf.gz", dataset.samples[0].vcf.read_bytes())
    submitter.client.waiting.for_files([file_id], deadline=DEADLINE)
    return submitter.make_run(file_id)


@pytest.fixture
def silent(submitter: Submitter, run: str) -> Iterator[Serving]:
    """The service while its store gives no answer at all."""
    store = submitter.serving.part("store")
    store.suspend()
    try:
        yield submitter.serving
    finally:
        store.resume()
        submitter.serving.wait_until_ready()


def ask(submitter: Submitter, method: str, path: str, **request: Any) -> httpx.Response:
    return httpx.request(
        method, f"{submitter.serving.base_url}{path}", headers=submitter.headers, timeout=SOON, **request
    )


def test_an_upload_is_refused_soon_and_leaves_nothing(silent: Serving, submitter: Submitter, dataset: Dataset) -> None:
    content = dataset.samples[0].vcf.read_bytes()
    answer = ask(submitter, "POST", "/api/v1/staging/upload", files={"file": ("refused.vcf.gz", content)})
    assert answer.status_code == 503, answer.text
    assert answer.headers["retry-after"]
    submitter.sees_nothing_of("refused.vcf.gz")


def test_an_upload_in_parts_cannot_begin(silent: Serving, submitter: Submitter) -> None:
    promise = {"filename": "refused.bam", "file_size": 10 * 2**20, "checksum_md5": md5(b""), "parts": 2}
    assert ask(submitter, "POST", "/api/v1/staging/initiate", json=promise).status_code == 503


def test_records_can_be_read_and_made_and_links_can_be_signed(silent: Serving, submitter: Submitter, run: str) -> None:
    assert ask(submitter, "GET", f"/api/v1/runs/{run}").status_code == 200
    assert ask(submitter, "GET", f"/api/v1/runs/{run}/qc").status_code == 200
    assert ask(submitter, "GET", f"/api/v1/runs/{run}/download").status_code == 307
    project = {"title": "Meanwhile", "description": "Made during an outage", "project_type": "WGS"}
    assert ask(submitter, "POST", "/api/v1/projects", json=project).status_code == 201


def test_health_names_the_part_that_is_down(silent: Serving, submitter: Submitter) -> None:
    assert ask(submitter, "GET", "/health").status_code == 200
    answer = ask(submitter, "GET", "/health/ready")
    assert answer.status_code == 503
    told = answer.json()
    assert told["status"] == "degraded"
    assert {name: part["status"] for name, part in told["parts"].items()} == {
        "database": "ok",
        "object_store": "down",
        "queue": "ok",
    }
    assert told["parts"]["object_store"]["reason"]


def test_a_store_that_is_killed_again_and_again_comes_back_and_work_goes_on(
    submitter: Submitter, run: str, dataset: Dataset
) -> None:
    content = dataset.samples[0].vcf.read_bytes()
    for number in range(2):
        file_id = submitter.upload(f"before_{number}.vcf.gz", content)
        submitter.serving.kill("store")
        submitter.serving.wait_until_ready()
        (file,) = submitter.client.waiting.for_files([file_id], deadline=DEADLINE)
        assert file.status is FileStatus.VERIFIED
    eventually(lambda: len(submitter.serving.told("store_died")) >= 2, "the log to name both deaths")
    submitter.check_promises()
