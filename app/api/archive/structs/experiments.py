"""The wire shapes of experiments."""

from __future__ import annotations

from datetime import datetime

import msgspec

from app.api.archive.structs.common import InsertSize, Line, Short


class ExperimentIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new experiment: how a sample was sequenced."""

    sample_accession: Short
    platform: Line
    instrument_model: Line
    library_strategy: Line
    library_source: Line
    library_layout: Line
    alias: Line | None = None
    library_selection: Line | None = None
    insert_size: InsertSize | None = None
    library_name: Line | None = None
    ena_accession: Short | None = None
    ncbi_accession: Short | None = None
    draft: bool = False
    visibility: Short | None = None


class ExperimentPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch: fields left out stay as they are, null clears one."""

    platform: Line | msgspec.UnsetType = msgspec.UNSET
    instrument_model: Line | msgspec.UnsetType = msgspec.UNSET
    library_strategy: Line | msgspec.UnsetType = msgspec.UNSET
    library_source: Line | msgspec.UnsetType = msgspec.UNSET
    library_layout: Line | msgspec.UnsetType = msgspec.UNSET
    library_selection: Line | msgspec.UnsetType | None = msgspec.UNSET
    insert_size: InsertSize | msgspec.UnsetType | None = msgspec.UNSET
    library_name: Line | msgspec.UnsetType | None = msgspec.UNSET
    ena_accession: Short | msgspec.UnsetType | None = msgspec.UNSET
    ncbi_accession: Short | msgspec.UnsetType | None = msgspec.UNSET


class ExperimentOut(msgspec.Struct, frozen=True):
    """An experiment as it is answered."""

    accession: str
    alias: str | None
    sample_accession: str
    platform: str | None
    instrument_model: str | None
    library_strategy: str | None
    library_source: str | None
    library_layout: str | None
    library_selection: str | None
    insert_size: int | None
    library_name: str | None
    ena_accession: str | None
    ncbi_accession: str | None
    created_at: datetime
    state: str
    visibility: str
    state_reason: str | None
    replaced_by: str | None
