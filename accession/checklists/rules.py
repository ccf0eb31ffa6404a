"""Check a sample against its checklist: what must be there is there, and every value is one that can be stored."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from accession.checklists.fields import Checklist, Field, FieldKind, normalise_name
from accession.checklists.values import is_blank, settle_value
from accession.issues import Issue

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_CUSTOM_FIELDS: Final = 500
_NOT_CHECKED: Final = frozenset({"alias", "sample_alias"})
_CUSTOM_NAME: Final = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,100}")


class SettledSample(msgspec.Struct, frozen=True):
    """A sample's values as they will be stored, apart by where they go, with every fault found in them.

    `record` holds fields of the sample record (organism, tax_id as int, …), `custom_fields` all others; blanks are
    left out of both. The values of faulty fields are as submitted.
    """

    record: dict[str, object]
    custom_fields: dict[str, object]
    issues: list[Issue]


def check_sample(checklist: Checklist, values: Mapping[str, object]) -> list[Issue]:
    """Every fault of a sample. `values` is flat: record and custom fields side by side, None or "" for absent."""
    return settle_sample(checklist, values).issues


def settle_sample(checklist: Checklist, values: Mapping[str, object]) -> SettledSample:
    """Check a sample and give its values their stored form.

    Names may be written as the checklist's labels ("collection date"). A name that the checklist does not have is a
    custom field of the submitter's own and is kept under the name given. `alias` is not looked at.
    """
    record: dict[str, object] = {}
    custom: dict[str, object] = {}
    issues: list[Issue] = []
    seen: dict[str, str] = {}
    for given, value in values.items():
        if given in _NOT_CHECKED or is_blank(value):
            continue
        field = checklist.find(given) or own_field(given)
        if field.name in seen:
            message = f"{given!r} and {seen[field.name]!r} are the same field; give it once."
            issues.append(Issue("duplicate_field", message, field=field.name))
            continue
        seen[field.name] = given
        settled, fault = settle_value(field, value)
        (record if field.in_record else custom)[field.name] = settled
        if fault is not None:
            issues.append(fault)
        elif not _CUSTOM_NAME.fullmatch(field.name):
            message = "A custom field's name has 1 to 100 printable characters."
            issues.append(Issue("bad_field_name", message, field=given[:100]))
    if len(custom) > MAX_CUSTOM_FIELDS:
        issues.append(Issue("too_many_fields", f"A sample has at most {MAX_CUSTOM_FIELDS} custom fields."))
    issues.extend(missing_fields(checklist, seen))
    return SettledSample(record, custom, issues)


def missing_fields(checklist: Checklist, present: Mapping[str, object]) -> list[Issue]:
    """One `missing_required` for each required field that is not among the names present."""
    return [missing_field(checklist, name) for name in checklist.required_fields if name not in present]


def missing_field(checklist: Checklist, name: str) -> Issue:
    """The fault of leaving a required field empty."""
    field = checklist.by_name[name]
    label = f" ({field.label})" if normalise_name(field.label) != name else ""
    hint = "; write a missing-value term such as 'not collected' where there is none" if field.missing else ""
    return Issue("missing_required", f"{name}{label} is required by {checklist.id}{hint}.", field=name)


def own_field(name: str) -> Field:
    """A field of the submitter's own, which no checklist knows: any text goes."""
    return Field(name=name.strip(), label=name, kind=FieldKind.TEXT)
