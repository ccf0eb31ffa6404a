"""The benchmarks of sheets and of the catalog tell how times grow, and which grow beyond their aim."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts" / "bench"


@pytest.fixture(autouse=True)
def _scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(SCRIPTS)


def test_a_sheet_of_ten_times_the_rows_is_compared_row_by_row() -> None:
    bulk = import_module("bulk")
    assert (
        bulk.growth({1_000: 0.5, 10_000: 5.0})
        == "10,000 rows took 1.00 times the CPU of 1,000 rows, a row (1 is linear)"
    )
    assert " 2.50 times " in bulk.growth({10_000: 12.5, 1_000: 0.5})


def test_requests_that_grow_beyond_the_aim_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    catalog = import_module("catalog")
    found = {
        ("list, deep by cursor", "anonymous"): [[1.0, 1.0, 9.0], [3.0, 3.0, 8.0]],
        ("one sample", "member"): [[1.0], [2.0]],
        ("list, counted exactly", "member"): [[1.0], [99.0]],
    }
    catalog._print([10_000, 1_000_000], found)
    assert "beyond it: list, deep by cursor (anonymous) 3.0\n" in capsys.readouterr().out
