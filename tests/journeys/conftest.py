"""What the journeys share: small simulated files."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from simulate import Dataset, simulate_dataset

from tests.conftest import _execute

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """One sample's read pair, BAM and VCF."""
    return simulate_dataset(tmp_path_factory.mktemp("dataset"), seed=7, genome_length=4000, pairs=200, samples=1)


@pytest.fixture(scope="module")
def fresh_postgres(postgres_url: str) -> Iterator[str]:
    """A migrated PostgreSQL database of one test module."""
    name = f"t{uuid4().hex}"
    asyncio.run(_execute(f"{postgres_url}/postgres", f"CREATE DATABASE {name} TEMPLATE template_seqark"))
    yield f"{postgres_url}/{name}"
    asyncio.run(_execute(f"{postgres_url}/postgres", f"DROP DATABASE {name} WITH (FORCE)"))
