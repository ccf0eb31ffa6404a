"""The dictionaries of BCF: which number in a record means which key, filter or contig (VCF 4.5, section 6.2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qc.formats.base import shown

if TYPE_CHECKING:
    from qc.formats.base import FindingLog
    from qc.formats.vcf_declared import MetaLine, VcfHeader

MAX_INDEX = 1 << 20
STRINGS = (b"FILTER", b"INFO", b"FORMAT")


class BcfDictionary:
    """The names behind the numbers: `strings` for FILTER, INFO and FORMAT, `contigs` for CHROM."""

    def __init__(self, header: VcfHeader, findings: FindingLog) -> None:
        self.strings: dict[int, bytes] = {0: b"PASS"}
        self.contigs: dict[int, bytes] = {}
        self._findings = findings
        for (key, identity), line in header.known.items():
            if key in STRINGS:
                self._add(self.strings, identity, line)
            elif key == b"contig":
                self._add(self.contigs, identity, line)

    def _add(self, names: dict[int, bytes], identity: bytes, line: MetaLine) -> None:
        """Takes the number that IDX gives, or that the name has already, or the next one."""
        if b"IDX" in line.fields:
            text = line.fields[b"IDX"].text
            index = int(text) if text.isdigit() and len(text) < 8 else MAX_INDEX
            if index >= MAX_INDEX or names.setdefault(index, identity) != identity:
                message = f"{line.name} has the IDX '{shown(text)}', which is too big, taken, or no number."
                expected = f"a number of its own below {MAX_INDEX}"
                self._findings.error("bcf_dictionary", message, line=line.number, found=text, expected=expected)
        elif identity not in names.values():
            names[max(names, default=-1) + 1] = identity
