"""The file rows: bytes on their way in or kept, their verdicts, and the QC reports made of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from advanced_alchemy.base import DefaultBase
from sqlalchemy import BigInteger, Double, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from accession.base import Json, Row, Term, Time


class FileState(StrEnum):
    """Where a file stands; see the table of states in the README."""

    PENDING = "pending"
    RECEIVING = "receiving"
    VERIFYING = "verifying"
    VERIFIED = "verified"
    REJECTED = "rejected"
    LINKED = "linked"
    EXPIRED = "expired"


UNSETTLED = (FileState.PENDING, FileState.RECEIVING, FileState.VERIFYING, FileState.REJECTED, FileState.EXPIRED)
"""States of a file that a run tells in the place of its own: its bytes are not good, or not yet."""


class Method(StrEnum):
    """How bytes arrive: through the service, by one signed PUT, or by signed parts."""

    DIRECT = "direct"
    PRESIGNED = "presigned"
    MULTIPART = "multipart"


class File(Row):
    """Bytes with a name. Digests and `version_id` are those of the bytes that the verdict was reached on.

    `claim`/`claimed_until` are the lease of the job that works on the row; `due_at` is when the sweep looks again
    (None: nothing is due); `attempts` counts how often the check itself failed. `clean_at` is when the cleaning
    looks at the row: an upload that never ended, versions beside the pinned one, the end of the staging time.
    """

    __tablename__ = "files"
    __table_args__ = (
        Index("ix_files_owner", "owner_id", "serial"),
        Index("ix_files_due", "due_at"),
        Index("ix_files_clean", "clean_at"),
        Index("ix_files_md5", "owner_id", "md5"),
        Index("ix_files_name", "owner_id", "filename"),
        Index("ix_files_qc_status", "qc_status"),
    )

    serial: Mapped[int] = mapped_column(BigInteger, unique=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    scope_id: Mapped[UUID | None] = mapped_column(ForeignKey("scopes.id"), index=True)
    state: Mapped[str] = mapped_column(Term, default=FileState.PENDING)
    filename: Mapped[str] = mapped_column(String(255))
    size: Mapped[int | None] = mapped_column(BigInteger)
    promised_size: Mapped[int | None] = mapped_column(BigInteger)
    promised_md5: Mapped[str | None] = mapped_column(String(32))
    md5: Mapped[str | None] = mapped_column(String(32))
    sha256: Mapped[str | None] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    version_id: Mapped[str | None] = mapped_column(String(100))
    upload_method: Mapped[str] = mapped_column(Term)
    upload_id: Mapped[str | None] = mapped_column(String(255))
    format: Mapped[str | None] = mapped_column(Term)
    verdict: Mapped[dict[str, Any] | None] = mapped_column(Json)
    reason: Mapped[str | None] = mapped_column(Text)
    uploaded_at: Mapped[datetime | None] = mapped_column(Time)
    qc_status: Mapped[str] = mapped_column(Term, default="pending")
    due_at: Mapped[datetime | None] = mapped_column(Time)
    clean_at: Mapped[datetime | None] = mapped_column(Time)
    claim: Mapped[UUID | None] = mapped_column()
    claimed_until: Mapped[datetime | None] = mapped_column(Time)
    attempts: Mapped[int] = mapped_column(default=0)


class DiscardedObject(Row):
    """Bytes that no row needs any more; written in the transaction that gives them up, removed with the bytes.

    `clean_at` is when they are removed; while a link can still write to `key`, again after `until`.
    """

    __tablename__ = "discarded_objects"

    key: Mapped[str] = mapped_column(String(160))
    clean_at: Mapped[datetime] = mapped_column(Time, index=True)
    until: Mapped[datetime | None] = mapped_column(Time)


class QcNumber(DefaultBase):
    """One number that the validation of a file measured, by which its runs can be found; see `measures`.

    A narrow table: a new number needs no column, and one index, which holds all that a query reads, serves all of them.
    """

    __tablename__ = "qc_numbers"
    __table_args__ = (Index("ix_qc_numbers_value", "name", "value", "file_id"),)

    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(Term, primary_key=True)
    value: Mapped[float] = mapped_column(Double)


class QcReport(Row):
    """What one tool made of one file, or MultiQC of a project's files (then `file_id` is None).

    `page_key` is the HTML page and `data_keys` are the files for MultiQC, as keys of the object store.
    """

    __tablename__ = "qc_reports"
    __table_args__ = (
        Index("uq_qc_reports_file_tool", "file_id", "tool", unique=True),
        Index("uq_qc_reports_scope_tool", "scope_id", "tool", unique=True),
    )

    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    scope_id: Mapped[UUID | None] = mapped_column(ForeignKey("scopes.id"))
    tool: Mapped[str] = mapped_column(Term)
    status: Mapped[str] = mapped_column(Term)
    summary: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    page_key: Mapped[str | None] = mapped_column(String(160))
    data_keys: Mapped[list[str]] = mapped_column(Json, default=list)
    reason: Mapped[str | None] = mapped_column(Text)


class Submission(Row):
    """A one-run upload: the run that its bytes will become (N's `upload/initiate`)."""

    __tablename__ = "submissions"

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"), unique=True)
    experiment_id: Mapped[UUID] = mapped_column(ForeignKey("experiments.id"))
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("runs.id"))
    file_type: Mapped[str] = mapped_column(Term)
