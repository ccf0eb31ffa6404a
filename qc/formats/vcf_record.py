"""Checks the fixed columns and INFO of VCF records (VCF specification, section 1.6.1)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from qc.formats.base import shown
from qc.formats.sam_header_rules import REFERENCE_NAME
from qc.formats.vcf_definitions import ANCESTRAL, NOT_NEGATIVE, RESERVED_INFO
from qc.formats.vcf_values import FLOAT, counts_of, too_big, type_pattern, value_pattern

if TYPE_CHECKING:
    from qc.formats.base import FindingLog
    from qc.formats.vcf_definitions import Definition
    from qc.formats.vcf_header import VcfHeader

CHROM = re.compile(rb"<[^\s<>]+>|[!-;=?-~\x80-\xff][!-;=?-~\x80-\xff]*")
POS = re.compile(rb"[0-9]{1,10}")
IDENTIFIER = re.compile(rb"[^\s;]+(?:;[^\s;]+)*")
REF = re.compile(rb"[ACGTNacgtn]+")
BASES = rb"[ACGTNacgtn*]+"
MATE = rb"[^\[\]\s,]+:[0-9]+"
BREAKEND = rb"[ACGTNacgtn.]+(?:\[%b\[|\]%b\])|(?:\[%b\[|\]%b\])[ACGTNacgtn.]+" % (MATE, MATE, MATE, MATE)
ALT = re.compile(rb"(?:\*|[ACGTNacgtn]+|<[^\s<>,]+>|" + BREAKEND + rb"|\.[ACGTNacgtn]+|[ACGTNacgtn]+\.)")
QUAL = re.compile(rb"\.|" + FLOAT)
CHROM_STRICT = re.compile(rb"<[^\s<>]+>|" + REFERENCE_NAME.pattern)
FILTER = re.compile(rb"[^\s;,]+(?:;[^\s;,]+)*")
INFO_KEY = re.compile(rb"[A-Za-z_][0-9A-Za-z_.]*|1000G")


class RecordCheck:
    """Checks CHROM to INFO of one record after another against one header."""

    def __init__(self, header: VcfHeader, findings: FindingLog) -> None:
        self._header = header
        self._findings = findings
        self._filters: set[bytes] = set()

    def fixed(self, fields: list[bytes], place: dict[str, Any]) -> tuple[int, list[bytes]]:
        """Checks the first seven columns; returns POS (-1 when it is no number) and the alternate alleles."""
        line, findings = place["line"], self._findings
        chrom, pos, identifier, ref, alt, qual, filters = fields[:7]
        if not (CHROM_STRICT if self._header.minor >= 3 else CHROM).fullmatch(chrom):
            message = f"CHROM at line {line} is '{shown(chrom)}', which is no name or holds what is not allowed."
            findings.error("chrom", message, found=chrom, expected="a name without blanks", **place)
        position = int(pos) if POS.fullmatch(pos) else -1
        self._check_place(chrom, pos, position, place)
        if not IDENTIFIER.fullmatch(identifier):
            message = f"ID at line {line} is '{shown(identifier)}'."
            findings.error("id", message, found=identifier, expected="identifiers apart by semicolons, or .", **place)
        if not REF.fullmatch(ref):
            message = f"REF at line {line} is '{shown(ref)}', which is not made of A, C, G, T and N."
            findings.error("ref", message, found=ref, expected="A, C, G, T or N", **place)
        alternates = self._alternates(ref, alt, place)
        if not QUAL.fullmatch(qual) or qual.startswith(b"-"):
            message = f"QUAL at line {line} is '{shown(qual)}'."
            findings.error("qual", message, found=qual, expected="a number from 0, or .", **place)
        if filters not in self._filters:
            self._check_filters(filters, place)
        return position, alternates

    def _check_place(self, chrom: bytes, pos: bytes, position: int, place: dict[str, Any]) -> None:
        line, findings, contigs = place["line"], self._findings, self._header.contigs
        if position < 0:
            message = f"POS at line {line} is '{shown(pos)}', not a whole number from 0."
            findings.error("pos", message, found=pos, expected="a whole number from 0", **place)
        if chrom in contigs:
            length = contigs[chrom]
            if length is not None and position > length + 1:
                message = f"POS {position} at line {line} is past the end of contig '{shown(chrom)}' of {length} bases."
                findings.warning(
                    "pos_past_end", message, found=str(position), expected=f"at most {length + 1}", **place
                )
        elif contigs:
            message = f"CHROM '{shown(chrom)}' at line {line} is not declared by a ##contig line."
            findings.warn_once("contig_undeclared", message, about=shown(chrom), found=chrom, **place)

    def _alternates(self, ref: bytes, alt: bytes, place: dict[str, Any]) -> list[bytes]:
        if alt == b".":
            return []
        alternates = alt.split(b",")
        for allele in alternates:
            if not ALT.fullmatch(allele):
                message = f"ALT at line {place['line']} holds '{shown(allele)}', which is not an allele."
                expected = "bases, *, <ID>, a breakend or ."
                self._findings.error("alt", message, found=allele, expected=expected, **place)
        if len(set(alternates)) < len(alternates) or ref in alternates:
            message = f"The alleles at line {place['line']} are not all different."
            self._findings.warn_once("alt_repeated", message, found=alt, **place)
        return alternates

    def _check_filters(self, filters: bytes, place: dict[str, Any]) -> None:
        line, names = place["line"], filters.split(b";")
        if not FILTER.fullmatch(filters) or b"0" in names or (len(names) > 1 and (b"PASS" in names or b"." in names)):
            message = f"FILTER at line {line} is '{shown(filters)}'."
            self._findings.error(
                "filter", message, found=filters, expected="PASS, . or names apart by semicolons", **place
            )
            return
        if len(set(names)) < len(names):
            message = f"FILTER at line {line} names a filter twice."
            self._findings.error("filter_twice", message, found=filters, expected="each filter once", **place)
        for name in names:
            if name not in (b"PASS", b".") and name not in self._header.filters:
                message = f"The filter '{shown(name)}' at line {line} is not declared by a ##FILTER line."
                self._findings.warn_once("filter_undeclared", message, about=shown(name), found=name, **place)
        if len(self._filters) < 4096:
            self._filters.add(filters)

    def info(self, info: bytes, alternates: int, place: dict[str, Any]) -> None:
        """Checks INFO: keys, no key twice, values by the Type and Number that the header declares."""
        if info == b".":
            return
        line, findings = place["line"], self._findings
        if info.endswith(b";") and len(info) > 1:
            findings.warn_once(
                "info_semicolon", f"INFO at line {line} ends with a semicolon.", found=info[-20:], **place
            )
            info = info[:-1]
        definitions = self._header.definitions[b"INFO"]
        seen: set[bytes] = set()
        for item in info.split(b";"):
            key, equals, value = item.partition(b"=")
            if key in seen:
                message = f"INFO at line {line} has the key '{shown(key)}' twice."
                findings.error("info_twice", message, found=item, expected="each key once", **place)
            seen.add(key)
            definition = definitions.get(key)
            if definition is None:
                self._undeclared(key, item, place)
                definition = RESERVED_INFO.get(key)
            if definition is not None:
                self._check_value(key, value if equals else None, definition, alternates, place)

    def _check_value(
        self, key: bytes, value: bytes | None, definition: Definition, alternates: int, place: dict[str, Any]
    ) -> None:
        if definition.kind == b"Flag":
            if value is not None:
                self._flag_with_value(key, value, definition, place)
            return
        if key in NOT_NEGATIVE and value is not None and b"-" in value:
            message = f"INFO {shown(key)} at line {place['line']} is negative."
            self._findings.error("info_negative", message, found=value, expected="0 or more", **place)
            return
        fits = value is not None and value_pattern(definition, alternates).fullmatch(value)
        if fits and not (value and definition.kind == b"Integer" and too_big(value)):
            return
        name = f"INFO {shown(key)} at line {place['line']}"
        explain_value(self._findings, ("info", name), value, definition, alternates, place)

    def _flag_with_value(self, key: bytes, value: bytes, definition: Definition, place: dict[str, Any]) -> None:
        """A flag stands alone; 0 and 1 pass, because tools write them, and so does what the header contradicts."""
        message = f"The flag {shown(key)} in INFO at line {place['line']} has a value."
        if value in (b"0", b"1") or definition.number != b"0":
            self._findings.warn_once("info_flag_value", message, about=shown(key), found=value, **place)
        else:
            self._findings.error("info_flag_value", message, found=value, expected="no value", **place)

    def _undeclared(self, key: bytes, item: bytes, place: dict[str, Any]) -> None:
        line = place["line"]
        if not key:
            message = f"INFO at line {line} holds an empty field."
            self._findings.error("info_key", message, found=item, expected="key=value", **place)
            return
        if not _is_key(key):
            message = f"INFO at line {line} has the key '{shown(key)}', which the specification does not allow."
            if self._header.minor >= 3 or re.search(rb"\s", key):
                expected = "a letter or _, then letters, digits, _ and ."
                self._findings.error("info_key", message, found=item, expected=expected, **place)
                return
            self._findings.warn_once("info_key_odd", message, about=shown(key), found=item, **place)
        message = f"The INFO key '{shown(key)}' at line {line} is not declared by an ##INFO line."
        self._findings.warn_once("info_undeclared", message, about=shown(key), found=key, **place)


@lru_cache(maxsize=1024)
def _is_key(key: bytes) -> bool:
    return INFO_KEY.fullmatch(key) is not None


def explain_value(
    findings: FindingLog,
    where: tuple[str, str],
    value: bytes | None,
    definition: Definition,
    alternates: int,
    place: dict[str, Any],
) -> None:
    """Tells why a value does not fit its definition: none at all, of another type, too big, too many or too few.

    `where` is the start of the codes and the start of the sentences. A wrong number of values is an error, but only a
    warning for declared text, which tools write with commas in it, and for one value where there should be one for
    each allele, which tools write to sum them up.
    """
    code, name = where
    kind, number = shown(definition.kind), shown(definition.number)
    if not value:
        findings.error(f"{code}_value", f"{name} has no value.", expected=kind, **place)
        return
    if not type_pattern(definition.kind).fullmatch(value):
        message = f"{name} is '{shown(value)}', which is not of type {kind}."
        findings.error(f"{code}_type", message, found=value, expected=kind, **place)
        return
    if definition.kind == b"Integer" and too_big(value):
        message = f"{name} holds an integer outside the 32 bits that are allowed."
        findings.error(f"{code}_range", message, found=value, expected="-2147483640 to 2147483647", **place)
    counts = counts_of(definition.number, alternates)
    found = value.count(b",") + 1
    if counts is None or found in counts or value == b"." or (number.isalpha() and not alternates):
        return
    expected = " or ".join(map(str, sorted(set(counts))))
    message = f"{name} has {found} values where Number={number} asks for {expected}."
    strict = (definition.kind != b"String" or definition is ANCESTRAL) if number.isdigit() else found > 1
    report = findings.error if strict else findings.warning
    report(f"{code}_number", message, found=str(found), expected=expected, **place)
