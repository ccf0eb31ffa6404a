"""Marks the quality of one file from what its validation counted: pure functions of counts and distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qc.grading.calls import ALIGNMENT_MODULES, VARIANT_MODULES
from qc.grading.reads import READ_MODULES
from qc.results import Format, Grade

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qc.grading.marks import Module

MODULES: Mapping[Format, tuple[Module, ...]] = {
    Format.FASTQ: READ_MODULES,
    Format.SAM: ALIGNMENT_MODULES,
    Format.BAM: ALIGNMENT_MODULES,
    Format.CRAM: ALIGNMENT_MODULES,
    Format.VCF: VARIANT_MODULES,
    Format.BCF: VARIANT_MODULES,
}


def grades_of(format: Format, counts: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[Grade]:  # noqa: A002
    """Return a grade for each module of the format, in a fixed order, from the counts and metrics of a verdict.

    A module whose numbers are not there gives no grade: nothing is said of what was not measured. An unknown format has
    no modules.
    """
    marked = (module(counts, metrics) for module in MODULES.get(format, ()))
    return [grade for grade in marked if grade is not None]
