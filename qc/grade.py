"""Combines what several QC tools say into one status and one summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qc.results import EngineReport, QcStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WORST_FIRST = (QcStatus.FAILED, QcStatus.WARNED, QcStatus.PASSED)


def combined(statuses: Iterable[QcStatus]) -> QcStatus:
    """Return one status for several tools, or for several files.

    `pending` when nothing has begun (or there is nothing), `running` until the last has ended, then the worst:
    `failed` before `warned` before `passed`.
    """
    said = set(statuses)
    if said <= {QcStatus.PENDING}:
        return QcStatus.PENDING
    if said & {QcStatus.PENDING, QcStatus.RUNNING}:
        return QcStatus.RUNNING
    return next(status for status in WORST_FIRST if status in said)


def leading(reports: Sequence[EngineReport]) -> EngineReport | None:
    """Return the report whose tool and summary speak for the file: the first that has a summary, else the first."""
    return next((report for report in reports if report.summary), reports[0] if reports else None)
