"""The options of the fuzzing tests, and their summary at the end of a run: one line a kind of file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

COLUMNS = ("faults", "refused", "identical", "valid elsewhere", "failed")
PROPERTY = "faults of"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--faults` and `--seed`."""
    group = parser.getgroup("fuzzing")
    group.addoption("--faults", type=int, default=1000, help="seeded faults of each kind of file (default: 1000)")
    group.addoption("--seed", type=int, default=1, help="seed of the faults (default: 1)")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Prints what came of the faults, from what the tests recorded, in whatever process they ran."""
    reports = [report for sort in ("passed", "failed") for report in terminalreporter.getreports(sort)]
    rows = [(name, value) for report in reports for name, value in report.user_properties if name.startswith(PROPERTY)]
    if not rows:
        return
    terminalreporter.section("faults, by kind of file")
    for name, value in sorted(rows):
        told = ", ".join(f"{value.get(column, 0):,} {column}" for column in COLUMNS)
        terminalreporter.line(f"{name.removeprefix(PROPERTY).strip()}: {told}")
