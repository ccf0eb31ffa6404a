"""The bytes of a file go from the store to its check: what a store does meanwhile is never the fault of the file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from accession.errors import StoreUnavailable
from accession.files.models import FileState
from app.jobs import cpu, validating
from tests.jobs.ingest import file_row, send_in
from tests.qc.builders import fastq

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.anyio

CONTENT = fastq(120_000)  # 3 MB: several pieces, and more than any pipe holds
HALF = len(CONTENT) // 2


class Falling:
    """A store whose answers break off in the middle, as often as it is told, and which then gives nothing or all."""

    def __init__(self, store: Any, *, breaks: int, whole: bool) -> None:
        self.offsets: list[int] = []
        self._stream = store.stream
        self._breaks = breaks
        self._whole = whole

    async def stream(self, key: str, *, version_id: str | None, offset: int = 0) -> AsyncIterator[bytes]:
        self.offsets.append(offset)
        if len(self.offsets) > self._breaks:
            if not self._whole:
                raise StoreUnavailable("The object store does not answer.")
            length = None
        else:
            length = HALF // 2
        async for piece in self._stream(key, version_id=version_id, offset=offset, length=length):
            yield piece
        if length is not None:
            raise StoreUnavailable("The object store ended its answer too early.")


async def test_no_disk_holds_a_copy_while_a_file_is_checked(wiring, store, alice, settings):
    file_id = await send_in(wiring, alice, CONTENT, "reads.fastq")
    await validating.validate_file(wiring, str(file_id))
    row = await file_row(wiring, file_id)
    assert (row.state, row.size) == (FileState.VERIFIED, len(CONTENT))
    assert not (settings.data_dir / "work").exists()


async def test_an_outage_in_the_middle_is_no_attempt_at_the_file(wiring, store, alice, clock, monkeypatch):
    file_id = await send_in(wiring, alice, CONTENT, "reads.fastq")
    for breaks in range(3):
        with monkeypatch.context() as outage:
            falling = Falling(store, breaks=breaks, whole=False)
            outage.setattr(store, "stream", falling.stream)
            await validating.validate_file(wiring, str(file_id))
        row = await file_row(wiring, file_id)
        assert (row.state, row.attempts, row.claim, row.verdict) == (FileState.VERIFYING, 0, None, None)
        assert len(falling.offsets) == breaks + 1
        clock.advance(minutes=2)
    await validating.validate_file(wiring, str(file_id))
    assert (await file_row(wiring, file_id)).state == FileState.VERIFIED


async def test_a_connection_that_breaks_is_followed_by_another_where_it_broke(wiring, store, alice, monkeypatch):
    file_id = await send_in(wiring, alice, CONTENT, "reads.fastq")
    sent = await file_row(wiring, file_id)
    falling = Falling(store, breaks=2, whole=True)
    monkeypatch.setattr(store, "stream", falling.stream)
    await validating.validate_file(wiring, str(file_id))
    row = await file_row(wiring, file_id)
    assert falling.offsets == [0, HALF // 2, HALF // 2 * 2]
    assert (row.state, row.md5, row.sha256) == (FileState.VERIFIED, sent.md5, sent.sha256)


async def test_an_object_that_ends_before_its_size_is_an_outage_and_not_a_file_cut_short(
    wiring, store, alice, monkeypatch
):
    file_id = await send_in(wiring, alice, CONTENT, "reads.fastq")
    stream = store.stream
    monkeypatch.setattr(store, "stream", lambda key, **options: stream(key, length=HALF, **options))
    await validating.validate_file(wiring, str(file_id))
    row = await file_row(wiring, file_id)
    assert (row.state, row.attempts, row.claim) == (FileState.VERIFYING, 0, None)


async def test_a_check_that_crashes_in_the_middle_counts_against_the_file(wiring, store, alice, monkeypatch):
    file_id = await send_in(wiring, alice, CONTENT, "reads.fastq")
    crashing = "import os, sys; sys.stdin.buffer.read(1 << 20); os.abort()"
    monkeypatch.setattr(cpu, "COMMAND", (sys.executable, "-c", crashing))
    await validating.validate_file(wiring, str(file_id))
    row = await file_row(wiring, file_id)
    assert (row.state, row.attempts, row.claim) == (FileState.VERIFYING, 1, None)
