"""The checks of a project's FAIRness are honest: each counts what is there, and nothing scores for what is not."""

from __future__ import annotations

from typing import Any

import pytest

from accession.fair.rules import Facts, Principle, checks_of, score_of
from accession.fair.taxa import agreeing, known_taxa

FULL: dict[str, Any] = {
    "title": "Cattle of the highlands",
    "description": "Whole genomes of twenty animals of three breeds, sampled on farms.",
    "license": "CC-BY-4.0",
    "visibility": "public",
    "external": True,
    **dict.fromkeys(("samples", "with_checklist", "with_origin", "with_runs", "described", "wanting"), 2),
    **dict.fromkeys(("experiments", "in_vocabulary", "selected", "named", "paired", "sized"), 3),
    **dict.fromkeys(("runs", "kept", "summed", "known_format", "valid", "good_quality"), 4),
    "mandatory": 2.0,
    "recommended": 2.0,
    "taxa": (("Bos taurus", 9913, 2),),
}
EMPTY: dict[str, Any] = {"title": "x", "description": "x", "license": None, "visibility": "private", "external": False}


def scores(**facts: Any) -> dict[str, float]:
    return {check.id: check.score for check in checks_of(Facts(**facts))}


def test_a_project_that_lacks_nothing_scores_100_in_every_letter() -> None:
    checks = checks_of(Facts(**FULL))
    assert all(check.passed for check in checks)
    assert {score_of(checks, letter) for letter in (*Principle, None)} == {100.0}


def test_an_empty_project_scores_for_its_accession_alone() -> None:
    checks = checks_of(Facts(**EMPTY))
    assert [check.id for check in checks if check.score] == ["identifiers"]
    assert score_of(checks) < 5
    assert all(check.detail for check in checks)
    assert len({check.id for check in checks}) == len(checks)


@pytest.mark.parametrize(
    ("change", "check", "score"),
    [
        ({"kept": 3}, "files_present", 0.75),
        ({"summed": 1}, "checksums", 0.25),
        ({"valid": 0}, "valid_files", 0),
        ({"known_format": 2}, "formats", 0.5),
        ({"with_runs": 1}, "samples_with_data", 0.5),
        ({"visibility": "embargoed"}, "open_access", 0.75),
        ({"visibility": "private"}, "open_access", 0),
        ({"visibility": "suppressed"}, "open_access", 0.5),
        ({"license": "CC-BY-NC-4.0"}, "license", 0.5),
        ({"license": "CC-BY-ND-4.0"}, "license", 0.5),
        ({"license": "CC0-1.0"}, "license", 1),
        ({"license": "proprietary"}, "license", 0.25),
        ({"title": "Cattle"}, "description", 0.5),
        ({"description": "Cattle of the highlands"}, "description", 0.5),
        ({"mandatory": 1.5}, "mandatory_fields", 0.75),
        ({"recommended": 0.5}, "recommended_fields", 0.25),
        ({"external": False, "linked_out": 5}, "external_accessions", 0.5),
        ({"taxa": (("Bos taurus", 9913, 1), ("Bos taurus", 9606, 1))}, "taxonomy", 0.5),
        ({"in_vocabulary": 0}, "vocabularies", 0),
        ({"sized": 0}, "experiments_described", 0.6667),
        ({"paired": 0, "sized": 0}, "experiments_described", 1),
        ({"with_origin": 1}, "origin", 0.5),
        ({"good_quality": 2}, "quality", 0.5),
        ({"with_checklist": 1}, "checklists", 0.5),
    ],
)
def test_each_check_moves_with_what_it_counts_and_no_other(change: dict[str, Any], check: str, score: float) -> None:
    before, after = scores(**FULL), scores(**(FULL | change))
    assert after[check] == score
    assert {name for name in after if after[name] != before[name]} <= {check}


def test_what_no_checklist_recommends_weighs_nothing() -> None:
    checks = checks_of(Facts(**(FULL | {"recommended": 0, "wanting": 0})))
    (check,) = [check for check in checks if check.id == "recommended_fields"]
    assert (check.weight, score_of(checks)) == (0, 100.0)


def test_the_whole_is_the_weighted_mean_of_the_checks() -> None:
    checks = checks_of(Facts(**(FULL | {"valid": 0, "kept": 2})))
    total = sum(check.weight for check in checks)
    lost = sum(check.weight * (1 - check.score) for check in checks)
    assert score_of(checks) == round(100 - 100 * lost / total, 1)


@pytest.mark.parametrize(
    ("taxa", "good"),
    [
        ([("Bos taurus", 9913, 3), ("bos  TAURUS", 9913, 1)], 4),
        ([("Homo sapiens", 9913, 2)], 0),
        ([("A beetle", 9606, 2)], 0),
        ([("Nobodys beetle", 777_777, 2)], 2),
        ([("Nobodys beetle", 777_777, 3), ("Nobodys beetle", 777_778, 1)], 3),
        ([("Nobodys beetle", 777_777, 3), ("Nobodys bug", 777_777, 1)], 3),
        ([("Bos taurus", None, 1), (None, 9913, 1), (None, None, 1)], 0),
        ([], 0),
    ],
)
def test_an_organism_agrees_with_its_taxon_unless_something_here_knows_better(taxa: Any, good: int) -> None:
    assert agreeing(taxa) == good


def test_the_table_of_organisms_gives_each_one_taxon() -> None:
    assert len(set(known_taxa().values())) == len(known_taxa())
    assert known_taxa()["homo sapiens"] == 9606
