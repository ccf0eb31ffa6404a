"""Names as pipelines take them: without blanks or signs, never a number, and different for different things."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Hashable

LONGEST: Final = 100  # pipelines make file names of it, with endings of their own
_OTHER: Final = re.compile(r"[^A-Za-z0-9_.-]+")
_NO_WORD: Final = re.compile(r"[^A-Za-z0-9_]+")
# What a reader of CSV takes for a number or a truth value, while the pipeline's schema asks for text.
_NO_TEXT: Final = re.compile(r"[+-]?[\d_.]+([Ee][+-]?\d+)?[dDfFlL]?|true|false|null|nan|inf(inity)?|NA", re.IGNORECASE)
_READS: Final = re.compile(r"\.(f(?:ast)?q(?:\.gz)?|bam)$", re.IGNORECASE)


def plain_name(text: str, *, words_only: bool = False) -> str:
    """The text in letters, digits, `_`, `.` and `-`, beginning with a letter or digit; empty where nothing is left.

    With `words_only` it is a word of letters, digits and `_` that begins with a letter and has two characters or more.
    """
    kept = (_NO_WORD if words_only else _OTHER).sub("_", text).strip("_.-")[:LONGEST].rstrip("_.-")
    if not kept:
        return ""
    if _NO_TEXT.fullmatch(kept) or (words_only and (len(kept) < 2 or not kept[0].isalpha())):
        return f"S{kept}" if words_only else f"S_{kept}"
    return kept


def file_name(text: str) -> str:
    """A file's name as it stands in an address: plain, with the usual ending of reads in small letters."""
    kept = _OTHER.sub("_", text).lstrip(".-") or "file"
    return _READS.sub(lambda found: found.group().lower(), kept)


def pair_name(accession: str, name: str) -> str:
    """The name of one of two files that are called the same."""
    return f"{accession}_{name}"


def may_end_in(name: str, *, accession: str, filename: str) -> bool:
    """Whether an address of the run's bytes may end in `name`: its file's own name, or as `file_name` writes it."""
    own = file_name(filename)
    return file_name(name) in {own, pair_name(accession, own)}


class Names:
    """Gives each thing one name, and no other thing the same."""

    def __init__(self, *, words_only: bool = False) -> None:
        self._words_only = words_only
        self._given: dict[Hashable, str] = {}
        self._taken: set[str] = set()

    def name(self, thing: Hashable, wanted: str | None, accession: str) -> str:
        """The name of `thing`: as `wanted`, where that is free; else with its accession, which no other thing has."""
        known = self._given.get(thing)
        if known is not None:
            return known
        own = plain_name(accession, words_only=self._words_only)
        name = plain_name(wanted or "", words_only=self._words_only) or own
        if name in self._taken:
            name = f"{name}_{own}"
        while name in self._taken:
            name += "_x"
        self._taken.add(name)
        self._given[thing] = name
        return name
