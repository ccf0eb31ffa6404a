"""The controlled terms: what is in them, how they are matched, and what follows from one another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from accession import vocab
from accession.vocab import Vocabulary

FACTS = Path(__file__).parents[2] / ".." / "shared" / "facts" / "sra_vocabularies.json"


def test_a_term_is_found_whatever_its_case_and_answered_in_its_canonical_spelling():
    assert vocab.canonical(Vocabulary.PLATFORM, " illumina ") == "ILLUMINA"
    assert vocab.canonical(Vocabulary.LIBRARY_STRATEGY, "rna-seq") == "RNA-Seq"
    assert vocab.canonical(Vocabulary.LIBRARY_SELECTION, "POLYA") == "PolyA"
    assert vocab.canonical("project_type", "metagenomics") == "Metagenomics"


def test_a_term_that_is_not_in_a_vocabulary_is_none():
    assert vocab.canonical(Vocabulary.PLATFORM, "ILUMINA") is None
    assert vocab.canonical(Vocabulary.SUBJECT_SEX, "") is None


def test_every_platform_has_unspecified_and_a_foreign_instrument_does_not_belong():
    for platform in vocab.terms(Vocabulary.PLATFORM):
        assert vocab.instrument_belongs(platform, "unspecified")
    assert vocab.instrument_belongs("illumina", "illumina novaseq 6000")
    assert not vocab.instrument_belongs("ILLUMINA", "MinION")
    assert not vocab.instrument_belongs("NO_SUCH_PLATFORM", "unspecified")


def test_the_platforms_and_strategies_beyond_sra_are_known():
    assert vocab.instrument_belongs("SNP_CHIP", "Illumina iScan")
    assert vocab.instrument_belongs("HI_C", "Illumina NovaSeq 6000")
    for strategy in ("GENOTYPING", "TARGETED", "OTHER"):
        assert vocab.canonical(Vocabulary.LIBRARY_STRATEGY, strategy) == strategy


def test_an_instrument_tells_its_platform_unless_several_have_it():
    assert vocab.platform_of("minion") == "OXFORD_NANOPORE"
    assert vocab.platform_of("unspecified") is None
    assert vocab.platform_of("Illumina HiScanSQ") is None


@pytest.mark.parametrize(
    ("strategy", "source"),
    [
        ("WGS", "GENOMIC"),
        ("rna-seq", "TRANSCRIPTOMIC"),
        ("AMPLICON", "METAGENOMIC"),
        ("snRNA-seq", "TRANSCRIPTOMIC SINGLE CELL"),
        ("no such strategy", None),
    ],
)
def test_a_source_follows_from_the_strategy(strategy, source):
    assert vocab.source_for(strategy) == source


def test_every_strategy_has_a_source_that_is_a_term():
    sources = {vocab.source_for(strategy) for strategy in vocab.terms(Vocabulary.LIBRARY_STRATEGY)}
    assert sources <= set(vocab.terms(Vocabulary.LIBRARY_SOURCE))


@pytest.mark.parametrize(
    ("written", "licence"),
    [
        ("CC-BY-4.0", "CC-BY-4.0"),
        ("cc by 4.0", "CC-BY-4.0"),
        ("CC0", "CC0-1.0"),
        ("https://creativecommons.org/licenses/by-nc-sa/4.0/", "CC-BY-NC-SA-4.0"),
        ("Creative Commons Attribution 4.0 International", "CC-BY-4.0"),
        ("odbl-1.0", "ODbL-1.0"),
        ("all rights reserved", None),
    ],
)
def test_a_licence_is_known_by_its_spdx_id_and_by_its_usual_names(written, licence):
    assert vocab.canonical(Vocabulary.LICENCE, written) == licence


def test_the_default_licence_is_a_term_and_the_enums_equal_their_vocabularies():
    assert vocab.canonical(Vocabulary.LICENCE, vocab.DEFAULT_LICENCE) == vocab.DEFAULT_LICENCE
    assert tuple(vocab.ProjectType) == vocab.terms(Vocabulary.PROJECT_TYPE)
    assert tuple(vocab.LibraryLayout) == vocab.terms(Vocabulary.LIBRARY_LAYOUT)
    assert tuple(vocab.FileType) == vocab.terms(Vocabulary.FILE_TYPE)


def test_no_term_of_the_published_vocabularies_is_missing():
    if not FACTS.exists():
        return
    facts = json.loads(FACTS.read_text())
    for platform, instruments in facts["platform_instruments"].items():
        assert all(vocab.instrument_belongs(platform, instrument) for instrument in instruments)
    for name in ("library_strategy", "library_source", "library_selection", "library_layout"):
        assert set(facts[name]) <= set(vocab.terms(Vocabulary(name)))
