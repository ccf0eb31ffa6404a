"""What `seqark validate` says of a file, as text for people and as plain data for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from qc.results import Compression, Finding, Format, Mark, Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

FACTS = {
    "bases": "bases {:,}",
    "mean_length": "mean length {:,.1f}",
    "samples": "samples {:,}",
    "snps": "SNPs {:,}",
    "indels": "indels {:,}",
    "ti_tv": "Ti/Tv {:.2f}",
    "gc_percent": "GC {:.1f} %",
    "q30_percent": "Q30 {:.1f} %",
    "mapped_percent": "mapped {:.1f} %",
    "duplicate_percent": "duplicates {:.1f} %",
    "mean_depth": "depth {:.1f}",
}


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `--json`."""

    path: str
    readable: bool
    verdict: Verdict | None = None
    error: str | None = None


def crashed(reason: str, size: int) -> Verdict:
    """The verdict on a file whose check ended without one; it has no digests, since they ended with the check."""
    message = f"The file could not be checked: {reason}"
    return Verdict(
        valid=False,
        format=Format.UNKNOWN,
        compression=Compression.NONE,
        size=size,
        md5="",
        sha256="",
        findings=[Finding(severity=Severity.ERROR, code="check_crashed", message=message)],
        finding_counts={"check_crashed": 1},
        counts={},
        metrics={},
        checked=[],
        seconds=0,
    )


def as_text(checked: Checked) -> str:
    """The lines for people: the verdict, what was counted, the quality, and each kept finding."""
    if checked.verdict is None:
        return checked.error or ""
    return "\n".join(
        [f"{checked.path}: {_headline(checked.verdict)}", *(f"  {line}" for line in _lines(checked.verdict))]
    )


def _headline(verdict: Verdict) -> str:
    records = verdict.counts.get("records", verdict.counts.get("variants"))
    facts = [verdict.format.value]
    if isinstance(records, int):
        facts.append(f"{records:,} records")
    if verdict.md5:
        facts.append(f"md5 {verdict.md5}")
    return f"{'valid' if verdict.valid else 'INVALID'} ({', '.join(facts)})"


def _lines(verdict: Verdict) -> Iterator[str]:
    counted = [
        words.format(verdict.counts[name]) for name, words in FACTS.items() if verdict.counts.get(name) is not None
    ]
    if counted:
        yield ", ".join(counted)
    if verdict.grades:
        yield f"QC: {', '.join(_marks(verdict))}"
    yield from map(_told, verdict.findings)
    untold = sum(verdict.finding_counts.values()) - len(verdict.findings)
    if untold > 0:
        yield f"… and {untold:,} more"


def _marks(verdict: Verdict) -> Iterator[str]:
    for mark in Mark:
        modules = [grade.module for grade in verdict.grades if grade.mark is mark]
        if modules:
            named = "" if mark is Mark.PASS else f" ({', '.join(modules)})"
            yield f"{len(modules)} {mark.value}{named}"


def _told(finding: Finding) -> str:
    places = [("line", finding.line), ("record", finding.record), ("byte", finding.offset)]
    where = ", ".join(f"{name} {place:,}" for name, place in places if place is not None)
    mark = "error" if finding.severity is Severity.ERROR else "warning"
    return f"{mark} {finding.code}{f' at {where}' if where else ''}: {finding.message}"
