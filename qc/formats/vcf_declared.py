"""What a VCF header declares, as the checks of records ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from qc.formats.base import shown

if TYPE_CHECKING:
    from qc.formats.vcf_definitions import Definition
    from qc.formats.vcf_meta import MetaValue


class MetaLine(NamedTuple):
    """One structured line: its key (`INFO`, …), its fields in order, its text and its number in the file."""

    key: bytes
    fields: dict[bytes, MetaValue]
    value: bytes
    number: int

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"Header line {self.number} (##{shown(self.key)})"


class Declared(NamedTuple):
    """What is kept of a structured line, beside its key and ID, to compare it with others and to number it."""

    number: bytes | None
    kind: bytes | None
    length: bytes | None
    idx: bytes | None


class VcfHeader:
    """What a header declares. `minor` is the 4.x version; `samples` are the names of the columns after FORMAT."""

    def __init__(self) -> None:
        self.lines = 0
        self.minor = 2
        self.version: str | None = None
        self.definitions: dict[bytes, dict[bytes, Definition]] = {b"INFO": {}, b"FORMAT": {}}
        self.filters: set[bytes] = set()
        self.alleles: set[bytes] = set()
        self.contigs: dict[bytes, int | None] = {}
        self.columns = 0
        self.samples: list[bytes] = []
        self.known: dict[tuple[bytes, bytes], Declared] = {}
