"""The worker decodes CRAM files with the archive's own reference sequences and refuses what it cannot decode."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulate import simulate_dataset

from accession.files.models import FileState
from qc.formats.reference_store import ReferenceStore
from tests.jobs.ingest import eventually, file_row, has_qc, has_verdict, reports_of, send_in, working

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


async def test_a_cram_file_is_verified_once_its_reference_is_in_the_archive(
    wiring, store, alice, tmp_path: Path
) -> None:
    made = simulate_dataset(tmp_path / "made", genome_length=4000, pairs=50, samples=1, cram=True)
    cram = made.samples[0].cram
    assert cram is not None
    async with working(wiring):
        early = await send_in(wiring, alice, cram)
        await eventually(lambda: has_verdict(wiring, early))
        ReferenceStore(wiring.settings.references_dir).add(made.reference)
        late = await send_in(wiring, alice, cram)
        await eventually(lambda: has_qc(wiring, late))
    refused, accepted = await file_row(wiring, early), await file_row(wiring, late)
    assert refused.state == FileState.REJECTED
    assert refused.reason.startswith("reference_missing: ")
    assert "seqark references add" in refused.reason
    assert accepted.state == FileState.VERIFIED
    assert accepted.verdict["counts"]["records"] == 100
    samtools = (await reports_of(wiring, late))["samtools"]
    assert samtools.reason is None  # it says so where it had no bases to count
    assert samtools.summary["gc_content"] > 0
