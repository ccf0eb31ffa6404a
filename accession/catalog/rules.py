"""The rules of the catalog: what a subject, a sample, an experiment or a run must say. Pure: values in, issues out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from accession import vocab
from accession.checklists.lookup import get_checklist
from accession.checklists.rules import settle_sample
from accession.issues import Issue
from accession.vocab import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from accession.catalog.drafts import ExperimentDraft, SampleDraft, SubjectDraft

D = TypeVar("D", bound=msgspec.Struct)

_ALIAS = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,255}")
_REQUIRED_OF_EXPERIMENT = ("platform", "instrument_model", "library_strategy", "library_source", "library_layout")
_LIBRARY_TERMS = (
    Vocabulary.LIBRARY_STRATEGY,
    Vocabulary.LIBRARY_SOURCE,
    Vocabulary.LIBRARY_LAYOUT,
    Vocabulary.LIBRARY_SELECTION,
)
_MAX_PROPERTIES = 65_536


def settle_subject(draft: SubjectDraft) -> tuple[SubjectDraft, list[Issue]]:
    """Check a subject; its terms come back in their canonical spelling."""
    issues = [*alias_issues(draft.alias), *_required(draft, ("organism", "tax_id")), *_tax_issues(draft.tax_id)]
    changes: dict[str, Any] = {}
    if draft.sex is not None:
        _settle_term(Vocabulary.SUBJECT_SEX, "sex", draft.sex, changes, issues)
    if len(msgspec.json.encode(draft.properties)) > _MAX_PROPERTIES:
        issues.append(Issue("too_large", "'properties' may have at most 64 KiB as JSON.", field="properties"))
    return msgspec.structs.replace(draft, **changes), issues


def settle_sample_draft(draft: SampleDraft) -> tuple[SampleDraft, list[Issue]]:
    """Check a sample against its checklist; its values come back as they will be stored."""
    issues = alias_issues(draft.alias)
    checklist = get_checklist(draft.checklist_id) if draft.checklist_id else None
    if checklist is None:
        message = f"{draft.checklist_id!r} is no checklist; GET /checklists lists them all."
        return draft, [*issues, Issue("unknown_checklist", message, field="checklist_id")]
    record = {name: getattr(draft, name) for name in _RECORD_FIELDS}
    clash = sorted(set(draft.custom_fields) & {*_RECORD_FIELDS, "alias", "checklist_id"})
    if clash:
        message = f"{clash[0]!r} is a field of the record itself; give it beside 'custom_fields', not inside."
        return draft, [*issues, Issue("duplicate_field", message, field=f"custom_fields.{clash[0]}")]
    if len(msgspec.json.encode(draft.custom_fields)) > _MAX_PROPERTIES:
        message = "'custom_fields' may have at most 64 KiB as JSON."
        return draft, [*issues, Issue("too_large", message, field="custom_fields")]
    settled = settle_sample(checklist, {**record, **draft.custom_fields})
    issues += settled.issues
    issues += _required(draft, ("organism", "tax_id"), but=issues)
    changes = {**dict.fromkeys(_RECORD_FIELDS), **settled.record, "custom_fields": settled.custom_fields}
    return msgspec.structs.replace(draft, **changes), issues


_RECORD_FIELDS = (
    "organism",
    "tax_id",
    "collection_date",
    "geographic_location",
    "breed",
    "host",
    "tissue",
    "developmental_stage",
    "sex",
)


def settle_experiment(draft: ExperimentDraft) -> tuple[ExperimentDraft, list[Issue]]:
    """Check an experiment against the vocabularies; its terms come back in their canonical spelling."""
    issues = [*alias_issues(draft.alias), *_required(draft, _REQUIRED_OF_EXPERIMENT)]
    changes: dict[str, Any] = {}
    for term in _LIBRARY_TERMS:
        value = getattr(draft, term.value)
        if value:
            _settle_term(term, term.value, value, changes, issues)
    if draft.platform:
        _settle_term(Vocabulary.PLATFORM, "platform", draft.platform, changes, issues)
        platform = changes.get("platform")
        if platform and draft.instrument_model:
            instrument = vocab.canonical_instrument(platform, draft.instrument_model)
            changes["instrument_model"] = instrument
            if instrument is None:
                issues.append(_instrument_issue(platform, draft.instrument_model))
    if draft.insert_size is not None and not 0 < draft.insert_size <= 10_000_000:
        issues.append(Issue("out_of_range", "'insert_size' must be between 1 and 10,000,000 bp.", field="insert_size"))
    return msgspec.structs.replace(draft, **changes), issues


def alias_issues(alias: str | None) -> list[Issue]:
    """What is wrong with an alias: it has 1 to 255 printable characters and no blanks at its ends."""
    if alias is None or (_ALIAS.fullmatch(alias) and alias == alias.strip()):
        return []
    message = "An alias has 1 to 255 printable characters and no blanks at its ends."
    return [Issue("bad_alias", message, field="alias")]


def _required(draft: msgspec.Struct, names: Sequence[str], but: Sequence[Issue] = ()) -> list[Issue]:
    told = {issue.field for issue in but}
    return [
        Issue("missing_required", f"'{name}' is required.", field=name)
        for name in names
        if getattr(draft, name) in (None, "") and name not in told
    ]


def _tax_issues(tax_id: int | None) -> list[Issue]:
    if tax_id is None or 0 < tax_id < 2**31:
        return []
    return [Issue("out_of_range", "'tax_id' must be a positive NCBI taxonomy number.", field="tax_id")]


def _settle_term(vocabulary: Vocabulary, field: str, value: str, changes: dict[str, Any], issues: list[Issue]) -> None:
    found = vocab.canonical(vocabulary, value)
    if found is not None:
        changes[field] = found
        return
    offered = ", ".join(vocab.terms(vocabulary)[:12])
    more = len(vocab.terms(vocabulary)) - 12
    message = f"{value[:80]!r} is not in the vocabulary; expected one of {offered}{f' and {more} more' * (more > 0)}."
    issues.append(Issue("not_in_vocabulary", message, field=field))


def _instrument_issue(platform: str, instrument: str) -> Issue:
    offered = ", ".join(vocab.instruments_of(platform)[:12])
    message = f"{instrument[:80]!r} is not an instrument of {platform}; expected one of {offered}."
    return Issue("instrument_not_of_platform", message, field="instrument_model")


def changed(draft: D, changes: Mapping[str, Any]) -> D:
    """The draft with some fields replaced; `custom_fields` and `properties` are merged, null removes a key."""
    merged = dict(changes)
    for name in ("custom_fields", "properties"):
        if isinstance(merged.get(name), dict):
            both = {**getattr(draft, name), **merged[name]}
            merged[name] = {key: value for key, value in both.items() if value is not None}
        elif name in merged and merged[name] is None:
            merged[name] = {}
    return msgspec.structs.replace(draft, **merged)
