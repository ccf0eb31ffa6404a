"""The wire shapes of QC reports and validations."""

from __future__ import annotations

from typing import Any

import msgspec


class ReportOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one tool says; `report_url` is root-relative, and `reason` says why a tool failed."""

    tool: str
    status: str
    summary: dict[str, Any]
    report_url: str | None = None
    reason: str | None = None


class RunQcOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """A run's QC: the worst status, and tool, summary and page of the first tool that has a summary.

    The archive's own report, of the tool SeqArk, is there with the verdict: its `summary` has the `numbers` by which
    runs are found, and the mark of each module. A mark that fails makes that report `failed` and the run `warned`:
    it speaks of the library and not of a broken file. Before QC it is `{"status": "pending", "reports": []}`.
    """

    status: str
    reports: list[ReportOut]
    tool: str | None = None
    summary: dict[str, Any] | None = None
    report_url: str | None = None


class RunLineOut(msgspec.Struct, frozen=True):
    """One run in its project's QC."""

    accession: str
    status: str
    summary: dict[str, Any]


class ProjectQcOut(msgspec.Struct, frozen=True):
    """A project's QC; `report_url` is null until the page is made, and for who does not read the whole project."""

    status: str
    report_url: str | None
    runs: list[RunLineOut]


class FindingOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fault; `line` and `record` count from 1, `offset` from 0."""

    severity: str
    code: str
    message: str
    line: int | None = None
    record: int | None = None
    offset: int | None = None
    found: str | None = None
    expected: str | None = None


class GradeOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """The mark of one QC module: `pass`, `warn` or `fail`, the number that decided, and why it is not `pass`."""

    module: str
    mark: str
    value: float | None = None
    reason: str | None = None


class ValidationOut(msgspec.Struct, frozen=True):
    """The verdict on a run's file; until it is reached `valid` is null and `status` says how far the file is."""

    accession: str
    status: str
    valid: bool | None
    format: str | None
    compression: str | None
    file_size: int | None
    checksum_md5: str | None
    checksum_sha256: str | None
    first_error: FindingOut | None
    findings: list[FindingOut]
    finding_counts: dict[str, int]
    counts: dict[str, Any]
    checked: list[str]
    seconds: float | None
    grades: list[GradeOut] = []
