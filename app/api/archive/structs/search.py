"""The wire shapes of a search."""

from __future__ import annotations

import msgspec


class HitOut(msgspec.Struct, frozen=True):
    """A record that was found: its name, and a piece of plain text around what was asked for."""

    type: str
    accession: str
    title: str
    snippet: str


class SearchOut(msgspec.Struct, frozen=True):
    """The question, how many records of the caller's answer it, and one page of them."""

    query: str
    total: int
    results: list[HitOut]
