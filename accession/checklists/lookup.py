"""The checklists that the archive knows: ENA's and `snpchip_livestock`, read once from `accession/checklists/data/`.

Where a checklist's field means what a field of the sample record holds, it takes the record's name; the one table of
such names is `record_fields.json`. A checklist's `title` is optional here: the alias stands for it.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

import msgspec

from accession import vocab
from accession.checklists.fields import Checklist, Field, FieldKind, Requirement, normalise_name

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_TABLES: Final = {"choices.json", "record_fields.json"}
_PLACES: Final = "geographic_location_country_and_or_sea"
_MAX_LENGTHS: Final = {"organism": 255, "collection_date": 100}
_ALWAYS_REQUIRED: Final = {"organism", "tax_id"}


class _FieldOnFile(msgspec.Struct, frozen=True):
    """A field as the data files write it; `choices` names a list of `choices.json`."""

    label: str
    requirement: Requirement
    kind: FieldKind = FieldKind.TEXT
    choices: str | None = None
    pattern: str | None = None
    units: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    missing: bool = False


class _ChecklistOnFile(msgspec.Struct, frozen=True):
    """A checklist as a data file writes it."""

    id: str
    name: str
    title: str
    fields: tuple[_FieldOnFile, ...]


def _data() -> Traversable:
    return resources.files("accession") / "checklists" / "data"


@cache
def _choices() -> dict[str, tuple[str, ...]]:
    return msgspec.json.decode((_data() / "choices.json").read_bytes(), type=dict[str, tuple[str, ...]])


@cache
def record_names() -> dict[str, tuple[str, ...]]:
    """Field of the sample record → names (normalised) that checklists and sheets have for it."""
    return msgspec.json.decode((_data() / "record_fields.json").read_bytes(), type=dict[str, tuple[str, ...]])


def _field(raw: _FieldOnFile, name: str, *, in_record: bool) -> Field:
    """Settle one field under the name that the archive gives it."""
    choices = _choices()[raw.choices] if raw.choices else ()
    kind, requirement, missing = raw.kind, raw.requirement, raw.missing
    if in_record and name in _ALWAYS_REQUIRED:
        requirement = Requirement.REQUIRED
    match name:
        case "tax_id" if in_record:
            kind = FieldKind.TAXON
        case "geographic_location" if in_record:
            kind = FieldKind.PLACE
        case "sex" if in_record and not choices:
            kind, choices, missing = FieldKind.CHOICE, vocab.terms(vocab.Vocabulary.SAMPLE_SEX), True
    return Field(
        name=name,
        label=raw.label,
        requirement=requirement,
        kind=kind,
        choices=choices,
        pattern=raw.pattern,
        units=raw.units,
        minimum=raw.minimum,
        maximum=raw.maximum,
        missing=missing,
        in_record=in_record,
        aliases=record_names()[name] if in_record else (),
        max_length=_MAX_LENGTHS.get(name, 10_000) if in_record else 10_000,
    )


def _absent_field(name: str) -> _FieldOnFile:
    """A record field that a checklist does not speak of, which samples may have all the same."""
    if name == "geographic_location":
        return _FieldOnFile("geographic location", Requirement.OPTIONAL, FieldKind.CHOICE, _PLACES)
    kind = FieldKind.DATE if name == "collection_date" else FieldKind.TEXT
    return _FieldOnFile(name.replace("_", " "), Requirement.OPTIONAL, kind, missing=name == "collection_date")


def _record_name(label: str, taken: dict[str, str]) -> str | None:
    """The record field that a label means, unless another label of the checklist means it better."""
    wanted = normalise_name(label)
    return next((name for name, names in record_names().items() if wanted in names and taken.get(name) == label), None)


def _owners(fields: tuple[_FieldOnFile, ...]) -> dict[str, str]:
    """Record field → label of the checklist's field that fills it; the table's first name wins over its later ones."""
    labels = {normalise_name(raw.label): raw.label for raw in fields}
    return {
        name: next(labels[known] for known in names if known in labels)
        for name, names in record_names().items()
        if any(known in labels for known in names)
    }


def _build(raw: _ChecklistOnFile) -> Checklist:
    """Name every field, add the record fields that are not mentioned, and put organism and tax_id first."""
    owners = _owners(raw.fields)
    fields: list[Field] = []
    for one in raw.fields:
        record_name = _record_name(one.label, owners)
        fields.append(_field(one, record_name or normalise_name(one.label), in_record=record_name is not None))
    fields.extend(_field(_absent_field(name), name, in_record=True) for name in record_names() if name not in owners)
    first = {name: place for place, name in enumerate(("organism", "tax_id"))}
    fields.sort(key=lambda field: first.get(field.name, len(first)))
    return Checklist(raw.id, raw.name, raw.title, tuple(fields))


@cache
def _checklists() -> dict[str, Checklist]:
    files = sorted((item for item in _data().iterdir() if item.name.endswith(".json")), key=lambda item: item.name)
    raw = [msgspec.json.decode(item.read_bytes(), type=_ChecklistOnFile) for item in files if item.name not in _TABLES]
    return {one.id: _build(one) for one in raw}


def all_checklists() -> tuple[Checklist, ...]:
    """Every checklist, ordered by id."""
    return tuple(_checklists().values())


def get_checklist(checklist_id: str) -> Checklist | None:
    """The checklist of that id, or None."""
    return _checklists().get(checklist_id)
