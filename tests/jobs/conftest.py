"""An archive with a queue and a real store, quick to find a worker dead, and small files to send it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulate import Dataset, simulate_dataset

from app.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        database_url=database_url,
        s3_endpoint="none",
        secret_key="k" * 40,
        worker_stale_after=3,
        worker_poll_max=0.2,
        sweep_interval=0.5,
        report_interval=600,
        graceful_seconds=5,
        job_seconds=120,
    )


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """One sample's read pair, BAM and VCF."""
    return simulate_dataset(tmp_path_factory.mktemp("dataset"), seed=7, genome_length=4000, pairs=200, samples=1)
