"""Say a checklist as JSON Schema 2020-12, for clients that check a sample before they send it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from accession import vocab
from accession.checklists.fields import FieldKind

if TYPE_CHECKING:
    from accession.checklists.fields import Checklist, Field

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_DAY: Final = (
    r"[12][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])"
    r"(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{1,2}(:?[0-9]{2})?)?)?)?)?"
)
_DATE: Final = f"^{_DAY}(/{_DAY})?$"
_NUMBER: Final = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([Ee][+-]?[0-9]{1,3})?$"
_INTEGER: Final = r"^[+-]?[0-9]{1,30}(\.0+)?$"


def checklist_schema(checklist: Checklist) -> dict[str, Any]:
    """The checklist as a JSON Schema of a flat object: record fields and custom fields side by side.

    Terms are listed in their canonical spelling; the archive also takes them in another case. Fields that the
    checklist does not name are allowed.
    """
    return {
        "$schema": _DIALECT,
        "$id": f"urn:checklist:{checklist.id}",
        "id": checklist.id,
        "name": checklist.name,
        "title": checklist.title,
        "type": "object",
        "required": list(checklist.required_fields),
        "properties": {field.name: _property(field) for field in checklist.fields},
        "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
    }


def _property(field: Field) -> dict[str, Any]:
    """One field: title, description, and the values that are allowed."""
    units = {"x-units": field.units} if field.units else {}
    notes = {"title": field.label, "x-requirement": field.requirement.value, **units}
    rule = _rule(field)
    if field.missing:
        terms = [term for term in vocab.terms(vocab.Vocabulary.MISSING_VALUE) if term not in field.choices]
        rule = {"anyOf": [rule, {"enum": terms}]}
    if not field.required:
        rule = {"anyOf": [rule, {"enum": ["", None]}]}
    return notes | rule


def _rule(field: Field) -> dict[str, Any]:
    """What a value that is given must be."""
    match field.kind:
        case FieldKind.TAXON:
            return {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
        case FieldKind.CHOICE:
            return {"enum": list(field.choices)}
        case FieldKind.PLACE:
            return {"anyOf": [{"enum": list(field.choices)}, {"type": "string", "pattern": r"^[^:]+:\s*\S"}]}
        case FieldKind.DATE:
            return {"type": "string", "pattern": _DATE}
        case FieldKind.NUMBER | FieldKind.INTEGER:
            bounds = {"minimum": field.minimum, "maximum": field.maximum}
            pattern, kind = (_INTEGER, "integer") if field.kind is FieldKind.INTEGER else (_NUMBER, "number")
            limits = {key: limit for key, limit in bounds.items() if limit is not None}
            return {"type": ["string", kind], "pattern": pattern, **limits}
        case _:
            pattern_rule = {"pattern": f"^({field.pattern})$"} if field.pattern else {}
            return {"type": "string", "minLength": 1, "maxLength": field.max_length, **pattern_rule}
