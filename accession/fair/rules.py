"""The checks of a project's FAIRness: pure functions of what was counted, each with its weight and its evidence."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from accession.fair.taxa import agreeing

if TYPE_CHECKING:
    from collections.abc import Sequence

_OPEN_LICENCES: Final = (
    *("CC0-", "CC-BY-", "PDDL-", "ODC-By-", "ODbL-", "CDLA-"),
    *("Apache-", "MIT", "BSD-", "GPL-", "etalab-", "OGL-"),
)
_RESTRICTED: Final = ("-NC", "-ND")
_LEAST_TITLE, _LEAST_DESCRIPTION = (10, 2), (50, 8)  # characters, words


class Principle(StrEnum):
    """The four letters."""

    FINDABLE = "F"
    ACCESSIBLE = "A"
    INTEROPERABLE = "I"
    REUSABLE = "R"


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted of a project, among the records that the caller may see.

    `visibility` is public, embargoed, suppressed or private. Counts of samples, experiments and runs are of those that
    have the thing; `taxa` are (organism, tax_id, samples). `mandatory` and `recommended` are shares of filled fields,
    summed over the `described` samples that were looked at; `wanting` of them have a checklist that recommends any.
    """

    title: str
    description: str
    license: str | None
    visibility: str
    external: bool
    samples: int = 0
    with_checklist: int = 0
    with_origin: int = 0
    with_runs: int = 0
    taxa: tuple[tuple[str | None, int | None, int], ...] = ()
    experiments: int = 0
    in_vocabulary: int = 0
    selected: int = 0
    named: int = 0
    paired: int = 0
    sized: int = 0
    runs: int = 0
    kept: int = 0
    summed: int = 0
    known_format: int = 0
    valid: int = 0
    good_quality: int = 0
    linked_out: int = 0
    mandatory: float = 0
    recommended: float = 0
    described: int = 0
    wanting: int = 0


class Check(msgspec.Struct, frozen=True):
    """One check: `count` of `of` things hold it, for a `score` from 0 to 1; `weight` is its part of the whole."""

    id: str
    principle: Principle
    title: str
    weight: int
    score: float
    detail: str
    count: int
    of: int

    @property
    def passed(self) -> bool:
        """Whether nothing is left to do."""
        return self.score >= 1


_F, _A, _I, _R = Principle
_ABOUT: Final = {
    "identifiers": (_F, "Persistent accessions", 1),
    "description": (_F, "An informative title and description", 2),
    "mandatory_fields": (_F, "Mandatory fields of the checklists", 3),
    "external_accessions": (_F, "Links to ENA or NCBI", 1),
    "files_present": (_A, "Files kept here", 3),
    "samples_with_data": (_A, "Samples with data", 2),
    "open_access": (_A, "Public, or with a day", 2),
    "checksums": (_A, "Checksums", 2),
    "formats": (_I, "Open formats", 2),
    "valid_files": (_I, "Valid files", 3),
    "taxonomy": (_I, "Organisms and taxa agree", 2),
    "vocabularies": (_I, "Terms of SRA and ENA", 2),
    "checklists": (_I, "Checklists used", 1),
    "license": (_R, "An open licence", 3),
    "recommended_fields": (_R, "Recommended fields of the checklists", 2),
    "origin": (_R, "Where and when", 2),
    "experiments_described": (_R, "Libraries described", 2),
    "quality": (_R, "Quality known", 1),
}
"""Each check: its letter, its title and its weight."""


def checks_of(facts: Facts) -> list[Check]:
    """Every check, in the order of the letters."""
    return [*_findable(facts), *_accessible(facts), *_interoperable(facts), *_reusable(facts)]


def score_of(checks: Sequence[Check], principle: Principle | None = None) -> float:
    """The weighted mean of the checks, of one letter or of all, from 0 to 100."""
    counted = [check for check in checks if principle in {None, check.principle}]
    weights = sum(check.weight for check in counted)
    return round(100 * sum(check.weight * check.score for check in counted) / weights, 1) if weights else 0.0


def _share(count: float, of: int) -> float:
    return count / of if of else 0.0


def _check(name: str, score: float, detail: str, count: int, of: int) -> Check:
    letter, title, weight = _ABOUT[name]
    return Check(name, letter, title, weight, round(score, 4), detail, count, of)


def _counted(name: str, count: int, of: int, nouns: str, holding: str) -> Check:
    """A check whose score is the share of things that hold it."""
    detail = f"{count:,} of {of:,} {nouns} {holding}." if of else f"There are no {nouns} yet."
    return _check(name, _share(count, of), detail, count, of)


def _filled(name: str, filled: float, of: int, kind: str) -> Check:
    """A check of checklists: the mean share of filled fields; a term for a missing value fills nothing."""
    share = _share(filled, of)
    detail = f"Of the {kind} fields {share:.0%} are filled, on average of {of:,} samples."
    return _check(name, share, detail if of else f"No sample has {kind} fields yet.", round(filled), of)


def _findable(facts: Facts) -> list[Check]:
    records = 1 + facts.samples + facts.experiments + facts.runs
    title = _long_enough(facts.title, *_LEAST_TITLE)
    same = facts.description.strip() == facts.title.strip()
    description = _long_enough(facts.description, *_LEAST_DESCRIPTION) and not same
    least = "10 characters in 2 words for a title, 50 in 8 for a description"
    short = " and ".join(["title"] * (not title) + ["description"] * (not description))
    told = f"Too short or the same: {short}; wanted are {least}." if short else "Both are informative."
    links = records if facts.external else facts.linked_out
    where = (
        "The project names its accession there." if facts.external else f"{links:,} of {records:,} records name one."
    )
    return [
        _counted("identifiers", records, records, "records", "have an accession"),
        _check("description", (title + description) / 2, told, title + description, 2),
        _filled("mandatory_fields", facts.mandatory, facts.described, "mandatory"),
        _check("external_accessions", _share(links, records), where, links, records),
    ]


def _long_enough(text: str, characters: int, words: int) -> bool:
    return len(text.strip()) >= characters and len(text.split()) >= words


_OPENNESS: Final = {
    "public": (1.0, "Everyone may read it."),
    "embargoed": (0.75, "It opens by itself on its release date."),
    "suppressed": (0.5, "It answers by accession, but is not listed."),
    "private": (0.0, "It is private, and no day is set on which it opens."),
}


def _accessible(facts: Facts) -> list[Check]:
    openness, told = _OPENNESS[facts.visibility]
    return [
        _counted("files_present", facts.kept, facts.runs, "runs", "have a file that is kept here and was found good"),
        _counted("samples_with_data", facts.with_runs, facts.samples, "samples", "have a run with such a file"),
        _check("open_access", openness, told, int(openness > 0), 1),
        _counted("checksums", facts.summed, facts.runs, "runs", "have an MD5 and a SHA-256 that were taken here"),
    ]


def _interoperable(facts: Facts) -> list[Check]:
    agree, named = agreeing(facts.taxa), sum(count for _, _, count in facts.taxa)
    terms = "name platform, instrument and library by terms of SRA and ENA"
    return [
        _counted("formats", facts.known_format, facts.runs, "runs", "are in an open format"),
        _counted("valid_files", facts.valid, facts.runs, "runs", "were checked whole and found valid"),
        _counted("taxonomy", agree, named, "samples", "name an organism that nothing known here says is another taxon"),
        _counted("vocabularies", facts.in_vocabulary, facts.experiments, "experiments", terms),
        _counted("checklists", facts.with_checklist, facts.samples, "samples", "are described by a checklist"),
    ]


def _reusable(facts: Facts) -> list[Check]:
    of = facts.experiments
    shares = [_share(facts.selected, of), _share(facts.named, of)]
    shares += [_share(facts.sized, facts.paired)] if facts.paired else []
    libraries = (
        f"Of {of:,} experiments {facts.selected:,} tell the selection and {facts.named:,} the name of the library; "
        f"{facts.sized:,} of {facts.paired:,} paired ones tell the insert size."
    )
    least = min(facts.selected, facts.named, facts.sized + of - facts.paired)
    licence, told = _licence(facts.license)
    return [
        _check("license", licence, told, int(licence >= 1), 1),
        _recommended(facts),
        _counted("origin", facts.with_origin, facts.samples, "samples", "tell where and when they were taken"),
        _check("experiments_described", sum(shares) / len(shares), libraries, least, of),
        _counted("quality", facts.good_quality, facts.runs, "runs", "passed QC, or with warnings"),
    ]


def _recommended(facts: Facts) -> Check:
    """Like `_filled`; where no checklist recommends anything it weighs nothing."""
    check = _filled("recommended_fields", facts.recommended, facts.wanting, "recommended")
    if facts.wanting or not facts.described:
        return check
    return msgspec.structs.replace(check, weight=0, score=1.0, detail="These checklists recommend no fields.")


def _licence(licence: str | None) -> tuple[float, str]:
    if not licence:
        return 0.0, "No licence is given."
    if any(part in licence for part in _RESTRICTED):
        return 0.5, f"{licence} forbids some uses."
    if licence.startswith(_OPEN_LICENCES):
        return 1.0, f"{licence} allows reuse."
    return 0.25, f"{licence} is not known as an open licence."
