"""What is submitted to make a record: plain values, checked by `rules` before anything is written."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


class SubjectDraft(msgspec.Struct, frozen=True, kw_only=True):
    """The donor or individual."""

    alias: str | None = None
    organism: str | None = None
    tax_id: int | None = None
    sex: str | None = None
    date_of_birth: date | None = None
    external_id: str | None = None
    properties: dict[str, Any] = {}


class SampleDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A sample's own fields; those of its checklist that are no column go into `custom_fields`."""

    alias: str | None = None
    checklist_id: str | None = None
    organism: str | None = None
    tax_id: int | None = None
    collection_date: str | None = None
    geographic_location: str | None = None
    breed: str | None = None
    host: str | None = None
    tissue: str | None = None
    developmental_stage: str | None = None
    sex: str | None = None
    custom_fields: dict[str, Any] = {}
    ena_accession: str | None = None
    ncbi_accession: str | None = None


class ExperimentDraft(msgspec.Struct, frozen=True, kw_only=True):
    """How a library was made and sequenced."""

    alias: str | None = None
    platform: str | None = None
    instrument_model: str | None = None
    library_strategy: str | None = None
    library_source: str | None = None
    library_layout: str | None = None
    library_selection: str | None = None
    insert_size: int | None = None
    library_name: str | None = None
    ena_accession: str | None = None
    ncbi_accession: str | None = None


class RunDraft(msgspec.Struct, frozen=True, kw_only=True):
    """One data file of an experiment: its alias and which read of a pair it is."""

    alias: str | None = None
    read_number: int | None = None
    ena_accession: str | None = None
    ncbi_accession: str | None = None


def digest_of(*parts: object) -> str:
    """The SHA-256 of what was submitted, equal for equal content whatever the order of keys."""
    return sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()


def content_digest(content: Mapping[str, object]) -> str:
    """The SHA-256 of a record's content, whatever the order of its fields; blanks and absent fields are the same."""
    kept = {name: value for name, value in content.items() if value not in (None, "", {}, [])}
    return digest_of(kept)


def sample_digest(settled: SampleDraft, subject: str | None) -> str:
    """The digest of a sample as it is stored, equal whether it came by itself or in a sheet.

    `subject` is the alias of the caller's subject, the accession of one that has no alias of the caller's.
    """
    content = msgspec.structs.asdict(settled)
    del content["alias"]
    return content_digest({**content, "subject": subject})
