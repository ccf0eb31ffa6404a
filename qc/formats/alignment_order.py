"""Checks that alignments are in the order that their header claims (SAM specification 1.6, section 1.3, SO and SS)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from qc.formats.base import shown
from qc.formats.sam_record import where

if TYPE_CHECKING:
    from qc.formats.base import FindingLog
    from qc.formats.sam_header import SamHeader

RUNS = re.compile(rb"0*([0-9]+)|([^0-9]+)")
COLLATIONS = {"": ("lexicographical", "natural"), "natural": ("natural",), "lexicographical": ("lexicographical",)}
NO_REFERENCE = 1 << 31
ZERO = ord("0")
LONGEST_NAME = 254


class OrderCheck:
    """Compares each record with the one before it.

    Names may be in the order of their bytes (picard) or in that of the numbers in them (samtools): only where neither
    holds is the order wrong.
    """

    def __init__(self, header: SamHeader, findings: FindingLog) -> None:
        self.by_coordinate = header.sort_order == "coordinate"
        self.broken = False
        self._by_name = header.sort_order == "queryname"
        self._possible = set(COLLATIONS.get(header.sub_sort, ()))
        self._findings = findings
        self._last_place = (-1, -1)
        self._last_name = b""

    @property
    def by_name(self) -> bool:
        """Whether names still need to be compared."""
        return self._by_name and bool(self._possible)

    def take(self, name: bytes, reference: int, position: int, place: dict[str, Any]) -> None:
        """Takes the next record: index of its reference (negative: none) and 0-based position (-1: none)."""
        if self.by_coordinate:
            here = (reference if reference >= 0 else NO_REFERENCE, position)
            if here < self._last_place:
                self._out_of_order("coordinate", place)
            self._last_place = here
        elif self.by_name:
            self._take_name(name, place)

    def _take_name(self, name: bytes, place: dict[str, Any]) -> None:
        name = name[:LONGEST_NAME]
        last, self._last_name = self._last_name, name
        if name == last or not last:
            return
        if name < last:
            self._possible.discard("lexicographical")
        if "natural" in self._possible and natural_key(name) < natural_key(last):
            self._possible.discard("natural")
        if not self._possible:
            self._out_of_order("queryname", place, shown(name))

    def _out_of_order(self, order: str, place: dict[str, Any], found: str | None = None) -> None:
        self.broken = True
        message = f"The header says sorted by {order} but the record {where(place)} comes before the one above it."
        self._findings.error("not_sorted", message, found=found, **place)


def natural_key(name: bytes) -> list[tuple[int, int, bytes]]:
    """Orders names by their text and by the value of the numbers in them, as samtools does."""
    key = []
    for found in RUNS.finditer(name):
        digits, text = found.groups()
        if digits:
            key.append((ZERO, len(digits), digits))
        else:
            key.append((text[0], 0, text + b"0" if found.end() < len(name) else text))
    return key
