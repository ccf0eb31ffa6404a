"""What goes wrong around a file: outages never count against it, a check that keeps failing does."""

from __future__ import annotations

import asyncio
import os
import shutil
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import msgspec
import pytest

from accession.errors import NotFound, StoreUnavailable
from accession.files.leases import claim_validation, give_back, renew
from accession.files.models import FileState
from app.jobs import measuring, validating, workfolder
from app.jobs.cpu import EngineFailed
from app.jobs.holding import LeaseLost, lease_of, while_held
from tests.jobs.ingest import file_row, reports_of, send_in

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


async def test_a_check_that_fails_three_times_rejects_the_file(wiring, store, alice, dataset, clock, monkeypatch):
    async def crashes(*_, **__):
        raise EngineFailed("The check of this file crashed (SIGSEGV).")

    monkeypatch.setattr(validating.cpu, "validate", crashes)
    file_id = await send_in(wiring, alice, dataset.samples[0].vcf)
    for attempt in (1, 2):
        await validating.validate_file(wiring, str(file_id))
        row = await file_row(wiring, file_id)
        assert (row.state, row.attempts, row.claim) == (FileState.VERIFYING, attempt, None)
        assert row.due_at > clock.now(), "it waits before it is tried again"
        clock.advance(minutes=2)
    await validating.validate_file(wiring, str(file_id))
    row = await file_row(wiring, file_id)
    assert (row.state, row.qc_status, row.due_at) == (FileState.REJECTED, "failed", None)
    assert row.reason.startswith("check_failed: ")
    assert "SIGSEGV" in row.reason


async def test_bytes_that_are_absent_for_a_while_cost_neither_the_file_nor_its_qc(
    wiring, store, alice, dataset, clock, monkeypatch
):
    async def absent(*_, **__):
        raise NotFound("The object is not in the store.")

    file_id = await send_in(wiring, alice, dataset.samples[0].vcf)
    with monkeypatch.context() as gap:
        gap.setattr(store, "stat", absent)
        await validating.validate_file(wiring, str(file_id))
    row = await file_row(wiring, file_id)
    assert (row.state, row.attempts, row.claim) == (FileState.VERIFYING, 1, None)
    clock.advance(minutes=2)
    await validating.validate_file(wiring, str(file_id))
    clock.advance(minutes=2)
    with monkeypatch.context() as gap:
        gap.setattr(store, "fetch", absent)
        await measuring.measure_file(wiring, str(file_id))
    row = await file_row(wiring, file_id)
    assert (row.state, row.attempts, row.claim) == (FileState.VERIFIED, 1, None)
    assert row.qc_status != "failed"
    assert row.due_at is not None


async def test_an_outage_of_the_store_never_counts_against_a_file(wiring, store, alice, dataset, clock, monkeypatch):
    async def down(*_, **__):
        raise StoreUnavailable("The object store does not answer.")
        yield b""

    file_id = await send_in(wiring, alice, dataset.samples[0].vcf)
    with monkeypatch.context() as outage:
        outage.setattr(store, "stream", down)
        for _ in range(5):
            await validating.validate_file(wiring, str(file_id))
            row = await file_row(wiring, file_id)
            assert (row.state, row.attempts, row.claim) == (FileState.VERIFYING, 0, None)
            assert clock.now() < row.due_at < clock.now() + timedelta(seconds=61)
            clock.advance(hours=1)
    await validating.validate_file(wiring, str(file_id))
    assert (await file_row(wiring, file_id)).state == FileState.VERIFIED


async def test_its_qc_waits_while_the_disk_has_no_room_for_a_file(wiring, store, alice, dataset, monkeypatch):
    file_id = await send_in(wiring, alice, dataset.samples[0].vcf)
    full = SimpleNamespace(free=workfolder.SPARE)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    await validating.validate_file(wiring, str(file_id))
    await measuring.measure_file(wiring, str(file_id))
    row = await file_row(wiring, file_id)
    assert (row.state, row.qc_status, row.attempts, row.claim) == (FileState.VERIFIED, "running", 0, None)


async def test_a_file_that_somebody_else_holds_is_left_to_them_until_their_lease_ends(
    wiring, store, alice, dataset, clock
):
    file_id = await send_in(wiring, alice, dataset.samples[0].vcf)
    async with wiring.writing() as unit:
        theirs = await claim_validation(unit, file_id, timedelta(seconds=30))
    await validating.validate_file(wiring, str(file_id))
    row = await file_row(wiring, file_id)
    assert (row.state, row.claim) == (FileState.VERIFYING, theirs.claim)
    clock.advance(seconds=31)
    await validating.validate_file(wiring, str(file_id))
    assert (await file_row(wiring, file_id)).state == FileState.VERIFIED
    async with wiring.writing() as unit:
        assert await renew(unit, theirs, timedelta(seconds=30)) is False
        assert await give_back(unit, theirs, after=timedelta()) is False


async def test_a_verdict_that_comes_after_the_lease_was_lost_is_not_kept(
    wiring, store, alice, dataset, clock, monkeypatch
):
    file_id = await send_in(wiring, alice, dataset.samples[0].vcf)
    check = validating.cpu.validate

    async def too_slow(*arguments, **options):
        verdict = await check(*arguments, **options)
        clock.advance(seconds=lease_of(wiring.settings).total_seconds() + 1)
        async with wiring.writing() as unit:
            assert await claim_validation(unit, file_id, timedelta(minutes=1)) is not None
        return verdict

    monkeypatch.setattr(validating.cpu, "validate", too_slow)
    await validating.validate_file(wiring, str(file_id))
    row = await file_row(wiring, file_id)
    assert (row.state, row.verdict) == (FileState.VERIFYING, None)
    assert row.claim is not None, "the other's claim is not given back either"


async def test_work_ends_when_its_lease_is_lost():
    ended = asyncio.Event()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def lost() -> bool:
        return False

    with pytest.raises(LeaseLost):
        await while_held(endless(), lost, timedelta(seconds=0.05))
    assert ended.is_set()


async def test_a_lease_is_kept_while_the_database_does_not_answer():
    asked: list[int] = []
    often = asyncio.Event()

    async def silent() -> bool:
        asked.append(1)
        if len(asked) == 3:
            often.set()
        raise OSError("connection refused")

    async def work() -> str:
        await often.wait()
        return "done"

    assert await while_held(work(), silent, timedelta(seconds=0.05)) == "done"


async def test_a_qc_tool_that_hangs_is_ended_and_only_that_qc_has_failed(
    wiring, store, alice, dataset, settings, tmp_path, monkeypatch
):
    file_id = await send_in(wiring, alice, dataset.samples[0].forward)
    await validating.validate_file(wiring, str(file_id))
    put_fastqc(tmp_path / "bin", "exec sleep 600", monkeypatch)
    wiring.settings = msgspec.structs.replace(settings, job_seconds=15)
    await measuring.measure_file(wiring, str(file_id))
    row = await file_row(wiring, file_id)
    assert (row.state, row.qc_status, row.due_at, row.claim) == (FileState.VERIFIED, "failed", None, None)
    report = (await reports_of(wiring, file_id))["FastQC"]
    assert report.status == "failed"
    assert "longer than 15 s" in report.reason


async def test_an_error_of_the_service_leaves_the_file_to_be_tried_again(wiring, store, alice, dataset, monkeypatch):
    async def broken(*_, **__):
        raise RuntimeError("a mistake of ours")

    file_id = await send_in(wiring, alice, dataset.samples[0].vcf)
    with monkeypatch.context() as mistake:
        mistake.setattr(validating, "settle_verdict", broken)
        await validating.validate_file(wiring, str(file_id))
    row = await file_row(wiring, file_id)
    assert (row.state, row.attempts, row.claim) == (FileState.VERIFYING, 0, None)
    assert row.due_at is not None


def put_fastqc(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a `fastqc` first on the path that runs a shell script."""
    folder.mkdir()
    for name, text in (("fastqc", script), ("java", "exit 1")):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
