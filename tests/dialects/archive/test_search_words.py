"""Both databases cut and fold words alike, and no question breaks a search, whatever it is."""

# ruff: noqa: RUF001  # letters of other scripts are what is tested

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from accession.errors import Malformed
from accession.search.rules import MOST_WORDS, fts5, read_kinds, read_question, tsquery, words_of
from accession.search.snippets import MOST, snippet
from tests.dialects.archive.records import make_project, make_sample
from tests.dialects.archive.test_search import found

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
STORED_AND_ASKED = {
    "MÜLLER": "müller muller Müller MULLER mu\u0308ller",
    "Ångström": "angstrom ANGSTRÖM a\u030angstro\u0308m",
    "résumé": "resume RÉSUMÉ",
    "re\u0301sume\u0301": "résumé resume",
    "Nguyễn": "nguyen NGUYỄN",
    "ŁÓDŹ": "łódź łodz",
    "Ørsted": "ørsted ØRSTED",
    "Straße": "straße STRAẞE",
    "ΑΘΗΝΑ": "αθηνα ΑΘΗΝΑ",
    "Москва": "москва МОСКВА",
    "Йошкар": "йошкар",
    "牛の肝臓": "牛の肝臓 牛の",
    "HbA1c": "hba1c",
    "covid-19": "covid 19 covid-19 covid--19 covid_19",
    "5′UTR": "5 utr 5′utr",
    "x²": "x²",
    "a–b": "a–b",
    "co\u00a0op": '"co op"',
    "it's": "it's s",
    "ﬁsh": "ﬁsh",
    "🐄cow": "cow 🐄cow",
    "10.1093/nar": "10.1093/nar nar",
}


async def test_words_are_folded_alike(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    for stored, asked in STORED_AND_ASKED.items():
        sample = await make_sample(api, alice, project, tissue=stored)
        for question in [asked] if asked.startswith('"') else asked.split():
            assert (await found(api, question, per_page=1)) == [sample], question
        assert await found(api, f"{stored}zz") == []


HOSTILE = (
    '"',
    '""""',
    "*",
    "**a",
    "a* *b",
    "AND OR NOT NEAR",
    "NEAR(a b, 2)",
    "title:x",
    "{text}: x",
    "^x",
    "a + b",
    "a-b",
    "'; DROP TABLE samples; --",
    "a & b | !c <-> d:*",
    "\\'\\\\",
    "(((",
    ")",
    "''",
    ":*",
    "a:A",
    "\ue000sam",
    ".sam",
    "\ud7ff\uffff\U0010ffff",
    "%00%",
    "😀",
    "-" * 200,
    "\u0301\u0301",
    "a\u0301" * 90,
    "NFDP-SAM-",
    "NFDP-SAM-000000",
    "NFDP-SAM-999999999999999999",
    "SAM-9999999999999999999",
    "\t\r\n a",
)


async def test_no_question_breaks_a_search(api: httpx.AsyncClient) -> None:
    for question in HOSTILE:
        answer = await api.get("/api/v1/search", params={"q": question})
        assert answer.status_code == 200, (question, answer.text)
        assert answer.json()["query"] == question


def questions() -> st.SearchStrategy[str]:
    """Texts of any characters, with those that mean something to a database or to a search more often."""
    alphabet = st.one_of(st.sampled_from("aZ09\"'*()&|!:<->^{}+-.\\%_ ~,;\ue000\u0301é"), st.characters(codec="utf-8"))
    return st.text(alphabet, min_size=1, max_size=60)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=questions(), stored=questions())
@example(asked="a" * 255, stored="a")
async def test_any_text_can_be_asked_of_a_database(asked: str, stored: str, wiring: Wiring, database: str) -> None:
    try:
        question = read_question(asked, "NFDP")
    except Malformed:
        return
    if not question.terms:
        return
    kinds = read_kinds("sample,run")
    held = stored.replace("\x00", " ")

    async with wiring.engines.read.connect() as connection:
        if database == "sqlite":
            statement = "SELECT count(*) FROM search_words WHERE search_words MATCH :q"
            await connection.execute(text(statement), {"q": fts5(question, kinds)})
            return
        statement = "SELECT search_words(CAST(:held AS text)) @@ CAST(:q AS tsquery)"
        await connection.execute(text(statement), {"q": tsquery(question, kinds), "held": held})
        cut = "SELECT tsvector_to_array(search_words(CAST(:held AS text)))"
        lexemes = (await connection.execute(text(cut), {"held": held})).scalar_one()
        assert set(lexemes) == set(words_of(held))


@given(line=st.text(max_size=600), asked=questions())
def test_a_snippet_is_short_and_of_the_text(line: str, asked: str) -> None:
    try:
        question = read_question(asked, "NFDP")
    except Malformed:
        return
    piece = snippet(line, question)
    assert len(piece) <= MOST
    told = " · ".join(" ".join(part.split()) for part in line.split("\n") if part.strip())
    assert piece.strip("…") in told or piece == ""


def test_a_snippet_shows_what_was_asked_for() -> None:
    words = [f"word{n}" for n in range(900)]
    for n in (0, 5, 400, 899):
        assert f"word{n}" in snippet(" ".join(words), read_question(f'"word{n}"', "NFDP"))


def test_a_question_has_at_most_twenty_words() -> None:
    assert len(read_question("a " * MOST_WORDS, "NFDP").terms) == MOST_WORDS
