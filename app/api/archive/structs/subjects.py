"""The wire shapes of subjects."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec

from app.api.archive.structs.common import Line, Name, Scalar, Short, TaxId


class SubjectIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new subject: the individual or donor that samples come from."""

    project_accession: Short
    organism: Line
    tax_id: TaxId
    alias: Line | None = None
    sex: Short | None = None
    date_of_birth: date | None = None
    external_id: Line | None = None
    properties: dict[Name, Scalar] = {}
    draft: bool = False
    visibility: Short | None = None


class SubjectPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch: fields left out stay as they are, null clears one; `properties` are merged key by key."""

    organism: Line | msgspec.UnsetType = msgspec.UNSET
    tax_id: TaxId | msgspec.UnsetType = msgspec.UNSET
    sex: Short | msgspec.UnsetType | None = msgspec.UNSET
    date_of_birth: date | msgspec.UnsetType | None = msgspec.UNSET
    external_id: Line | msgspec.UnsetType | None = msgspec.UNSET
    properties: dict[Name, Scalar] | msgspec.UnsetType | None = msgspec.UNSET


class SubjectOut(msgspec.Struct, frozen=True):
    """A subject as it is answered; the personal fields are null for those without a share in its project."""

    accession: str
    alias: str | None
    project_accession: str
    organism: str | None
    tax_id: int | None
    sex: str | None
    date_of_birth: date | None
    external_id: str | None
    properties: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    state: str
    visibility: str
    state_reason: str | None
    replaced_by: str | None
