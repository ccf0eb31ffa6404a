"""Opens the one door through which the service reaches the checks: each runs in a child process, within limits.

Callers take the structs of the checks from here, so that nothing else in the service imports `qc`; this module itself
imports neither pysam nor MultiQC.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from accession.errors import Unavailable
from app.jobs import children
from app.jobs.children import ChildFailed, ChildStopped, kept_warm
from qc.child import Answer, Choose, Mates, Measure, Report, Request, Validate, framed
from qc.errors import EngineFailed, Unreadable
from qc.grade import combined, leading
from qc.results import EngineReport, Finding, Format, QcStatus, Severity, Verdict
from qc.run_table import TableRow

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

__all__ = [
    "CpuLimits",
    "EngineFailed",
    "EngineReport",
    "Finding",
    "Format",
    "QcStatus",
    "Severity",
    "TableRow",
    "Unreadable",
    "Verdict",
    "combined",
    "kept_warm",
    "leading",
    "mates",
    "measure",
    "report",
    "validate",
]

log = logging.getLogger(__name__)

COMMAND = children.interpreter("qc.child")
T = TypeVar("T")


class CpuLimits(msgspec.Struct, frozen=True):
    """What one piece of work may take: `seconds` by the clock, `memory` in bytes of address space a process.

    The address space counts what is mapped, not what is used: an interpreter with the checks maps about 1 GiB and the
    Java machine of FastQC 2 GiB, so less than 3 GiB stops tools that are well.
    """

    seconds: float = 3600.0
    memory: int = 4 * 1024**3


async def validate(
    source: Path | AsyncGenerator[bytes, None],
    *,
    filename: str,
    mate: Path | None = None,
    reference: Path | None = None,
    references: Path | None = None,
    index: Path | None = None,
    index_named: bool = False,
    multiline: bool = False,
    measured: bool = True,
    limits: CpuLimits,
) -> Verdict:
    """Return the verdict on a file, called `filename`: a path, or bytes that are passed on to the check as they come.

    The other paths are those of `qc.validate.validate`, `measured` is its `measure`.
    Raises Unreadable when a path cannot be read, EngineFailed when the check crashed, hung or ran out of memory,
    Unavailable when it was stopped from outside, and what the bytes raise.
    """
    path, body = (source, None) if isinstance(source, Path) else (None, source)
    work = Validate(
        _name(path),
        filename,
        mate=_name(mate),
        reference=_name(reference),
        references=_name(references),
        index=_name(index),
        index_named=index_named,
        multiline=multiline,
        measure=measured,
    )
    return await _asked(work, Verdict, what="The check of this file", limits=limits, body=body)


async def mates(forward: Path, reverse: Path, *, limits: CpuLimits) -> list[Finding]:
    """Return what is wrong between the two files of a pair; raises as `validate` does."""
    work = Mates(forward=str(forward), reverse=str(reverse))
    return await _asked(work, list[Finding], what="The check of this pair", limits=limits)


async def measure(
    path: Path,
    workdir: Path,
    *,
    filename: str,
    format: Format,  # noqa: A002
    references: Path | None = None,
    limits: CpuLimits,
) -> list[EngineReport]:
    """Return one report for each QC tool that is chosen for `format`, none for an unknown format.

    `workdir` receives the pages and data, `references` is the folder of sequences that CRAM files need. The limits are
    for each tool; one that crashes, hangs or runs out of memory gives a report with status `failed` and its reason, and
    the others go on.
    """
    chosen = await _asked(Choose(format=format), list[str], what="The choice of QC tools", limits=limits)
    reports = []
    for tool in chosen:
        work = Measure(
            engine=tool, path=str(path), workdir=str(workdir), filename=filename, references=_name(references)
        )
        reports.append(await _reported(work, tool, limits=limits))
    return reports


async def report(
    data: Sequence[Path], workdir: Path, *, title: str, table: Sequence[TableRow] = (), limits: CpuLimits
) -> EngineReport:
    """Return MultiQC's report over the data files of several engine reports and a table; its failure is in the report.

    Files of the same name are told apart by the name of the folder that each is in.
    """
    work = Report(data=[str(file) for file in data], workdir=str(workdir), title=title, table=list(table))
    return await _reported(work, "MultiQC", limits=limits)


async def _reported(work: Measure | Report, tool: str, *, limits: CpuLimits) -> EngineReport:
    try:
        return await _asked(work, EngineReport, what=tool, limits=limits)
    except (EngineFailed, Unreadable) as error:
        return EngineReport(tool=tool, status=QcStatus.FAILED, summary={}, pages=[], data=[], reason=str(error))


async def _asked(
    work: Validate | Mates | Choose | Measure | Report,
    kind: type[T],
    *,
    what: str,
    limits: CpuLimits,
    body: AsyncGenerator[bytes, None] | None = None,
) -> T:
    request = framed(Request(work=work, memory=limits.memory))
    try:
        raw = await children.ask(request, seconds=limits.seconds, command=COMMAND, healthy=_healthy, body=body)
    except ChildStopped as error:
        raise Unavailable(f"{what} was stopped from outside; it is done again.", code="stopped") from error
    except ChildFailed as error:
        raise EngineFailed(_sentence(what, str(error))) from error
    try:
        answer = msgspec.json.decode(raw, type=Answer)
        if answer.error is None:
            return await asyncio.to_thread(msgspec.json.decode, answer.value, type=kind)
    except msgspec.DecodeError as error:
        raise EngineFailed(f"{what} gave an answer that makes no sense.") from error
    if answer.trace:
        log.warning("%s raised what it should not: %s", what, answer.trace)
    if answer.error == "unreadable":
        raise Unreadable(answer.reason)
    raise EngineFailed(_sentence(what, answer.reason))


def _healthy(raw: bytes) -> bool:
    """Whether a child may go on after this answer: not one that was short of memory or met what nobody foresaw."""
    try:
        answer = msgspec.json.decode(raw, type=Answer)
    except msgspec.DecodeError:
        return False
    return answer.error != "memory" and not answer.trace


def _sentence(what: str, reason: str) -> str:
    """Say who it was in a reason that speaks of it: `It crashed.` becomes `MultiQC crashed.`."""
    return f"{what} {reason[3:]}" if reason.startswith("It ") else reason


def _name(path: Path | None) -> str | None:
    return None if path is None else str(path)
