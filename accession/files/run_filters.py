"""Finds runs by their QC: by its status, and by bounds for the numbers that were measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, literal_column, or_, select

from accession.catalog.models import Run
from accession.catalog.shapes import table_of
from accession.files.measures import MEASURES
from accession.files.models import File, QcNumber

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

_RUNS, _FILES, _NUMBERS = table_of(Run), table_of(File), table_of(QcNumber)


def qc_conditions() -> dict[str, ColumnElement[bool]]:
    """The conditions of a run's shape, each with the parameter `by_NAME`: the status, and `min_…` and `max_…`.

    A run without that number is in no bounds. The names of numbers stand in the statements themselves, so that a
    database that plans a statement for all values still sees which part of the index is read.
    """
    conditions = {
        "qc_status": _FILES.c.qc_status == bindparam("by_qc_status"),
        "qc_pending": or_(_FILES.c.id.is_(None), _FILES.c.qc_status == bindparam("by_qc_pending")),
    }
    for measure in MEASURES:
        least, most = f"min_{measure.name}", f"max_{measure.name}"
        conditions[least] = _measured(measure.name, _NUMBERS.c.value >= bindparam(f"by_{least}"))
        conditions[most] = _measured(measure.name, _NUMBERS.c.value <= bindparam(f"by_{most}"))
    return conditions


def by_status(status: str | None) -> dict[str, Any]:
    """The filter for a QC status. Runs whose file is only described are pending for ever, which takes another join."""
    return {"qc_pending" if status == "pending" else "qc_status": status}


def _measured(name: str, bound: ColumnElement[bool]) -> ColumnElement[bool]:
    """That the run's current file has this number within the bound."""
    files = select(_NUMBERS.c.file_id).where(_NUMBERS.c.name == literal_column(f"'{name}'"), bound)
    within: ColumnElement[bool] = _RUNS.c.file_id.in_(files)
    return within
