"""The columns of a bulk sheet: which there are for a checklist, in what order, and what a header in a sheet means.

A header may be written as the column's name or as the checklist's label, in any case, with spaces, hyphens or
underscores. A header that means no column is an error, so that a typing mistake loses no data; an attribute of the
submitter's own is marked `custom:NAME` and is kept in the sample's `custom_fields` under NAME.
"""

from __future__ import annotations

from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Final

import msgspec

from accession import vocab
from accession.checklists.fields import Checklist, Field, FieldKind, Requirement, normalise_name
from accession.checklists.rules import own_field
from accession.issues import Issue
from accession.vocab import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

_CUSTOM: Final = "custom:"
_MAX_HINTS: Final = 20
_OTHER_NAMES: Final = {"alias": "sample_alias", "sample": "sample_alias", "instrument": "instrument_model"}


class Part(StrEnum):
    """Which record a column describes."""

    SAMPLE = "sample"
    LIBRARY = "library"
    FILE = "file"


class Column(msgspec.Struct, frozen=True):
    """One column of a sheet: its place in the row (from 0), its header as written, and the field that it fills."""

    place: int
    header: str
    field: Field
    part: Part

    @property
    def name(self) -> str:
        """The column's own name, whatever the header's spelling."""
        return self.field.name


@cache
def fixed_fields() -> dict[str, tuple[Field, Part]]:
    """The columns that every sheet may have, checklist or not, in template order."""
    sample = (
        Field("sample_alias", "sample alias", Requirement.REQUIRED, max_length=255),
        Field("subject_alias", "subject alias", max_length=255),
    )
    file = (
        Field("filename_forward", "forward file", max_length=255),
        Field("filename_reverse", "reverse file", max_length=255),
        Field("md5_forward", "MD5 of the forward file", pattern="[0-9a-fA-F]{32}"),
        Field("md5_reverse", "MD5 of the reverse file", pattern="[0-9a-fA-F]{32}"),
    )
    library = (
        _term("library_strategy", Vocabulary.LIBRARY_STRATEGY),
        _term("platform", Vocabulary.PLATFORM),
        Field("instrument_model", "instrument model", max_length=100),
        _term("library_source", Vocabulary.LIBRARY_SOURCE),
        _term("library_layout", Vocabulary.LIBRARY_LAYOUT),
        _term("library_selection", Vocabulary.LIBRARY_SELECTION),
        Field("insert_size", "insert size", kind=FieldKind.INTEGER, units="bp", minimum=1, maximum=2**31 - 1),
        Field("library_name", "library name", max_length=255),
    )
    parts = ((sample, Part.SAMPLE), (file, Part.FILE), (library, Part.LIBRARY))
    return {field.name: (field, part) for fields, part in parts for field in fields}


def _term(name: str, vocabulary: Vocabulary) -> Field:
    return Field(name, name.replace("_", " "), kind=FieldKind.CHOICE, choices=vocab.terms(vocabulary))


def template_fields(checklist: Checklist) -> tuple[Field, ...]:
    """The columns of a template: aliases, the checklist's required, recommended, optional fields, files, library."""
    fixed = fixed_fields()
    aliases = [field for field, part in fixed.values() if part is Part.SAMPLE]
    rest = [field for field, part in fixed.values() if part is not Part.SAMPLE]
    ranks = {requirement: rank for rank, requirement in enumerate(Requirement)}
    own = sorted(
        (field for field in checklist.fields if field.name not in fixed), key=lambda field: ranks[field.requirement]
    )
    return (*aliases, *own, *rest)


def template_columns(checklist: Checklist) -> tuple[str, ...]:
    """The names of a template's columns in order."""
    return tuple(field.name for field in template_fields(checklist))


def required_columns(checklist: Checklist) -> tuple[str, ...]:
    """The columns without which no row can be accepted: `sample_alias` and the checklist's required fields."""
    return ("sample_alias", *checklist.required_fields)


def read_columns(headers: Sequence[str], checklist: Checklist) -> tuple[tuple[Column, ...], list[Issue]]:
    """What each header means, and the faults of the header row: unknown, doubled and absent required columns."""
    columns: list[Column] = []
    issues: list[Issue] = []
    seen: dict[str, str] = {}
    for place, header in enumerate(headers):
        column = _column(place, header, checklist)
        if column is None:
            issues.append(_unknown(header, checklist, hint=len(issues) < _MAX_HINTS))
        elif column.name in seen:
            message = f"The columns {seen[column.name]!r} and {header!r} are the same; keep one."
            issues.append(Issue("duplicate_column", message, field=column.name, column=header))
        else:
            seen[column.name] = header
            columns.append(column)
    absent = (name for name in required_columns(checklist) if name not in seen)
    issues.extend(Issue("missing_column", f"The sheet has no column {name}.", field=name) for name in absent)
    return tuple(columns), issues


def fixed_name(header: str) -> str | None:
    """The name of the column of every sheet that a header means, None where it means none of them."""
    folded = normalise_name(header)
    name = _OTHER_NAMES.get(folded, folded)
    return name if name in fixed_fields() else None


def _column(place: int, header: str, checklist: Checklist) -> Column | None:
    """The column that a header means, None where it means none."""
    custom = header[: len(_CUSTOM)].lower() == _CUSTOM
    written = header[len(_CUSTOM) :].strip() if custom else header
    fixed = None if custom else fixed_name(written)
    if fixed is not None:
        return Column(place, header, *fixed_fields()[fixed])
    field = checklist.find(written)
    if field is None and custom and written and written not in fixed_fields():
        field = own_field(written)
    return Column(place, header, field, Part.SAMPLE) if field is not None else None


def _unknown(header: str, checklist: Checklist, *, hint: bool) -> Issue:
    """An unknown column, with the names that come nearest to it."""
    near = get_close_matches(normalise_name(header), template_columns(checklist), n=3, cutoff=0.6) if hint else []
    guess = f"; perhaps {' or '.join(near)}" if near else ""
    message = (
        f"{header[:100]!r} is not a column of {checklist.id}{guess}. "
        f"An attribute of your own is written custom:{header[:100]}."
    )
    return Issue("unknown_column", message, field=header, column=header)
