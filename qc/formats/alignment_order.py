"""Checks that alignments are in the order that their header claims (SAM specification 1.6, section 1.3, SO and SS)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from qc.formats.sam_record import subject

if TYPE_CHECKING:
    from qc.formats.base import FindingLog
    from qc.formats.sam_header import SamHeader

Numbers = np.ndarray[Any, np.dtype[np.int64]]
Marks = np.ndarray[Any, np.dtype[np.bool_]]

RUNS = re.compile(rb"0*([0-9]+)|([^0-9]+)")
COLLATIONS = {"": ("lexicographical", "natural"), "natural": ("natural",), "lexicographical": ("lexicographical",)}
NO_REFERENCE = 1 << 29
KEY_BITS, LOWEST = 33, 1 << 31
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
        self._last_place = 0
        self._last_name = b""
        self._last_key: list[tuple[int, int, bytes]] = []

    @property
    def by_name(self) -> bool:
        """Whether names still need to be compared."""
        return self._by_name and bool(self._possible)

    def take(self, name: bytes, reference: int, position: int, place: dict[str, Any]) -> None:
        """Takes the next record: index of its reference (negative: none) and 0-based position (-1: none)."""
        if self.by_coordinate:
            here = place_key(reference, position)
            if here < self._last_place:
                self.report(place)
            self._last_place = here
        elif self.by_name and self._name_is_wrong(name):
            self.report(place, name)

    def wrong(self, references: Numbers, positions: Numbers, names: list[bytes]) -> Marks:
        """Which of many records, that come next, are out of order. `names` may be empty where they do not matter."""
        marks: Marks = np.zeros(len(references), np.bool_)
        if self.by_coordinate and len(references):
            keys = (
                np.where((references < 0) | (references > NO_REFERENCE), NO_REFERENCE, references) << KEY_BITS
                | positions + 1 + LOWEST
            )
            marks = keys < np.append(self._last_place, keys[:-1])
            self._last_place = int(keys[-1])
        for index, name in enumerate(names):
            if self.by_name:
                marks[index] = self._name_is_wrong(name)
        return marks

    def report(self, place: dict[str, Any], name: bytes | None = None) -> None:
        """Logs that the record at this place is out of order."""
        self.broken = True
        order = "coordinate" if self.by_coordinate else "queryname"
        message = f"{subject(place)} comes before the one above it, but the header says sorted by {order}."
        self._findings.error("not_sorted", message, found=name, **place)

    def _name_is_wrong(self, name: bytes) -> bool:
        name = name[:LONGEST_NAME]
        last, self._last_name = self._last_name, name
        if name == last:
            return False
        if name < last:
            self._possible.discard("lexicographical")
        if "natural" in self._possible:
            last_key, self._last_key = self._last_key, natural_key(name)
            if self._last_key < last_key:
                self._possible.discard("natural")
        return not self._possible


def place_key(reference: int, position: int) -> int:
    """Orders places by reference and position; those without a reference come last."""
    return (reference if 0 <= reference <= NO_REFERENCE else NO_REFERENCE) << KEY_BITS | position + 1 + LOWEST


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
