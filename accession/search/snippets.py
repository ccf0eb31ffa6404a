"""Cuts a short piece out of a record's text, around the first word that a question asks for. Pure.

A piece is plain text of fields that everybody sees who sees the record; nothing marks the hit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from accession.search.rules import folded

if TYPE_CHECKING:
    from accession.search.rules import Phrase, Question

MOST = 200
READ = 10_000  # characters of a text that are looked through
_BEFORE = 60
_WORD = re.compile("[^\\W_][^\\W_\u0300-\u036f]*(?:[\u0300-\u036f]+[^\\W_]*)*")


def snippet(text: str, question: Question) -> str:
    """At most 200 characters of a text whose lines are fields; from its beginning where nothing is hit."""
    line = " · ".join(" ".join(part.split()) for part in text.split("\n") if part.strip())
    hit = _hit(line, question)
    start = 0
    if hit > _BEFORE and len(line) > MOST:
        start = min(hit - _BEFORE, max(0, len(line) - MOST + 1))
        blank = line.find(" ", start, hit)
        start = blank + 1 if blank >= 0 else start
    before = "…" if start else ""
    if len(line) - start <= MOST - len(before):
        return before + line[start:]
    end = start + MOST - len(before) - 1
    blank = line.rfind(" ", max(start, hit + 1), end + 1)
    return f"{before}{line[start : blank if blank > start else end].rstrip()}…"


def _hit(line: str, question: Question) -> int:
    """Where the first word stands that the question asks for; 0 where there is none."""
    asked = [phrase for term in question.terms for phrase in term.alternatives]
    for match in _WORD.finditer(line):
        word = folded(match.group())
        if any(_begins(phrase, word) for phrase in asked):
            return match.start()
    return 0


def _begins(phrase: Phrase, word: str) -> bool:
    """Whether a phrase may begin with this word."""
    first = phrase.words[0]
    return word.startswith(first) if phrase.open and len(phrase.words) == 1 else word == first
