"""The dictionaries of BCF: which number in a record means which key, filter or contig (VCF 4.5, section 6.2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qc.formats.base import shown

if TYPE_CHECKING:
    from qc.formats.base import FindingLog
    from qc.formats.vcf_declared import VcfHeader

MAX_INDEX = 1 << 21
STRINGS = (b"FILTER", b"INFO", b"FORMAT")


class BcfDictionary:
    """The names behind the numbers: `strings` for FILTER, INFO and FORMAT, `contigs` for CHROM."""

    def __init__(self, header: VcfHeader, findings: FindingLog) -> None:
        self.strings: dict[int, bytes] = {0: b"PASS"}
        self.contigs: dict[int, bytes] = {}
        known = {b"PASS"}
        following = {True: 1, False: 0}
        for (key, identity), declared in header.known.items():
            is_string = key in STRINGS
            if not is_string and key != b"contig":
                continue
            names = self.strings if is_string else self.contigs
            index = following[is_string]
            if declared.idx is not None:
                index = _number(declared.idx)
            elif is_string and identity in known:
                continue
            if index >= MAX_INDEX or names.setdefault(index, identity) != identity:
                message = f"The header gives the {shown(key)} '{shown(identity)}' a number that is too big or taken."
                expected = f"a number of its own below {MAX_INDEX}"
                findings.error("bcf_dictionary", message, found=declared.idx, expected=expected)
                return
            following[is_string] = max(following[is_string], index + 1)
            known.add(identity)


def _number(text: bytes) -> int:
    return int(text) if text.isdigit() and len(text) < 8 else MAX_INDEX
