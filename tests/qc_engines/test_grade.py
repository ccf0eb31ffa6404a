"""How the statuses of several tools become one."""

import pytest

from qc.grade import combined, leading
from qc.results import EngineReport, QcStatus

P, R, OK, W, F = QcStatus.PENDING, QcStatus.RUNNING, QcStatus.PASSED, QcStatus.WARNED, QcStatus.FAILED


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], P),
        ([P, P], P),
        ([P, OK], R),
        ([R], R),
        ([R, F], R),
        ([OK, OK], OK),
        ([OK, W], W),
        ([W, F, OK], F),
    ],
)
def test_the_worst_status_counts_once_all_have_ended(statuses: list[QcStatus], expected: QcStatus) -> None:
    assert combined(statuses) is expected
    assert combined(reversed(statuses)) is expected


def _report(tool: str, **summary: int) -> EngineReport:
    return EngineReport(tool=tool, status=OK, summary=summary, pages=[], data=[])


def test_the_first_report_with_a_summary_speaks_for_the_file() -> None:
    reports = [_report("A"), _report("B", total_sequences=1), _report("C", total_sequences=2)]
    assert leading(reports) is reports[1]
    assert leading(reports[:1]) is reports[0]
    assert leading([]) is None
