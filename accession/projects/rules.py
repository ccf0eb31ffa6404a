"""The rules of a project: its type and licence are terms, its titles are text. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from accession import vocab
from accession.issues import Issue
from accession.moves import opening_issues
from accession.vocab import Vocabulary


class ProjectDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What is submitted to make a project. `visibility` None leaves it to the archive's default, a draft is private."""

    title: str
    description: str
    project_type: str
    alias: str | None = None
    organisation: str | None = None
    release_date: date | None = None
    license: str = vocab.DEFAULT_LICENCE
    ena_accession: str | None = None
    ncbi_accession: str | None = None
    visibility: str | None = None
    draft: bool = False


def settle_project(draft: ProjectDraft) -> tuple[ProjectDraft, list[Issue]]:
    """Check a project; its terms come back in their canonical spelling."""
    issues = [
        Issue("missing_required", f"'{name}' must not be empty.", field=name)
        for name in ("title", "description")
        if not getattr(draft, name).strip()
    ]
    changes: dict[str, Any] = {}
    for vocabulary, name in ((Vocabulary.PROJECT_TYPE, "project_type"), (Vocabulary.LICENCE, "license")):
        found = vocab.canonical(vocabulary, getattr(draft, name))
        if found is None:
            offered = ", ".join(vocab.terms(vocabulary)[:16])
            message = f"{getattr(draft, name)[:80]!r} is not a known {name}; expected one of {offered}."
            issues.append(Issue("not_in_vocabulary", message, field=name))
        else:
            changes[name] = found
    issues += opening_issues(draft=draft.draft, visibility=draft.visibility)
    if (draft.draft or draft.visibility == "private") and draft.release_date is not None:
        message = "A private project has no 'release_date'; release it with one when it is ready."
        issues.append(Issue("contradiction", message, field="release_date"))
    return msgspec.structs.replace(draft, **changes), issues
