"""Settle one value against one field: the value as it will be stored, or why it cannot be."""

from __future__ import annotations

import re
from datetime import date
from functools import cache, lru_cache
from typing import Final

from accession import vocab
from accession.checklists.fields import Field, FieldKind
from accession.issues import Issue

_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([Ee][+-]?[0-9]{1,3})?")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,30}(\.0+)?")
_DATE: Final = re.compile(
    r"([12][0-9]{3})(?:-([0-9]{2})(?:-([0-9]{2})(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?(Z|[+-][0-9]{1,2}(?::?[0-9]{2})?)?)?)?)?"
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LAST_TAX_ID: Final = 2**31 - 1
_LONGEST_NUMBER: Final = 60
_LONGEST_PATTERNED: Final = 2_000
_SHOWN_CHOICES: Final = 12


def is_blank(value: object) -> bool:
    """Whether a value says nothing: absent, or only spaces."""
    return value is None or (isinstance(value, str) and not value.strip())


def settle_value(field: Field, value: object) -> tuple[object, Issue | None]:
    """The value as the archive stores it (a string; an int for a taxon), and the fault that keeps it out, if any.

    Terms take their canonical spelling; numbers and dates keep the submitter's own. Must not be called with a blank.
    """
    text = _text_of(value)
    if text is None:
        return value, _issue(field, "not_a_value", f"{field.name} must be a text or a number.")
    if len(text) > field.max_length:
        return text, _issue(field, "too_long", f"{field.name} has {len(text)} characters; at most {field.max_length}.")
    if _CONTROL.search(text):
        return text, _issue(field, "control_character", f"{field.name} contains a control character.")
    if field.missing:
        term = vocab.canonical(vocab.Vocabulary.MISSING_VALUE, text)
        if term is not None:
            return term, None
    return _settle_kind(field, text)


def _text_of(value: object) -> str | None:
    """A scalar as text, None for anything else."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > 128:
        return None
    if isinstance(value, int | float):
        whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
        return str(int(value)) if whole else str(value)
    return None


def _settle_kind(field: Field, text: str) -> tuple[object, Issue | None]:
    """Check by the field's kind."""
    match field.kind:
        case FieldKind.CHOICE | FieldKind.PLACE:
            return _settle_choice(field, text)
        case FieldKind.NUMBER | FieldKind.INTEGER:
            return text, _number_fault(field, text)
        case FieldKind.DATE:
            return text, _date_fault(field, text)
        case FieldKind.TAXON:
            return _settle_taxon(field, text)
        case _:
            return text, _pattern_fault(field, text)


def _settle_choice(field: Field, text: str) -> tuple[object, Issue | None]:
    """Find the term; a place may go on after a colon."""
    terms = _terms_by_spelling(field.choices)
    found = terms.get(text.casefold())
    if found is not None:
        return found, None
    if field.kind is FieldKind.PLACE and ":" in text:
        country, locality = text.split(":", 1)
        found = terms.get(country.strip().casefold())
        if found is not None and locality.strip():
            return f"{found}:{locality}", None
    return text, _issue(
        field, "not_in_vocabulary", f"{text[:80]!r} is not a value of {field.name}; {_offer(field, text)}."
    )


@cache
def _terms_by_spelling(choices: tuple[str, ...]) -> dict[str, str]:
    return {term.casefold(): term for term in reversed(choices)}


@lru_cache(maxsize=4096)
def _offer(field: Field, text: str) -> str:
    """What to write instead: all choices when they are few, else those that begin alike."""
    if len(field.choices) <= _SHOWN_CHOICES:
        return "expected one of " + ", ".join(field.choices)
    start = text[:3].casefold()
    alike = [term for term in field.choices if term.casefold().startswith(start)][:5] if start else []
    hint = f", perhaps {' or '.join(alike)}" if alike else f" such as {', '.join(field.choices[:3])}"
    form = " or COUNTRY:LOCALITY" if field.kind is FieldKind.PLACE else ""
    return f"expected one of {len(field.choices)} terms{hint}{form}"


def _number_fault(field: Field, text: str) -> Issue | None:
    form, what = (_INTEGER, "a whole number") if field.kind is FieldKind.INTEGER else (_NUMBER, "a number")
    if len(text) > _LONGEST_NUMBER or not form.fullmatch(text):
        unit = f" (in {field.units}, the unit not written)" if field.units else ""
        missing = " or a missing-value term such as 'not collected'" if field.missing else ""
        return _issue(field, "not_a_number", f"{text[:80]!r} in {field.name} is not {what}{unit}{missing}.")
    number = float(text)
    if field.minimum is not None and number < field.minimum:
        return _issue(field, "out_of_range", f"{text} in {field.name} is below {field.minimum:g}.")
    if field.maximum is not None and number > field.maximum:
        return _issue(field, "out_of_range", f"{text} in {field.name} is above {field.maximum:g}.")
    return None


def _settle_taxon(field: Field, text: str) -> tuple[object, Issue | None]:
    number = int(text) if re.fullmatch(r"[0-9]{1,10}", text) else 0
    if 0 < number <= _LAST_TAX_ID:
        return number, None
    message = f"{text[:80]!r} in {field.name} is not an NCBI taxonomy number; expected a whole number such as 9606."
    return text, _issue(field, "not_a_tax_id", message)


def _date_fault(field: Field, text: str) -> Issue | None:
    """ISO 8601: 2024, 2024-05, 2024-05-17, 2024-05-17T08:30Z, or two of them as begin/end."""
    parts = text.split("/")
    days = [_first_day(part) for part in parts] if len(parts) <= 2 else [None]
    if None in days:
        missing = " or a missing-value term such as 'not collected'" if field.missing else ""
        expected = "an ISO 8601 date (2024, 2024-05, 2024-05-17) or range (2024-05/2024-06)"
        return _issue(field, "not_a_date", f"{text[:80]!r} in {field.name} is not {expected}{missing}.")
    begin, end = days[0], days[-1]
    if begin is not None and end is not None and _cut(begin, parts[-1]) > end:
        return _issue(field, "range_reversed", f"The range {text!r} in {field.name} ends before it begins.")
    return None


@lru_cache(maxsize=4096)
def _first_day(text: str) -> tuple[int, ...] | None:
    """A partial date as comparable numbers, its first day where the day is left open; None for no date."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) if part else None for part in match.groups()[:6])
    try:
        date(year or 1, month or 1, day or 1)
    except ValueError:
        return None
    if (hour or 0) > 23 or (minute or 0) > 59 or (second or 0) > 60:
        return None
    return year or 1, month or 1, day or 1, hour or 0, minute or 0, second or 0


def _cut(begin: tuple[int, ...], end_text: str) -> tuple[int, ...]:
    """The begin of a range at the precision of its end, so that 2024-05-17/2024 is no reversal."""
    known = 1 if len(end_text) == 4 else 2 if len(end_text) == 7 else 3 if len(end_text) == 10 else 6
    return (*begin[:known], *(1, 1, 1, 0, 0, 0)[known:])


def _pattern_fault(field: Field, text: str) -> Issue | None:
    if field.pattern is None:
        return None
    if len(text) <= _LONGEST_PATTERNED and _compiled(field.pattern).fullmatch(text):
        return None
    return _issue(field, "pattern_mismatch", f"{text[:80]!r} in {field.name} does not have the form {field.pattern}")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def _issue(field: Field, code: str, message: str) -> Issue:
    return Issue(code, message, field=field.name)
