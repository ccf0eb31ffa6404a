"""Counts alignments by their FLAG bits (SAM specification 1.6, section 1.4)."""

from __future__ import annotations

from typing import Any

PAIRED, UNMAPPED, SECONDARY, DUPLICATE, SUPPLEMENTARY = 0x1, 0x4, 0x100, 0x400, 0x800


class AlignmentTally:
    """Sums over the records of a SAM, BAM or CRAM file."""

    def __init__(self) -> None:
        self.records = 0
        self.bases = 0
        self.unmapped = 0
        self.paired = 0
        self.duplicates = 0
        self.secondary = 0
        self.supplementary = 0

    def add(self, flag: int, bases: int) -> None:
        """Adds one record."""
        self.records += 1
        self.bases += bases
        self.unmapped += flag & UNMAPPED != 0
        self.paired += flag & PAIRED != 0
        self.duplicates += flag & DUPLICATE != 0
        self.secondary += flag & SECONDARY != 0
        self.supplementary += flag & SUPPLEMENTARY != 0

    def counts(self, references: int, sort_order: str) -> dict[str, Any]:
        """The scalars of a verdict; `sort_order` is what the header says."""
        return {
            "records": self.records,
            "mapped": self.records - self.unmapped,
            "unmapped": self.unmapped,
            "paired": self.paired,
            "duplicates": self.duplicates,
            "secondary": self.secondary,
            "supplementary": self.supplementary,
            "references": references,
            "sort_order": sort_order,
            "bases": self.bases,
        }
