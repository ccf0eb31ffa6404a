"""What every format check shares: the log of findings, the job it is given, the outcome it returns."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Protocol

import msgspec

from qc.formats.reading import HashedFile
from qc.results import MAX_FINDINGS, Compression, Finding, Format, Severity

MAX_ERRORS = 10_000
MAX_SHOWN = 80


class TooManyErrors(Exception):
    """The file holds more errors than are worth counting; the check of its records ends here."""


def shown(value: bytes | str | float) -> str:
    """A short printable form of a value from a file: control characters escaped, at most 80 characters."""
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[: MAX_SHOWN + 1])
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


class FindingLog:
    """Collects findings in the order they are met: the first 100 are kept, all are counted by code.

    An error that finds no room takes that of the last warning, so warnings never hide what refuses the file.
    """

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.counts: Counter[str] = Counter()
        self.errors = 0
        self._warnings: list[int] = []  # where they are among the kept ones
        self._once: set[str] = set()

    def error(self, code: str, message: str, **place: Any) -> None:
        """Records a fault that refuses the file. Raises TooManyErrors past 10,000 of them."""
        self._add(Severity.ERROR, code, message, place)
        self.errors += 1
        if self.errors >= MAX_ERRORS:
            self._add(Severity.ERROR, "too_many_errors", f"More than {MAX_ERRORS} errors: checking ended here.", {})
            raise TooManyErrors

    def warning(self, code: str, message: str, **place: Any) -> None:
        """Records something that is told and accepted."""
        self._add(Severity.WARNING, code, message, place)

    def warn_once(self, code: str, message: str, *, about: str = "", **place: Any) -> None:
        """Records a warning the first time that this code is met for this subject."""
        key = f"{code}\0{about}"
        if key not in self._once and len(self._once) < MAX_ERRORS:
            self._once.add(key)
            self.warning(code, message, **place)

    def extend(self, other: FindingLog) -> None:
        """Takes over what another log collected, after what is here."""
        for finding in other.kept:
            self._keep(finding)
        self.counts += other.counts
        self.errors += other.errors

    def _add(self, severity: Severity, code: str, message: str, place: dict[str, Any]) -> None:
        self.counts[code] += 1
        if len(self.kept) < MAX_FINDINGS or (severity is Severity.ERROR and self._warnings):
            for key in ("found", "expected"):
                if place.get(key) is not None:
                    place[key] = shown(place[key])
            self._keep(Finding(severity=severity, code=code, message=message, **place))

    def _keep(self, finding: Finding) -> None:
        """Puts a finding behind the others, in the room of the last warning where there is none for an error."""
        warns = finding.severity is Severity.WARNING
        if len(self.kept) >= MAX_FINDINGS:
            if warns or not self._warnings:
                return
            del self.kept[self._warnings.pop()]
        if warns:
            self._warnings.append(len(self.kept))
        self.kept.append(finding)


class Job(msgspec.Struct, frozen=True):
    """One file to check: how it is packed, where findings go and what may help to decode it.

    `path` is None where the bytes come as a stream. `reference` is a FASTA file, `references` a folder of sequences
    (`ReferenceStore`). `multiline` allows FASTQ records that wrap their lines. Without `measure` a check may
    leave out of its outcome what it does not need for its findings.
    """

    path: Path | None
    source: HashedFile
    format: Format
    compression: Compression
    findings: FindingLog
    reference: Path | None = None
    multiline: bool = False
    references: Path | None = None
    measure: bool = True


class Outcome(msgspec.Struct, frozen=True):
    """What a format check measured: scalars, distributions, and in words what was looked at."""

    counts: dict[str, Any]
    metrics: dict[str, Any]
    checked: list[str]


class FormatCheck(Protocol):
    """One format: how its uncompressed bytes begin, which names promise it, and how it is checked."""

    @property
    def format(self) -> Format:
        """Which format it is."""
        ...

    @property
    def extensions(self) -> tuple[str, ...]:
        """The endings of names that promise it, in lower case, without .gz."""
        ...

    @property
    def packing(self) -> Compression:
        """The compression that a name without .gz promises."""
        ...

    def matches(self, head: bytes) -> bool:
        """Says whether uncompressed bytes that begin like this are of this format."""
        ...

    def check(self, job: Job) -> Outcome:
        """Reads the file to its end, logs every finding and returns what was measured."""
        ...
