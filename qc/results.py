"""The structs that the checks return; plain data that crosses process borders and is stored as JSON."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

MAX_FINDINGS = 100


class Severity(StrEnum):
    """`error` refuses the file, `warning` is told and accepted."""

    ERROR = "error"
    WARNING = "warning"


class Format(StrEnum):
    """The formats that are known by content."""

    FASTQ = "FASTQ"
    SAM = "SAM"
    BAM = "BAM"
    CRAM = "CRAM"
    VCF = "VCF"
    BCF = "BCF"
    UNKNOWN = "UNKNOWN"


class Compression(StrEnum):
    """The outer compression of the bytes; BGZF is gzip in independent blocks with an EOF block."""

    NONE = "none"
    GZIP = "gzip"
    BGZF = "bgzf"


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fault in a file.

    `line` and `record` are 1-based; `offset` is a 0-based byte offset into the uncompressed data unless the code
    speaks of the container (`gzip_…`, `bgzf_…`), then into the file. `found`/`expected` are short (≤ 80 characters).
    """

    severity: Severity
    code: str
    message: str
    line: int | None = None
    record: int | None = None
    offset: int | None = None
    found: str | None = None
    expected: str | None = None


class Mark(StrEnum):
    """What FastQC says of a module: normal, slightly abnormal, very unusual."""

    PASS = "pass"  # noqa: S105 - a mark, no password
    WARN = "warn"
    FAIL = "fail"


class Grade(msgspec.Struct, frozen=True, omit_defaults=True):
    """The mark of one QC module, by the name that FastQC gives it where FastQC has it.

    `value` is the number that decided, `reason` one sentence when the mark is not `pass`.
    """

    module: str
    mark: Mark
    value: float | None = None
    reason: str | None = None


class Verdict(msgspec.Struct, frozen=True):
    """What the validation of one file (or of a pair's second file) says.

    `findings` keeps the first `MAX_FINDINGS` in file order, `finding_counts` counts all by code. `counts` are scalars
    (`records`, `bases`, `min_length`, `max_length`, `mean_length`, `gc_percent`, `quality_encoding`, `mapped`,
    `variants`, …). `metrics` holds distributions for reports. `checked` lists what was looked at, in words.
    `grades` are the QC marks that follow from counts and metrics.
    """

    valid: bool
    format: Format
    compression: Compression
    size: int
    md5: str
    sha256: str
    findings: list[Finding]
    finding_counts: dict[str, int]
    counts: dict[str, Any]
    metrics: dict[str, Any]
    checked: list[str]
    seconds: float
    grades: list[Grade] = []

    @property
    def first_error(self) -> Finding | None:
        """The first finding that refuses the file, or None."""
        return next((f for f in self.findings if f.severity is Severity.ERROR), None)


class QcStatus(StrEnum):
    """The state of a QC report of one tool, worst first when several are combined."""

    PENDING = "pending"
    RUNNING = "running"
    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"


class EngineReport(msgspec.Struct, frozen=True):
    """What one QC tool made of one file.

    `summary` are scalars (at least `total_sequences` and `gc_content` for reads); `pages` are HTML files and `data`
    are the files that MultiQC reads, both as absolute paths in the work folder. `reason` says why it failed.
    """

    tool: str
    status: QcStatus
    summary: dict[str, Any]
    pages: list[str]
    data: list[str]
    reason: str | None = None
