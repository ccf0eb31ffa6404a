"""Checks what records of structural variants must say about them (VCF specification, sections 3 and 5; since 4.4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from qc.formats.base import shown

if TYPE_CHECKING:
    from qc.formats.base import FindingLog
    from qc.formats.vcf_declared import VcfHeader

Values = dict[bytes, bytes | None]

FIRST_CLAIMS = 4
SIZED = re.compile(rb"<(DEL|INS|DUP|INV|CNV)(?::[^>]*)?>")
REPEAT = b"<CNV:TR>"
REPEAT_KEYS = frozenset((b"RUS", b"RUL", b"RUC", b"RB", b"RUB", b"CIRUC", b"CIRB", b"SVCLAIM"))
CLAIMS = {
    b"DEL": (b"D", b"J", b"DJ"),
    b"DUP": (b"D", b"J", b"DJ"),
    b"CNV": (b"D", b"."),
    b"INV": (b"J", b"DJ", b"."),
    b"INS": (b"J", b"DJ", b"."),
}
WHOLE = re.compile(rb"[0-9]{1,9}(?:\.0*)?")


def split(values: Values, key: bytes) -> list[bytes]:
    """The values of a key; none where it is not there or has no value."""
    value = values.get(key)
    return value.split(b",") if value else []


class StructuralCheck:
    """Checks the INFO of records that have symbolic alleles or that speak of repeats."""

    def __init__(self, header: VcfHeader, findings: FindingLog) -> None:
        self._header = header
        self._findings = findings

    def check(self, info: Values, alternates: list[bytes], fields: list[bytes], place: dict[str, Any]) -> None:
        """Checks the keys that the alleles ask for, and that the numbers of values fit each other."""
        if self._header.minor < FIRST_CLAIMS:
            self._check_signs(info, alternates, place)
            return
        kinds = [matched.group(1) if (matched := SIZED.fullmatch(a)) else b"" for a in alternates]
        if any(kinds) and b"SVLEN" not in info:
            self._error("svlen_missing", place, "has a structural variant but no SVLEN", "SVLEN")
        if b"SVCLAIM" not in info:
            self._claim_missing(kinds, place)
        self._check_claims(info, kinds, place)
        if REPEAT in alternates and not (info.get(b"RUS") or info.get(b"RUL")):
            self._error("repeat_unit_missing", place, "has a tandem repeat but neither RUS nor RUL", "RUS or RUL")
        if not REPEAT_KEYS.isdisjoint(info):
            self._check_repeats(info, alternates, place)
        self._check_copy_number(info, kinds, fields, place)

    def _error(self, code: str, place: dict[str, Any], fault: str, expected: str) -> None:
        message = f"INFO at line {place['line']} {fault}."
        self._findings.error(code, message, expected=expected, **place)

    def _claim_missing(self, kinds: list[bytes], place: dict[str, Any]) -> None:
        """DEL and DUP ask for SVCLAIM; for DUP it is only told, as an example of the specification itself lacks it."""
        if b"DEL" in kinds:
            self._error("svclaim_missing", place, "has a DEL but no SVCLAIM", "SVCLAIM")
        elif b"DUP" in kinds:
            message = f"INFO at line {place['line']} has a DUP but no SVCLAIM."
            self._findings.warn_once("svclaim_missing", message, expected="SVCLAIM", **place)

    def _check_signs(self, info: Values, alternates: list[bytes], place: dict[str, Any]) -> None:
        """Until 4.3 SVLEN is negative for deletions and positive for what gets longer; many callers do otherwise."""
        for allele, length in zip(alternates, split(info, b"SVLEN"), strict=False):
            wrong = (allele.startswith(b"<DEL") and not length.startswith((b"-", b".", b"0"))) or (
                allele.startswith((b"<INS", b"<DUP")) and length.startswith(b"-")
            )
            if wrong:
                message = f"SVLEN at line {place['line']} is {shown(length)} for {shown(allele)}."
                self._findings.warn_once("svlen_sign", message, found=length, **place)

    def _check_claims(self, info: Values, kinds: list[bytes], place: dict[str, Any]) -> None:
        claims = split(info, b"SVCLAIM")
        if claims and claims != [b"."] and len(claims) != len(kinds):
            self._error("svclaim", place, f"has {len(claims)} values of SVCLAIM", f"{len(kinds)} values")
            return
        for kind, claim in zip(kinds, claims, strict=False):
            if kind and claim not in CLAIMS[kind]:
                expected = ", ".join(map(shown, CLAIMS[kind]))
                self._error("svclaim", place, f"claims {shown(claim)} for a {shown(kind)}", expected)

    def _check_repeats(self, info: Values, alternates: list[bytes], place: dict[str, Any]) -> None:
        """RN says how many repeat sequences each allele has (one for a CNV:TR where it is not given)."""
        repeats = split(info, b"RN")
        count = sum(int(n) for n in repeats if n.isdigit() and len(n) < 10) if repeats else alternates.count(REPEAT)
        for key in (b"RUS", b"RUL", b"RUC", b"RB"):
            if info.get(key):
                self._expect(key, len(split(info, key)), count, place)
        for key, of in ((b"CIRUC", b"RUC"), (b"CIRB", b"RB")):
            if info.get(key):
                self._expect(key, len(split(info, key)), 2 * len(split(info, of)), place)
        self._check_units(info, place)

    def _check_units(self, info: Values, place: dict[str, Any]) -> None:
        """RUL is the length of RUS; RUB gives the bases of each of the RUC units, which are then whole."""
        units, lengths = split(info, b"RUS"), split(info, b"RUL")
        if len(units) == len(lengths) and any(
            unit != b"." != length and str(len(unit)).encode() != length
            for unit, length in zip(units, lengths, strict=True)
        ):
            self._error("repeat_unit", place, "has lengths in RUL that are not those of RUS", "the lengths of RUS")
        if not info.get(b"RUB"):
            return
        counts = [count for count in split(info, b"RUC") if count != b"."]
        if not info.get(b"RUC") or not all(WHOLE.fullmatch(count) for count in counts):
            self._error("repeat_unit", place, "has RUB without whole numbers of units in RUC", "whole numbers in RUC")
            return
        self._expect(b"RUB", len(split(info, b"RUB")), sum(int(float(count)) for count in counts), place)

    def _expect(self, key: bytes, found: int, count: int, place: dict[str, Any]) -> None:
        if found != count:
            self._error("repeat_number", place, f"has {found} values of {shown(key)}", f"{count} values")

    def _check_copy_number(self, info: Values, kinds: list[bytes], fields: list[bytes], place: dict[str, Any]) -> None:
        """With CN in FORMAT the alleles CNV, DEL and DUP have one length; CICN is around a CN that is there."""
        keys = fields[8].split(b":") if len(fields) > 8 else []
        if b"CICN" in keys and b"CN" not in keys:
            message = f"FORMAT at line {place['line']} has CICN but no CN."
            self._findings.error("format_cicn", message, found=fields[8], expected="CN beside CICN", **place)
        sized = zip(kinds, split(info, b"SVLEN"), strict=False)
        lengths = {length for kind, length in sized if kind in (b"CNV", b"DEL", b"DUP")}
        if b"CN" in keys and len(lengths) > 1:
            self._error("svlen_differs", place, "has alleles of different SVLEN beside CN in FORMAT", "one SVLEN")
