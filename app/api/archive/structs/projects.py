"""The wire shapes of projects."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from app.api.archive.structs.common import Line, Name, Prose, Short, Title


class ProjectIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new project. A `release_date` in the future embargoes it; `visibility: private` keeps it to its owner."""

    title: Title
    description: Prose
    project_type: Short
    alias: Line | None = None
    organisation: Name | None = None
    release_date: date | None = None
    license: Line = "CC-BY-4.0"
    ena_accession: Short | None = None
    ncbi_accession: Short | None = None
    visibility: Short | None = None
    draft: bool = False


class ProjectPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch: fields left out stay as they are, null clears one."""

    title: Title | msgspec.UnsetType = msgspec.UNSET
    description: Prose | msgspec.UnsetType = msgspec.UNSET
    project_type: Short | msgspec.UnsetType = msgspec.UNSET
    release_date: date | msgspec.UnsetType | None = msgspec.UNSET
    license: Line | msgspec.UnsetType = msgspec.UNSET
    ena_accession: Short | msgspec.UnsetType | None = msgspec.UNSET
    ncbi_accession: Short | msgspec.UnsetType | None = msgspec.UNSET


class ReleaseIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When to release; without a date at once."""

    release_date: date | None = None


class ProjectOut(msgspec.Struct, frozen=True):
    """A project as it is answered; `organisation` is null for reviewers from whom its owner is hidden."""

    accession: str
    alias: str | None
    organisation: str | None
    title: str
    description: str
    project_type: str
    release_date: date | None
    license: str
    ena_accession: str | None
    ncbi_accession: str | None
    created_at: datetime
    updated_at: datetime
    state: str
    visibility: str
    state_reason: str | None
    replaced_by: str | None
