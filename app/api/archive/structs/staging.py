"""The wire structs of files on their way in: promises, links, parts, and the staged file itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from app.api.archive.structs.common import Short


def _told(description: str, *examples: Any) -> Meta:
    """A field's documentation; its bounds are checked by the domain, which names every fault at once."""
    return Meta(extra_json_schema={"description": description, "examples": list(examples)})


FileName = Annotated[str, _told("The bare name, at most 255 bytes of UTF-8.", "SAMPLE_001_R1.fastq.gz")]
FileSize = Annotated[int, Meta(ge=-(2**53), le=2**53), _told("Bytes.", 1234567890)]
Checksum = Annotated[str, _told("32 hexadecimal digits.", "d41d8cd98f00b204e9800998ecf8427e")]
Seconds = Annotated[int, _told("How long the links are valid, in seconds.", 86400)]


class InitiateIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that will go straight to the object store; with `parts`, in that many signed parts."""

    filename: FileName
    file_size: FileSize
    checksum_md5: Checksum | None = None
    parts: Annotated[int, Meta(ge=-(2**31), le=2**31), _told("How many parts, 1 to 10,000.", 4)] | None = None


class PartLinkOut(msgspec.Struct, frozen=True):
    """Where one part goes, by PUT; keep the `ETag` header of the answer for the completion."""

    part_number: int
    url: str


class InitiateOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the bytes go: `presigned_url` for one PUT, or `parts` of `part_size` bytes each, the last one shorter."""

    staged_file_id: UUID
    upload_id: str
    expires_in: Seconds
    presigned_url: str | None = None
    parts: list[PartLinkOut] | None = None
    part_size: int | None = None


class PartIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One part that was sent; the names are those of S3."""

    ETag: Annotated[str, Meta(min_length=1, max_length=100), _told("As the store answered it.", '"9bb58f26192e4ba0…"')]
    PartNumber: Annotated[int, Meta(ge=1, le=10_000)]


class CompleteIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The parts of an upload in parts; nothing for one by a single PUT."""

    parts: Annotated[list[PartIn], Meta(max_length=10_000)] | None = None


class StagedFileOut(msgspec.Struct, frozen=True):
    """A file of the caller's. `status`: pending, verifying, verified, rejected, linked, expired.

    `verdict` is what the validation found, `reason` its first error in one line.
    """

    id: UUID
    accession: str
    filename: FileName
    file_size: int | None
    checksum_md5: str | None
    checksum_sha256: str | None
    status: str
    upload_method: str
    created_at: datetime
    uploaded_at: datetime | None
    file_type: str | None
    reason: str | None
    verdict: dict[str, Any] | None


class UploadInitiateIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that will become one run of an experiment."""

    experiment_accession: Short
    filename: FileName
    file_size: FileSize
    checksum_md5: Checksum
    file_type: Annotated[Short, _told("FASTQ, BAM, CRAM, VCF, BCF or SAM.", "FASTQ")]


class UploadInitiateOut(msgspec.Struct, frozen=True):
    """Where the bytes go, by one PUT."""

    upload_id: str
    presigned_url: str
    expires_in: Seconds


class UploadCompleteIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which upload has ended, and the MD5 of its bytes once more."""

    upload_id: Short
    checksum_md5: Checksum


class UploadCompleteOut(msgspec.Struct, frozen=True):
    """The run that the bytes became; `qc_job_id` names its checks."""

    run_accession: str
    qc_job_id: str
    status: str


class UploadStatusOut(msgspec.Struct, frozen=True):
    """How far an upload has come: `status` as of a staged file, and its run once there is one."""

    upload_id: str
    status: str
    run_accession: str | None
    reason: str | None
