"""What is promised about the log of findings: the first are kept, errors before warnings, and all are counted."""

from __future__ import annotations

import pytest

from qc.formats.base import MAX_ERRORS, FindingLog, TooManyErrors
from qc.results import MAX_FINDINGS, Severity


def lines(told: FindingLog, severity: Severity) -> list[int | None]:
    """The lines of the kept findings of one severity."""
    return [finding.line for finding in told.kept if finding.severity is severity]


def test_the_first_findings_are_kept_and_all_are_counted() -> None:
    told = FindingLog()
    for line in range(1, 501):
        told.error("bad", "It is bad.", line=line)
    assert lines(told, Severity.ERROR) == list(range(1, MAX_FINDINGS + 1))
    assert told.counts == {"bad": 500}


def test_warnings_never_hide_an_error() -> None:
    told = FindingLog()
    for line in range(1, 501):
        told.warning("odd", "It is odd.", line=line)
    told.error("bad", "It is bad.", line=501)
    told.warning("odd", "It is odd.", line=502)
    told.error("bad", "It is bad.", line=503)
    assert lines(told, Severity.WARNING) == list(range(1, MAX_FINDINGS - 1))
    assert lines(told, Severity.ERROR) == [501, 503]
    assert [finding.line for finding in told.kept] == sorted(finding.line or 0 for finding in told.kept)
    assert told.counts == {"odd": 501, "bad": 2}


def test_errors_take_the_room_of_warnings_alone_and_stay_in_order() -> None:
    told = FindingLog()
    for line in range(1, 301):
        if line % 3:
            told.error("bad", "It is bad.", line=line)
        else:
            told.warning("odd", "It is odd.", line=line)
    assert lines(told, Severity.WARNING) == []
    assert lines(told, Severity.ERROR) == [line for line in range(1, 151) if line % 3]


def test_a_log_that_takes_over_another_keeps_the_same_rules() -> None:
    told, other = FindingLog(), FindingLog()
    for line in range(1, 501):
        told.warning("odd", "It is odd.", line=line)
    other.error("bad", "It is bad.", line=501)
    told.extend(other)
    assert lines(told, Severity.ERROR) == [501]
    assert (told.errors, len(told.kept), told.counts["bad"]) == (1, MAX_FINDINGS, 1)


def test_checking_ends_after_ten_thousand_errors() -> None:
    told = FindingLog()
    for line in range(1, MAX_ERRORS):
        told.error("bad", "It is bad.", line=line)
    with pytest.raises(TooManyErrors):
        told.error("bad", "It is bad.", line=MAX_ERRORS)
    assert told.counts == {"bad": MAX_ERRORS, "too_many_errors": 1}
    assert len(told.kept) == MAX_FINDINGS
