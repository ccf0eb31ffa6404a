"""The wire shapes of samples."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from app.api.archive.structs.common import Line, Name, Scalar, Short, TaxId, Text


class SampleIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new sample; fields of its checklist that are not listed here go into `custom_fields`."""

    project_accession: Short
    checklist_id: Short
    organism: Line
    tax_id: TaxId
    alias: Line | None = None
    subject_accession: Short | None = None
    collection_date: Line | None = None
    geographic_location: Text | None = None
    breed: Text | None = None
    host: Text | None = None
    tissue: Text | None = None
    developmental_stage: Text | None = None
    sex: Text | None = None
    custom_fields: dict[Name, Scalar] = {}
    ena_accession: Short | None = None
    ncbi_accession: Short | None = None
    draft: bool = False
    visibility: Short | None = None


class SamplePatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch: fields left out stay as they are, null clears one; `custom_fields` are merged key by key."""

    checklist_id: Short | msgspec.UnsetType = msgspec.UNSET
    organism: Line | msgspec.UnsetType = msgspec.UNSET
    tax_id: TaxId | msgspec.UnsetType = msgspec.UNSET
    subject_accession: Short | msgspec.UnsetType | None = msgspec.UNSET
    collection_date: Line | msgspec.UnsetType | None = msgspec.UNSET
    geographic_location: Text | msgspec.UnsetType | None = msgspec.UNSET
    breed: Text | msgspec.UnsetType | None = msgspec.UNSET
    host: Text | msgspec.UnsetType | None = msgspec.UNSET
    tissue: Text | msgspec.UnsetType | None = msgspec.UNSET
    developmental_stage: Text | msgspec.UnsetType | None = msgspec.UNSET
    sex: Text | msgspec.UnsetType | None = msgspec.UNSET
    custom_fields: dict[Name, Scalar] | msgspec.UnsetType | None = msgspec.UNSET
    ena_accession: Short | msgspec.UnsetType | None = msgspec.UNSET
    ncbi_accession: Short | msgspec.UnsetType | None = msgspec.UNSET


class SampleOut(msgspec.Struct, frozen=True):
    """A sample as it is answered."""

    accession: str
    alias: str | None
    project_accession: str
    subject_accession: str | None
    checklist_id: str | None
    organism: str | None
    tax_id: int | None
    collection_date: str | None
    geographic_location: str | None
    breed: str | None
    host: str | None
    tissue: str | None
    developmental_stage: str | None
    sex: str | None
    custom_fields: dict[str, Any]
    ena_accession: str | None
    ncbi_accession: str | None
    created_at: datetime
    state: str
    visibility: str
    state_reason: str | None
    replaced_by: str | None
