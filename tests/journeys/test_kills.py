"""SIGKILL at every point of ingest: what was acknowledged is there afterwards, what was not is nowhere."""

from __future__ import annotations

import gzip
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx
import pytest

from seqark_client.answers import FileStatus, QcStatus
from tests.journeys.scene import Scene
from tests.journeys.travelling import (
    CHECKLIST,
    fetched,
    form_of,
    md5,
    sheet_of,
)
from tests.servers.serving import DEADLINE, eventually, running_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulate import Dataset

ATTEMPTS = 40
NAMED = "filename = :name"


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory, dataset: Dataset) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("kills")
    with running_service(folder) as serving:
        yield Scene(serving, dataset, folder)


@pytest.fixture(scope="module")
def on_postgresql(tmp_path_factory: pytest.TempPathFactory, fresh_postgres: str, dataset: Dataset) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("kills")
    with running_service(folder, fresh_postgres) as serving:
        yield Scene(serving, dataset, folder)


def during_an_upload(scene: Scene) -> None:
    """Half of a form has come."""
    name = f"half_{scene.number()}.vcf.gz"
    halves, headers = form_of({}, name, scene.vcf)
    killed, answers = threading.Event(), []

    def body() -> Iterator[bytes]:
        yield halves[0]
        killed.wait(DEADLINE)
        yield halves[1]

    def upload() -> None:
        with suppress(httpx.TransportError):
            address = f"{scene.serving.base_url}/api/v1/staging/upload"
            sent = {**scene.submitter.headers, **headers}
            answers.append(httpx.post(address, content=body(), headers=sent, timeout=DEADLINE))

    uploading = threading.Thread(target=upload)
    uploading.start()
    try:
        eventually(lambda: scene.look.file(f"{NAMED} AND state = 'receiving'", name=name), "half of a form")
        scene.kill()
    finally:
        killed.set()
        uploading.join()
    scene.revive()
    if answers and answers[0].status_code == 200:
        assert scene.victim in {"worker", "store"}
        scene.submitter.was_acknowledged(answers[0], scene.vcf)
    else:
        assert scene.victim != "worker"
        scene.submitter.sees_nothing_of(name)


def between_upload_and_completion(scene: Scene) -> None:
    """The store has the bytes, and the archive does not know yet."""
    name = f"put_{scene.number()}.vcf.gz"
    promise = {"filename": name, "file_size": len(scene.vcf), "checksum_md5": md5(scene.vcf)}
    http, headers = scene.submitter.http, scene.submitter.headers
    begun = http.post("/api/v1/staging/initiate", json=promise, headers=headers).json()
    assert httpx.put(begun["presigned_url"], content=scene.vcf, timeout=DEADLINE).status_code == 200
    scene.kill()
    scene.revive()
    scene.submitter.sees_nothing_of(name)
    address = f"/api/v1/staging/complete/{begun['staged_file_id']}"
    done = scene.submitter.http.post(address, json={}, headers=headers)
    assert done.status_code == 200, done.text
    scene.submitter.was_acknowledged(done, scene.vcf)


def during_validation(scene: Scene) -> None:
    """The worker reads an acknowledged file."""
    for _ in range(ATTEMPTS):
        name, file_id = scene.send()
        if scene.kill_while(
            lambda name=name: scene.look.file(f"{NAMED} AND state = 'verifying' AND claim IS NOT NULL", name=name),
            lambda name=name: scene.look.file(f"{NAMED} AND state <> 'verifying'", name=name),
        ):
            break
    else:
        pytest.fail("no file was seen while it was validated")
    scene.revive()
    assert file_id in scene.submitter.acknowledged


def during_quality_control(scene: Scene) -> None:
    """The tools measure a file that is verified."""
    for _ in range(ATTEMPTS):
        name, file_id = scene.send("fastq.gz")
        if scene.kill_while(
            lambda name=name: scene.look.file(f"{NAMED} AND state = 'verified' AND claim IS NOT NULL", name=name),
            lambda name=name: scene.look.file(f"{NAMED} AND qc_status NOT IN ('pending', 'running')", name=name),
        ):
            break
    else:
        pytest.fail("no file was seen while it was measured")
    scene.revive()
    run = scene.submitter.make_run(_verified(scene, file_id))
    (quality,) = scene.submitter.client.waiting.for_runs([run], deadline=DEADLINE)
    assert quality.status in {QcStatus.PASSED, QcStatus.WARNED}
    assert len({report.tool for report in quality.reports}) == len(quality.reports)


def during_a_report(scene: Scene) -> None:
    """MultiQC makes the project's page."""
    worker = scene.serving.part("worker").pid
    for _ in range(5):  # a page may be made between the look and the halt; then another run has it made again
        name, file_id = scene.send()
        scene.submitter.make_run(_verified(scene, file_id))
        if scene.kill_while(lambda: scene.look.work(worker, "project_report"), lambda: False):
            break
    else:
        pytest.fail("the making of a page was never met")
    scene.revive()
    client = scene.submitter.client

    def page_names_file() -> bool:
        report = client.reports.project(scene.submitter.project)
        return report.report_url is not None and name.split(".")[0] in client.reports.page(report.report_url)

    eventually(page_names_file, f"a page with {name}", pause=0.5)


def during_a_submission(scene: Scene) -> None:
    """A sheet is confirmed: all of it is made, or nothing; once."""
    files = {f"sheet_{scene.number()}.vcf.gz": _copy(scene.vcf, number) for number in range(3)}
    for name, content in files.items():
        _verified(scene, scene.submitter.upload(name, content))
    alias = f"sample-{scene.number()}"
    sheet = sheet_of(alias, [(name, md5(content)) for name, content in files.items()], scene.folder)
    fields = {"checklist_id": CHECKLIST, "project_accession": scene.submitter.project}
    parts, headers = form_of(fields, sheet.name, sheet.read_bytes())
    sent, answers = threading.Event(), []

    def body() -> Iterator[bytes]:
        yield b"".join(parts)
        sent.set()

    def confirm() -> None:
        with suppress(httpx.TransportError):
            address = f"{scene.serving.base_url}/api/v1/bulk-submit/confirm"
            every = {**scene.submitter.headers, **headers}
            answers.append(httpx.post(address, content=body(), headers=every, timeout=DEADLINE))

    confirming = threading.Thread(target=confirm)
    confirming.start()
    sent.wait(DEADLINE)
    scene.kill()
    confirming.join()
    scene.revive()
    client = scene.submitter.client
    made = client.sheets.confirm(sheet, checklist_id=CHECKLIST, project_accession=scene.submitter.project)
    assert (len(made.samples), len(made.runs)) == (1, len(files))
    if answers and answers[0].is_success:
        assert answers[0].json()["runs"] == list(made.runs)
    assert [one.accession for one in client.samples.each(alias=alias)] == list(made.samples)
    experiments = {client.runs.get(run).experiment_accession for run in made.runs}
    listed = [run.accession for one in experiments for run in client.runs.each(experiment_accession=one or "")]
    assert sorted(listed) == sorted(made.runs)
    for file_id in [one for one in scene.submitter.acknowledged if one not in scene.submitter.runs]:
        content = scene.submitter.acknowledged.pop(file_id)
        (run,) = [run for run in made.runs if client.runs.get(run).checksum_md5 == md5(content)]
        assert fetched(client.downloads.link(run)) == content


def _copy(content: bytes, number: int) -> bytes:
    """The same VCF with one more header line, so that its digests are its own."""
    lines = gzip.decompress(content).split(b"\n")
    lines.insert(1, b"##copy=%d" % number)
    return gzip.compress(b"\n".join(lines), mtime=0)


def _verified(scene: Scene, file_id: str) -> str:
    (file,) = scene.submitter.client.waiting.for_files([file_id], deadline=DEADLINE)
    assert file.status is FileStatus.VERIFIED, file
    return file_id


POINTS = (
    during_an_upload,
    between_upload_and_completion,
    during_validation,
    during_quality_control,
    during_a_report,
    during_a_submission,
)
every_point = pytest.mark.parametrize("point", POINTS, ids=lambda point: point.__name__)


@pytest.mark.parametrize("victim", ["worker", "api", "store", "everything"])
@every_point
def test_a_kill_loses_no_acknowledged_file_and_shows_no_half_one(
    on_sqlite: Scene, point: Callable[[Scene], None], victim: str
) -> None:
    on_sqlite.victim = victim
    point(on_sqlite)
    on_sqlite.submitter.check_promises()


def test_after_all_kills_every_acknowledged_file_is_still_there(on_sqlite: Scene) -> None:
    on_sqlite.submitter.checked.clear()
    on_sqlite.submitter.check_promises()


@pytest.mark.parametrize("victim", ["worker", "everything"])
@every_point
def test_a_kill_on_postgresql_loses_no_acknowledged_file_and_shows_no_half_one(
    on_postgresql: Scene, point: Callable[[Scene], None], victim: str
) -> None:
    on_postgresql.victim = victim
    point(on_postgresql)
    on_postgresql.submitter.check_promises()
