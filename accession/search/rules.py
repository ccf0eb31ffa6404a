"""Reads what people type into a search box: words, "phrases", beginnings* and accessions. Pure.

Every other character is data. What is read becomes an expression of FTS5 or of PostgreSQL, built of folded words alone,
so no question can break one. Words are folded as migration 0004 folds the texts.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from accession.errors import Malformed
from accession.ids import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MOST_CHARACTERS = 200
MOST_WORDS = 20
KINDS = {
    "project": Kind.PROJECT,
    "subject": Kind.SUBJECT,
    "sample": Kind.SAMPLE,
    "experiment": Kind.EXPERIMENT,
    "run": Kind.RUN,
}
_SHORTEST_BEGINNING = 2
_KIND_MARK = "\ue000"  # begins the word of FTS5 that tells the kind; no question can hold it
_MARKS = re.compile("([A-Za-z])[\u0300-\u036f]+")
_NUMBERED = re.compile(r"(?P<kind>PRJ|SBJ|SAM|EXP|RUN)-?(?P<digits>[0-9]{1,18})(?:\.[0-9]{1,9})?", re.IGNORECASE)


class Phrase(msgspec.Struct, frozen=True):
    """Words one after the other; with `open` the last one may go on."""

    words: tuple[str, ...]
    open: bool = False


class Term(msgspec.Struct, frozen=True):
    """What must be found: one of its alternatives."""

    alternatives: tuple[Phrase, ...]


class Question(msgspec.Struct, frozen=True):
    """What is looked for: all of its terms. `record` is what it names, where it is nothing but an accession."""

    terms: tuple[Term, ...]
    record: tuple[Kind, int] | None = None


def read_question(text: str, prefix: str) -> Question:
    """Read a question; `Malformed` where it is empty or too long. One without a letter or digit has no terms."""
    if not text.strip():
        raise Malformed("'q' is empty; say what you look for.")
    if len(text) > MOST_CHARACTERS:
        raise Malformed(f"'q' may have at most {MOST_CHARACTERS} characters.")
    terms: list[Term] = []
    record = None
    for chunk, is_open in _chunks(text):
        phrase = Phrase(words_of(chunk))
        if not phrase.words:
            continue
        phrase = Phrase(phrase.words, is_open and len(phrase.words[-1]) >= _SHORTEST_BEGINNING)
        record, numbers = _numbered(chunk, prefix)
        terms.append(Term((*numbers, phrase)))
    if sum(len(term.alternatives[-1].words) for term in terms) > MOST_WORDS:
        raise Malformed(f"'q' may have at most {MOST_WORDS} words.")
    return Question(tuple(terms), record if len(terms) == 1 else None)


def read_kinds(text: str | None) -> tuple[Kind, ...]:
    """Read a list of kinds, parted by commas; all kinds where none is named, `Malformed` for one that is not found."""
    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    for name in names:
        if name not in KINDS:
            raise Malformed(f"'type' has {name[:40]!r}; it may have {', '.join(KINDS)}.")
    return tuple(kind for name, kind in KINDS.items() if name in names or not names)


def _chunks(text: str) -> Iterator[tuple[str, bool]]:
    """The parts of a question, each with whether its last word is only a beginning."""
    pieces = text.split('"')
    closed = len(pieces) - 1 if len(pieces) % 2 else len(pieces) - 2
    for place, piece in enumerate(pieces):
        if place % 2 and place < closed:
            yield piece, False
            continue
        chunks = piece.split()
        for number, chunk in enumerate(chunks, 1):
            last = place == len(pieces) - 1 and number == len(chunks)
            yield chunk.rstrip("*"), last or chunk.endswith("*")


def _numbered(chunk: str, prefix: str) -> tuple[tuple[Kind, int] | None, list[Phrase]]:
    """The record that an accession names, whole or without the archive's prefix, and its words in the index."""
    bare = chunk.strip()
    if bare.upper().startswith(f"{prefix}-"):
        bare = bare[len(prefix) + 1 :]
    match = _NUMBERED.fullmatch(bare)
    if match is None:
        return None, []
    kind, digits = match["kind"].lower(), match["digits"]
    begun = [Phrase((f"{kind}{digits}",), open=True)] if digits.startswith("0") and len(digits) < 6 else []
    if int(digits) == 0:
        return None, begun
    return (Kind(kind.upper()), int(digits)), [Phrase((f"{kind}{int(digits):06d}",)), *begun]


def folded(text: str) -> str:
    """The text in small letters and without diacritics on Latin ones, as both databases fold it."""
    if text.isascii():
        return text.lower()
    bare = unicodedata.normalize("NFC", _MARKS.sub(r"\1", unicodedata.normalize("NFD", text)))
    return "".join(map(_small, bare))


@lru_cache(4096)
def _small(letter: str) -> str:
    one = letter.casefold()
    if len(one) != 1:
        one = letter.lower()
    return one if len(one) == 1 else letter


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text: letters and digits, whatever stands between them."""
    return tuple("".join(letter if _in_word(letter) else " " for letter in folded(text)).split())


@lru_cache(4096)
def _in_word(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LN"


def beginnings(question: Question) -> tuple[str, ...]:
    """The words of a question that may go on."""
    phrases = (phrase for term in question.terms for phrase in term.alternatives)
    return tuple(dict.fromkeys(phrase.words[-1] for phrase in phrases if phrase.open))


def with_endings(question: Question, endings: Mapping[str, Sequence[str]]) -> Question:
    """The question with whole words in place of beginnings whose endings are known."""

    def whole(phrase: Phrase) -> Iterator[Phrase]:
        if not phrase.open or phrase.words[-1] not in endings:
            yield phrase
            return
        for word in endings[phrase.words[-1]] or phrase.words[-1:]:
            yield Phrase((*phrase.words[:-1], word))

    terms = (Term(tuple(one for it in term.alternatives for one in whole(it))) for term in question.terms)
    return Question(tuple(terms), question.record)


def fts5(question: Question, kinds: Sequence[Kind]) -> str:
    """The question as an expression of FTS5."""

    def phrase(it: Phrase) -> str:
        return f'"{" ".join(it.words)}"{" *" if it.open else ""}'

    terms = [f"({' OR '.join(map(phrase, term.alternatives))})" for term in question.terms]
    if len(kinds) < len(KINDS):
        terms.append(f"({' OR '.join(f'{chr(34)}{_KIND_MARK}{kind.lower()}{chr(34)}' for kind in kinds)})")
    return " AND ".join(terms)


def tsquery(question: Question, kinds: Sequence[Kind]) -> str:
    """The question as a `tsquery` of PostgreSQL."""

    def phrase(it: Phrase) -> str:
        return f"({' <-> '.join(f'{chr(39)}{word}{chr(39)}' for word in it.words)}{':*' if it.open else ''})"

    terms = [f"({' | '.join(map(phrase, term.alternatives))})" for term in question.terms]
    if len(kinds) < len(KINDS):
        terms.append(f"({' | '.join(f'{chr(39)}.{kind.lower()}{chr(39)}' for kind in kinds)})")
    return " & ".join(terms)
