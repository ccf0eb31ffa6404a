"""The shape of a checklist: its fields, what each requires, and the names under which people write them."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cached_property

import msgspec

_NOT_A_NAME = re.compile(r"[^0-9a-z]+")


class Requirement(StrEnum):
    """How much a checklist wants a field."""

    REQUIRED = "required"
    RECOMMENDED = "recommended"
    OPTIONAL = "optional"


class FieldKind(StrEnum):
    """What a field's value is."""

    TEXT = "text"
    PARAGRAPH = "paragraph"
    CHOICE = "choice"
    PLACE = "place"  # a choice, optionally followed by a colon and a locality: "Saudi Arabia:Riyadh"
    NUMBER = "number"
    INTEGER = "integer"
    DATE = "date"  # ISO 8601, down to the year alone, or two of them as a range `a/b`
    TAXON = "taxon"  # a positive NCBI taxonomy number


class Field(msgspec.Struct, frozen=True):
    """One field of a checklist.

    `name` is the field's name in a sample record or in its `custom_fields`; `label` is how the checklist's authors
    write it; `in_record` tells the record's own fields from custom ones. `choices` are canonical terms; `pattern` is a
    regular expression for the whole value; `units` is for people; `missing` says that INSDC's missing-value terms
    ("not collected", …) stand for a value; `aliases` are other archives' names for the same thing, normalised;
    `max_length` counts characters.
    """

    name: str
    label: str
    requirement: Requirement = Requirement.OPTIONAL
    kind: FieldKind = FieldKind.TEXT
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    units: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    missing: bool = False
    in_record: bool = False
    aliases: tuple[str, ...] = ()
    max_length: int = 10_000

    @property
    def required(self) -> bool:
        """Whether a sample without this field is refused."""
        return self.requirement is Requirement.REQUIRED


class Checklist(msgspec.Struct, frozen=True, dict=True):
    """A named list of fields. `fields` has organism and tax_id first and every record field somewhere."""

    id: str
    name: str
    title: str
    fields: tuple[Field, ...]

    @cached_property
    def required_fields(self) -> tuple[str, ...]:
        """Names of the fields that a sample must have; its alias is not among them."""
        return tuple(field.name for field in self.fields if field.required)

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """Name → field."""
        return {field.name: field for field in self.fields}

    @cached_property
    def spellings(self) -> dict[str, str]:
        """Normalised spelling (name, label, or another archive's name of the same thing) → field name."""
        aliases = {alias: field.name for field in self.fields for alias in field.aliases}
        labels = {normalise_name(field.label): field.name for field in self.fields}
        return aliases | labels | {field.name: field.name for field in self.fields}

    def find(self, name: str) -> Field | None:
        """The field that `name` means, in any case and with spaces, hyphens or underscores."""
        known = self.by_name.get(name)
        return known if known is not None else self.by_name.get(self.spellings.get(normalise_name(name), ""))


def normalise_name(text: str) -> str:
    """Fold a field's or column's name: "Collection Date", "collection-date" and "collection_date" are one."""
    return _NOT_A_NAME.sub("_", text.lower()).strip("_")
