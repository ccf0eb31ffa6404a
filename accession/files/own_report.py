"""Makes SeqArk's own QC report of a verdict: its grades, and the numbers that were counted in the same pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from accession.files.measures import measured
from accession.files.models import File
from accession.files.reports import ToolReport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from accession.unit import Unit

SEQARK = "SeqArk"
_PARTS = ("valid", "counts", "grades")
KEPT_PARTS = tuple(File.verdict[name] for name in _PARTS)
"""What a report needs of a verdict, as columns, where many are read: findings would be most of what comes."""
_STATUSES = {"fail": "failed", "warn": "warned"}  # worst first; else `passed`


def own_report(format: str | None, details: Mapping[str, Any] | None) -> ToolReport | None:  # noqa: A002
    """The report on a file by its verdict's `details`; None before the verdict, and where nothing was measured.

    Its status is that of the worst grade. `summary` has the numbers by which runs can be found, under the names of the
    queries, and the mark of each module.
    """
    if details is None or not details.get("valid") or format in {None, "UNKNOWN"}:
        return None
    counts, grades = details.get("counts", {}), details.get("grades", [])
    numbers = measured(counts)
    if format in {"VCF", "BCF"}:
        leading = {"records": counts.get("variants"), "samples": counts.get("samples")}
    else:
        leading = {"total_sequences": numbers.get("reads"), "gc_content": numbers.get("gc")}
    modules = {grade["module"]: grade["mark"] for grade in grades}
    summary = {**leading, "numbers": numbers, "modules": modules}
    return ToolReport(SEQARK, worst_of(grades), summary, reason=_reason(grades))


def details_of(parts: Sequence[Any]) -> dict[str, Any]:
    """The details in the values of `KEPT_PARTS`; a part that is not there is left out."""
    return {name: value for name, value in zip(_PARTS, parts, strict=True) if value is not None}


def worst_of(grades: Sequence[Mapping[str, Any]]) -> str:
    """The status that the worst mark stands for."""
    marks = {grade["mark"] for grade in grades}
    return next((status for mark, status in _STATUSES.items() if mark in marks), "passed")


def weight_of(grades: Sequence[Mapping[str, Any]]) -> str:
    """What grades add to the status of a run: `warned` at worst.

    Marks speak of the library, as FastQC's do: a sound run of amplicons or RNA fails modules. `failed` is left for
    files that are refused and for tools that fail.
    """
    return "passed" if worst_of(grades) == "passed" else "warned"


async def weight_of_grades(unit: Unit, file_id: UUID) -> list[str]:
    """What the grades of a file add to the status of its runs; nothing where it has no report of the archive's own."""
    row = (await unit.session.execute(select(File.format, *KEPT_PARTS).where(File.id == file_id))).first()
    if row is None:
        return []
    kind, *parts = row
    details = details_of(parts)
    return [] if own_report(kind, details) is None else [weight_of(details.get("grades", []))]


def _reason(grades: Sequence[Mapping[str, Any]]) -> str | None:
    """Why the report failed: what the failing modules say."""
    told = [f"{grade['module']}: {grade.get('reason', '')}" for grade in grades if grade["mark"] == "fail"]
    return " ".join(told) or None
