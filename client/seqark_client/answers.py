"""What an archive answers, as frozen structs; fields that this client does not know are ignored."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec


class FileStatus(StrEnum):
    """How far a staged file has come."""

    PENDING = "pending"
    RECEIVING = "receiving"
    VERIFYING = "verifying"
    VERIFIED = "verified"
    REJECTED = "rejected"
    LINKED = "linked"
    EXPIRED = "expired"

    @property
    def settled(self) -> bool:
        """Whether the archive has reached its verdict."""
        return self not in {FileStatus.PENDING, FileStatus.RECEIVING, FileStatus.VERIFYING}


class QcStatus(StrEnum):
    """How far quality control has come, and what it found."""

    PENDING = "pending"
    RUNNING = "running"
    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"

    @property
    def settled(self) -> bool:
        """Whether quality control has ended."""
        return self not in {QcStatus.PENDING, QcStatus.RUNNING}


class Issue(msgspec.Struct, frozen=True):
    """One fault in what was sent; `row` counts a sheet's rows, its first data row being 2."""

    message: str
    code: str = ""
    field: str | None = None
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        """Say where and what in one line."""
        places = [f"row {self.row}" if self.row is not None else "", self.column or self.field or ""]
        where = ", ".join(place for place in places if place)
        return f"{where}: {self.message}" if where else self.message


class Tokens(msgspec.Struct, frozen=True):
    """What a login gives; `expires_in` seconds."""

    access_token: str
    refresh_token: str | None = None
    expires_in: int | None = None


class User(msgspec.Struct, frozen=True):
    """An account."""

    email: str
    id: str | int | None = None
    full_name: str | None = None
    role: str | None = None


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What every record has."""

    accession: str
    alias: str | None = None
    state: str | None = None
    visibility: str | None = None
    created_at: datetime | None = None


class Project(Record, frozen=True, kw_only=True):
    """A project."""

    title: str = ""
    description: str | None = None
    project_type: str | None = None
    license: str | None = None
    release_date: str | None = None


class Subject(Record, frozen=True, kw_only=True):
    """The individual that samples come from."""

    project_accession: str | None = None
    organism: str | None = None
    tax_id: int | None = None
    sex: str | None = None


class Sample(Record, frozen=True, kw_only=True):
    """A sample."""

    project_accession: str | None = None
    subject_accession: str | None = None
    checklist_id: str | None = None
    organism: str | None = None
    tax_id: int | None = None
    custom_fields: dict[str, Any] = {}


class Experiment(Record, frozen=True, kw_only=True):
    """How a sample was sequenced."""

    sample_accession: str | None = None
    platform: str | None = None
    instrument_model: str | None = None
    library_strategy: str | None = None
    library_source: str | None = None
    library_layout: str | None = None
    insert_size: int | None = None


class Run(Record, frozen=True, kw_only=True):
    """One data file of an experiment."""

    experiment_accession: str | None = None
    file_type: str | None = None
    filename: str | None = None
    file_size: int | None = None
    checksum_md5: str | None = None
    checksum_sha256: str | None = None
    read_number: int | None = None
    mate_accession: str | None = None
    version: int | None = None
    qc_status: str | None = None


class Finding(msgspec.Struct, frozen=True):
    """One fault that validation found in a file, at a 1-based line or record."""

    message: str
    code: str = ""
    severity: str = "error"
    line: int | None = None
    record: int | None = None
    offset: int | None = None

    def __str__(self) -> str:
        """Say where and what in one line."""
        if self.line is not None:
            return f"line {self.line}: {self.message}"
        return f"record {self.record}: {self.message}" if self.record is not None else self.message


class Verdict(msgspec.Struct, frozen=True):
    """What validation found in a file."""

    valid: bool | None = None
    format: str | None = None
    first_error: Finding | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def problem(self) -> Finding | None:
        """The first finding that refuses the file."""
        return self.first_error or next((found for found in self.findings if found.severity == "error"), None)


class StagedFile(msgspec.Struct, frozen=True):
    """A file on its way into the archive; `reason` says in one line why it is rejected."""

    id: str
    filename: str
    status: FileStatus
    file_size: int | None = None
    checksum_md5: str | None = None
    checksum_sha256: str | None = None
    file_type: str | None = None
    reason: str | None = None
    verdict: Verdict | None = None


class UploadTicket(msgspec.Struct, frozen=True):
    """An upload under way: where its parts go, and the ETags of those that the store has. Can be kept as JSON."""

    staged_file_id: str
    file_size: int
    checksum_md5: str
    part_size: int
    urls: tuple[str, ...]
    multipart: bool
    etags: dict[int, str] = {}


class SheetCell(msgspec.Struct, frozen=True):
    """One cell of a validated sheet; `status` is ok, empty_optional, missing_required or invalid."""

    status: str
    value: Any = None


class SheetFile(msgspec.Struct, frozen=True):
    """The staged file that a row names."""

    filename: str
    staged_file_id: str | None = None
    md5: str | None = None
    direction: str | None = None


class SheetRow(msgspec.Struct, frozen=True):
    """One row of a validated sheet."""

    row_num: int
    sample_alias: str | None = None
    errors: tuple[Issue, ...] = ()
    warnings: tuple[Issue, ...] = ()
    forward_file: SheetFile | None = None
    reverse_file: SheetFile | None = None
    cells: dict[str, SheetCell] = {}


class SheetReport(msgspec.Struct, frozen=True):
    """What the archive would make of a sheet."""

    valid: bool
    errors: tuple[Issue, ...] = ()
    total_rows: int = 0
    headers: tuple[str, ...] = ()
    required_fields: tuple[str, ...] = ()
    rows: tuple[SheetRow, ...] = ()

    @property
    def issues(self) -> tuple[Issue, ...]:
        """Every error of the sheet and of its rows."""
        return self.errors + tuple(issue for row in self.rows for issue in row.errors)


class SheetOutcome(msgspec.Struct, frozen=True):
    """The accessions that a confirmed sheet has."""

    status: str
    samples: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    experiments: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()


class ToolReport(msgspec.Struct, frozen=True):
    """What one tool found in a run."""

    tool: str
    status: QcStatus
    summary: dict[str, Any] = {}
    report_url: str | None = None


class RunQc(msgspec.Struct, frozen=True):
    """Quality control of a run; `report_url` is relative to the server's root."""

    status: QcStatus
    tool: str | None = None
    summary: dict[str, Any] | None = None
    report_url: str | None = None
    reports: tuple[ToolReport, ...] = ()


class ProjectRunQc(msgspec.Struct, frozen=True):
    """One run's line in its project's quality control."""

    accession: str
    status: QcStatus
    summary: dict[str, Any] | None = None


class ProjectQc(msgspec.Struct, frozen=True):
    """Quality control of a project; `report_url` names one MultiQC page over all of its runs."""

    status: QcStatus
    report_url: str | None = None
    runs: tuple[ProjectRunQc, ...] = ()
