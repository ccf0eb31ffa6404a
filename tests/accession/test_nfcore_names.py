"""Names for pipelines: plain, never a number, never two alike."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accession.nfcore.names import Names, file_name, may_end_in, plain_name

WORD = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@pytest.mark.parametrize(
    ("text", "name", "word"),
    [
        ("cow-1-blood", "cow-1-blood", "cow_1_blood"),
        (" cow  1\tblood ", "cow_1_blood", "cow_1_blood"),
        ("=cmd|' /C calc'!A0", "cmd_C_calc_A0", "cmd_C_calc_A0"),
        ("../../etc", "etc", "etc"),
        ("12", "S_12", "S12"),
        ("1e5", "S_1e5", "S1e5"),
        ("true", "S_true", "Strue"),
        ("NA", "S_NA", "SNA"),
        ("a", "a", "Sa"),
        ("7up", "7up", "S7up"),
        ("牛", "", ""),
        ("x" * 300, "x" * 100, "x" * 100),
    ],
)
def test_a_name_is_made_plain(text: str, name: str, word: str) -> None:
    assert plain_name(text) == name
    assert plain_name(text, words_only=True) == word


@given(st.text(max_size=30))
def test_a_name_is_empty_or_what_every_pipeline_takes(text: str) -> None:
    name, word = plain_name(text), plain_name(text, words_only=True)
    assert not name or PLAIN.fullmatch(name)
    assert not word or WORD.fullmatch(word)


@given(aliases=st.lists(st.text(alphabet="ab _-.1", max_size=3), max_size=20), words=st.booleans())
def test_no_two_things_have_one_name_and_each_keeps_its_own(aliases: list[str], *, words: bool) -> None:
    names = Names(words_only=words)
    given_names = [names.name(n, alias, f"NFDP-SAM-{n:06d}") for n, alias in enumerate(aliases, start=1)]
    assert len(set(given_names)) == len(aliases)
    assert [names.name(n, alias, "") for n, alias in enumerate(aliases, start=1)] == given_names
    assert all((WORD if words else PLAIN).fullmatch(name) for name in given_names)


def test_a_name_that_is_taken_gets_the_accession() -> None:
    names = Names()
    assert names.name(1, "a b", "NFDP-SAM-000001") == "a_b"
    assert names.name(2, "a_b", "NFDP-SAM-000002") == "a_b_NFDP-SAM-000002"
    assert names.name(3, None, "NFDP-SAM-000003") == "NFDP-SAM-000003"


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("S1_R1.fastq.gz", "S1_R1.fastq.gz"),
        ("αβ x.FASTQ.GZ", "_x.fastq.gz"),
        ("a,b;c.fq.gz", "a_b_c.fq.gz"),
        ("50%.bam", "50_.bam"),
        ("-.-", "file"),
    ],
)
def test_a_files_name_stands_in_an_address_without_any_encoding(filename: str, name: str) -> None:
    assert file_name(filename) == name
    assert may_end_in(name, accession="R", filename=filename)
    assert may_end_in(filename, accession="R", filename=filename)
    assert may_end_in(f"R_{name}", accession="R", filename=filename)
    assert not may_end_in(f"other_{name}", accession="R", filename=filename)
