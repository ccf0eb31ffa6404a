"""Whether organisms agree with their NCBI taxa: with a table of common ones, and with the rest of their project."""

from __future__ import annotations

from collections import Counter
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

K = TypeVar("K")
V = TypeVar("V")


@cache
def known_taxa() -> dict[str, int]:
    """Folded scientific name → NCBI taxon, of common organisms."""
    raw = (resources.files("accession") / "fair" / "taxa.json").read_bytes()
    return {_folded(name): taxon for name, taxon in msgspec.json.decode(raw, type=dict[str, int]).items()}


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def agreeing(taxa: Sequence[tuple[str | None, int | None, int]]) -> int:
    """How many samples of (organism, tax_id, samples) agree.

    A pair agrees unless the table knows better, or the project more often gives the name another taxon or the taxon
    another name. Whether an organism that is in neither is what its taxon says is not known here.
    """
    pairs = [(_folded(name), taxon, count) for name, taxon, count in taxa if name and taxon]
    usual_taxon = _usual([(name, taxon, count) for name, taxon, count in pairs])
    usual_name = _usual([(taxon, name, count) for name, taxon, count in pairs])
    names = {taxon: name for name, taxon in known_taxa().items()}
    good = 0
    for name, taxon, count in pairs:
        expected = known_taxa().get(name)
        own = names.get(taxon)
        contradicts = (expected or taxon) != taxon or (own is not None and not name.startswith(own))
        if not contradicts and usual_taxon[name] == taxon and usual_name[taxon] == name:
            good += count
    return good


def _usual(triples: Sequence[tuple[K, V, int]]) -> dict[K, V]:
    """The value that most of a key's samples have."""
    counted: dict[K, Counter[V]] = {}
    for key, value, count in triples:
        counted.setdefault(key, Counter())[value] += count
    return {key: found.most_common(1)[0][0] for key, found in counted.items()}
