"""Checks the order of VCF records and that none is there twice (VCF specification, section 1.6.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qc.formats.base import shown

if TYPE_CHECKING:
    from qc.formats.base import FindingLog

MAX_CONTIGS = 1 << 20
MAX_AT_ONE_PLACE = 1 << 14
BASES = b"ACGTNacgtn"
MAX_CHANGE = 1 << 16


def contig_of(chrom: bytes) -> bytes:
    """The name in CHROM; `<name>` means a contig of the assembly file, whose records stand among those of `name`."""
    return chrom[1:-1] if chrom.startswith(b"<") and chrom.endswith(b">") else chrom


def trimmed(position: int, ref: bytes, alt: bytes) -> tuple[int, bytes, bytes]:
    """The same change without the bases that both alleles share at their ends and then at their starts."""
    end = common_start(ref[::-1], alt[::-1])
    ref, alt = ref[: len(ref) - end], alt[: len(alt) - end]
    start = common_start(ref, alt)
    return position + start, ref[start:], alt[start:]


def changes_of(position: int, alleles: list[bytes]) -> set[int]:
    """Hashes of the changes that the alternate alleles make, REF being the first of `alleles`."""
    ref = alleles[0].upper()
    return {hash(trimmed(position, ref, allele.upper())) for allele in alleles[1:]}


def common_start(one: bytes, other: bytes) -> int:
    """How many bytes two texts share at their start."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


class RecordOrder:
    """Knows where the records are and which ones came before at this place.

    Two lines at one POS that are equal letter by letter are an error, and so is one change told under one identifier
    at two POS, with other bases around it. Records that say the same change at one POS but differ in what else they
    say are only told: files that were split, merged or lifted over hold such. Symbolic alleles say too little to tell
    whether they are the same.
    """

    def __init__(self, findings: FindingLog) -> None:
        self.contigs: set[bytes] = set()
        self._findings = findings
        self._contig = b""
        self.position = -1
        self._lines: set[int] = set()
        self._variants: set[int] = set()
        self.identifier = b"."
        self._changes: dict[int, int] = {}

    def check(self, line: bytes, fields: list[bytes], position: int, place: dict[str, Any]) -> None:
        """Checks the place of one record and that it is new. `position` is -1 where POS is no number."""
        contig = contig_of(fields[0])
        if contig != self._contig:
            self._check_contig(contig, place)
        elif 0 <= position < self.position:
            message = f"POS {position} at line {place['line']} comes after POS {self.position}."
            expected = f"{self.position} or more"
            self._findings.error("not_sorted", message, found=str(position), expected=expected, **place)
        self.take(line, fields, position, place)

    def take(self, line: bytes, fields: list[bytes], position: int, place: dict[str, Any] | None = None) -> None:
        """Remembers a record; with a place, checks that it is not there twice."""
        self._enter(contig_of(fields[0]))
        if position != self.position:
            self._lines, self._variants = set(), set()
        if fields[2] != self.identifier or fields[2] == b".":
            self.identifier, self._changes = fields[2], {}
        self.position = max(position, self.position)
        alleles = [fields[3], *(fields[4].split(b",") if fields[4] != b"." else ())]
        changes: set[int] | None = None
        if not any(allele.translate(None, BASES) for allele in alleles):
            is_named = fields[2] != b"." and sum(map(len, alleles)) < MAX_CHANGE
            changes = changes_of(position, alleles) if is_named else set()
        hashes = hash(line), hash((fields[3], fields[4]))
        if place is not None:
            self._compare(fields, hashes, changes, place)
        if len(self._lines) < MAX_AT_ONE_PLACE:
            self._lines.add(hashes[0])
            self._variants.add(hashes[1])
        if changes and len(self._changes) < MAX_AT_ONE_PLACE:
            self._changes.update(dict.fromkeys(changes, position))

    def _enter(self, contig: bytes) -> None:
        if contig != self._contig:
            if len(self.contigs) < MAX_CONTIGS:
                self.contigs.add(contig)
            self._contig, self.position = contig, -1
            self._lines, self._variants, self._changes = set(), set(), {}

    def _check_contig(self, contig: bytes, place: dict[str, Any]) -> None:
        """POS increases within a CHROM, whose entries form a contiguous block."""
        if contig in self.contigs:
            message = f"CHROM '{shown(contig)}' at line {place['line']} comes back after another one."
            expected = "all records of a CHROM together"
            self._findings.error("not_contiguous", message, found=contig, expected=expected, **place)

    def _compare(
        self, fields: list[bytes], hashes: tuple[int, int], changes: set[int] | None, place: dict[str, Any]
    ) -> None:
        """Compares with the records before; `changes` is None where not all alleles are bases."""
        found = b" ".join(fields[:5])
        if changes is not None and hashes[0] in self._lines:
            message = f"Line {place['line']} repeats a record above it letter by letter."
            self._findings.error("record_repeated", message, found=found, expected="each record once", **place)
        elif any(self._changes.get(change, self.position) != self.position for change in changes or ()):
            message = f"Line {place['line']} tells a change of '{shown(fields[2])}' that a record above it tells."
            self._findings.error("variant_repeated", message, found=found, expected="each change once", **place)
        elif hashes[1] in self._variants:
            message = f"The variant at line {place['line']} is there twice."
            self._findings.warn_once("variant_repeated", message, found=found, **place)
