"""The benchmark of the audit runs, on a few events."""

from __future__ import annotations

import asyncio
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from app.settings import Settings

if TYPE_CHECKING:
    import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts" / "bench"


def test_sealing_and_verifying_are_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(SCRIPTS)
    bench = import_module("audit")
    table = asyncio.run(bench.measured(Settings(data_dir=tmp_path, s3_endpoint="none"), 40))
    assert table.row_count == 4
    assert list(table.columns[0].cells) == ["20", "20", "20", "40"]
