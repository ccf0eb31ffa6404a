"""From bytes that have come to a verdict, QC reports and MultiQC pages."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from simulate import break_file

from accession.files.models import FileState
from app.jobs.queue import Queue
from tests.jobs.ingest import (
    eventually,
    file_row,
    has_qc,
    has_verdict,
    make_project,
    make_run,
    project_page_of,
    reports_of,
    send_in,
    working,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


async def test_good_files_are_verified_and_measured(wiring, store, alice, dataset):
    async with working(wiring):
        files = [await send_in(wiring, alice, path) for path in dataset.submitted]
        await eventually(lambda: has_qc(wiring, *files))
    for path, file_id in zip(dataset.submitted, files, strict=True):
        row = await file_row(wiring, file_id)
        assert (row.state, row.reason) == (FileState.VERIFIED, None)
        assert row.verdict["valid"] is True
        assert (row.md5, row.size) == (hashlib.md5(path.read_bytes()).hexdigest(), path.stat().st_size)
        assert row.version_id is not None
        assert (row.due_at, row.claim) == (None, None)
        assert row.qc_status in {"passed", "warned"}
        assert all(report.data_keys for report in (await reports_of(wiring, file_id)).values())
    formats = [(await file_row(wiring, file_id)).format for file_id in files]
    assert formats == ["FASTQ", "FASTQ", "BAM", "VCF"]


async def test_a_broken_file_is_rejected_with_its_line_and_never_measured(wiring, store, alice, dataset, tmp_path):
    broken = break_file("quality_short", dataset.samples[0].forward, tmp_path / "broken_R1.fastq.gz", record=17)
    async with working(wiring):
        file_id = await send_in(wiring, alice, broken.path)
        await eventually(lambda: has_verdict(wiring, file_id))
    row = await file_row(wiring, file_id)
    assert row.state == FileState.REJECTED
    assert row.verdict["findings"][0]["record"] == 17
    assert row.reason.startswith(f"{row.verdict['findings'][0]['code']}: ")
    assert (row.due_at, await reports_of(wiring, file_id)) == (None, {})


async def test_bytes_other_than_promised_are_rejected_though_their_content_is_good(wiring, store, alice, dataset):
    async with working(wiring):
        file_id = await send_in(wiring, alice, dataset.samples[0].vcf, md5="0" * 32)
        await eventually(lambda: has_verdict(wiring, file_id))
    row = await file_row(wiring, file_id)
    assert (row.state, row.verdict["findings"][0]["code"]) == (FileState.REJECTED, "checksum_mismatch")
    assert row.reason.startswith("checksum_mismatch: ")


async def test_a_file_whose_bytes_are_gone_is_rejected(wiring, store, alice, dataset):
    file_id = await send_in(wiring, alice, dataset.samples[0].vcf)
    await store.delete((await file_row(wiring, file_id)).key)
    async with working(wiring):
        await eventually(lambda: has_verdict(wiring, file_id))
    row = await file_row(wiring, file_id)
    assert (row.state, row.verdict["findings"][0]["code"]) == (FileState.REJECTED, "bytes_missing")


async def test_the_verdict_pins_the_version_that_was_read(wiring, store, alice, dataset, tmp_path):
    file_id = await send_in(wiring, alice, dataset.samples[0].vcf)
    sent = await file_row(wiring, file_id)
    other = tmp_path / "other"
    other.write_bytes(b"not what was checked")
    newer = await store.put_file(sent.key, other, content_type="text/plain")
    async with working(wiring):
        await eventually(lambda: has_qc(wiring, file_id))
    row = await file_row(wiring, file_id)
    assert row.state == FileState.VERIFIED
    assert row.version_id == sent.version_id != newer.version_id


async def test_what_no_hint_reached_is_found_by_the_sweep(wiring, store, alice, dataset):
    assert wiring.notifier is None, "files are sent in as if the service had died between commit and queue"
    files = [await send_in(wiring, alice, path) for path in dataset.submitted[:2]]
    async with working(wiring):
        await eventually(lambda: has_qc(wiring, *files))


async def test_a_queue_that_fails_never_fails_the_request(wiring, store, alice, dataset, monkeypatch):
    queue = Queue(wiring)
    wiring.notifier = queue.notify

    async def down() -> None:
        raise OSError("the queue's file cannot be opened")

    monkeypatch.setattr(queue.database, "prepare", down)
    file_id = await send_in(wiring, alice, dataset.samples[0].vcf)
    assert (await file_row(wiring, file_id)).state == FileState.VERIFYING
    wiring.notifier = None
    async with working(wiring):
        await eventually(lambda: has_qc(wiring, file_id))
    await queue.close()


async def test_a_project_gets_its_page_once_the_qc_of_all_its_runs_has_ended(wiring, store, alice, dataset):
    project = await make_project(wiring, alice, "Camels of the south")
    files = [await send_in(wiring, alice, path) for path in dataset.submitted]
    for file_id in files:
        await make_run(wiring, alice, project, file_id)
    async with working(wiring):
        page = await eventually(lambda: project_page_of(wiring, project.id))
        assert await has_qc(wiring, *files)
    assert (page.status, page.summary["files"]) == ("passed", len(files))
    text = b"".join([chunk async for chunk in store.stream(page.page_key)]).decode()
    assert "Camels of the south" in text
    assert len(await store.versions(page.page_key)) == 1


async def test_nothing_is_left_in_the_work_folder(wiring, store, alice, dataset, settings):
    async with working(wiring):
        file_id = await send_in(wiring, alice, dataset.samples[0].vcf)
        await eventually(lambda: has_qc(wiring, file_id))
    work: Path = settings.data_dir / "work"
    assert list(work.iterdir()) == []
