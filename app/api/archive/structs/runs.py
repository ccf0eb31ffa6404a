"""The wire shapes of runs."""

from __future__ import annotations

from datetime import datetime

import msgspec

from app.api.archive.structs.common import Line, Md5, ReadNumber, Short, Size


class RunIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new run from a verified staged file; where no object store is configured, the file is described instead.

    Name, type, size and digests come from the staged file and are refused beside `file_id`.
    """

    experiment_accession: Short
    file_id: Short | None = None
    alias: Line | None = None
    read_number: ReadNumber | None = None
    mate_accession: Short | None = None
    ena_accession: Short | None = None
    ncbi_accession: Short | None = None
    filename: Line | None = None
    file_size: Size | None = None
    checksum_md5: Md5 | None = None
    file_type: Short | None = None
    draft: bool = False
    visibility: Short | None = None


class RunPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch; `mate_accession` is set once, on both runs."""

    read_number: ReadNumber | msgspec.UnsetType | None = msgspec.UNSET
    mate_accession: Short | msgspec.UnsetType = msgspec.UNSET
    ena_accession: Short | msgspec.UnsetType | None = msgspec.UNSET
    ncbi_accession: Short | msgspec.UnsetType | None = msgspec.UNSET


class RunFileIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The verified staged file that becomes the run's next version."""

    file_id: Short


class RunOut(msgspec.Struct, frozen=True):
    """A run as it is answered; the first six names are those of the original documentation."""

    accession: str
    ena_accession: str | None
    file_type: str | None
    file_size: int | None
    checksum_md5: str | None
    created_at: datetime
    alias: str | None
    experiment_accession: str
    ncbi_accession: str | None
    filename: str | None
    checksum_sha256: str | None
    read_number: int | None
    mate_accession: str | None
    version: int
    qc_status: str
    state: str
    visibility: str
    state_reason: str | None
    replaced_by: str | None
