"""Checks the first seven columns of VCF records (VCF specification, section 1.6.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from qc.formats.base import shown
from qc.formats.vcf_definitions import FIRST_STRICT
from qc.formats.vcf_meta_rules import is_structural_type
from qc.formats.vcf_order import contig_of
from qc.formats.vcf_values import FLOAT

if TYPE_CHECKING:
    from qc.formats.base import FindingLog
    from qc.formats.vcf_declared import VcfHeader

CHROM = re.compile(rb"<[^\s<>,]+>|[!-+\--;=?-~\x80-\xff]+")
CHROM_STRICT = re.compile(rb"<[^\s<>,]+>|[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*")
POS = re.compile(rb"[0-9]{1,18}")
IDENTIFIER = re.compile(rb"[^\s;]+(?:;[^\s;]+)*+")
REF = re.compile(rb"[ACGTNacgtn]+")
MATE = rb"(?:<[^\[\]\s,<>]+>|[^\[\]\s,<>]+):[0-9]+"
BREAKEND = rb"[ACGTNacgtn.]+(?:\[%b\[|\]%b\])|(?:\[%b\[|\]%b\])[ACGTNacgtn.]+" % (MATE, MATE, MATE, MATE)
ALT = re.compile(rb"(?:\*|[ACGTNacgtn]+|<[^\s<>,]+>|" + BREAKEND + rb"|\.[ACGTNacgtn]+|[ACGTNacgtn]+\.)")
QUAL = re.compile(rb"\.|" + FLOAT)
FILTER = re.compile(rb"[^\s;,]+(?:;[^\s;,]+)*+")
ANY_ALLELES = frozenset((b"<*>", b"<NON_REF>", b"<X>"))
MAX_KNOWN = 4096


class RecordCheck:
    """Checks CHROM to FILTER of one record after another against one header."""

    def __init__(self, header: VcfHeader, findings: FindingLog) -> None:
        self.good_filters: set[bytes] = set()
        self._header = header
        self._findings = findings
        self._chrom = (b"", False)

    def fixed(self, fields: list[bytes], place: dict[str, Any]) -> tuple[int, list[bytes]]:
        """Checks the first seven columns; returns POS (-1 when it is no number) and the alternate alleles."""
        line, findings = place["line"], self._findings
        _, pos, identifier, ref, alt, qual, filters = fields[:7]
        position = int(pos) if POS.fullmatch(pos) else -1
        self._check_place(fields[0], pos, position, place)
        if not IDENTIFIER.fullmatch(identifier):
            message = f"ID at line {line} is '{shown(identifier)}'."
            findings.error("id", message, found=identifier, expected="identifiers apart by semicolons, or .", **place)
        elif b";" in identifier:
            self._check_identifiers(identifier, place)
        if not REF.fullmatch(ref):
            message = f"REF at line {line} is '{shown(ref)}', which is not made of A, C, G, T and N."
            findings.error("ref", message, found=ref, expected="A, C, G, T or N", **place)
        alternates = self._alternates(ref, alt, place)
        if not QUAL.fullmatch(qual) or qual.startswith(b"-"):
            message = f"QUAL at line {line} is '{shown(qual)}'."
            findings.error("qual", message, found=qual, expected="a number from 0, or .", **place)
        if filters not in self.good_filters:
            self._check_filters(filters, place)
        return position, alternates

    @property
    def good_chrom(self) -> tuple[bytes, int] | None:
        """The last CHROM and the last POS that its contig allows (-1: any); None when that CHROM is at fault."""
        chrom, is_good = self._chrom
        length = self._header.contigs.get(contig_of(chrom))
        return (chrom, -1 if length is None else length + 1) if is_good else None

    def _check_place(self, chrom: bytes, pos: bytes, position: int, place: dict[str, Any]) -> None:
        """CHROM names a contig; POS is from 0 (before the first base) to one past its end, for telomeres."""
        line, findings, contigs = place["line"], self._findings, self._header.contigs
        if self._chrom != (chrom, True):
            self._chrom = (chrom, self._check_chrom(chrom, place))
        if position < 0:
            message = f"POS at line {line} is '{shown(pos)}', not a whole number from 0."
            findings.error("pos", message, found=pos, expected="a whole number from 0", **place)
        length = contigs.get(contig_of(chrom))
        if length is not None and position > length + 1:
            message = f"POS {position} at line {line} is past the end of contig '{shown(chrom)}' of {length} bases."
            findings.error("pos_past_end", message, found=str(position), expected=f"at most {length + 1}", **place)

    def _check_chrom(self, chrom: bytes, place: dict[str, Any]) -> bool:
        """Checks the name. Colons, and since 4.3 asterisks, pass where a ##contig line declares them, as for HLA."""
        contig, strict = contig_of(chrom), self._header.minor >= FIRST_STRICT
        declared = contig in self._header.contigs
        clash = not declared and (b":" in contig or (strict and b"*" in contig))
        if clash or not (CHROM_STRICT if strict else CHROM).fullmatch(chrom):
            message = (
                f"CHROM at line {place['line']} is '{shown(chrom)}', which is no name or holds what is not allowed."
            )
            self._findings.error("chrom", message, found=chrom, expected="a name without blanks", **place)
            return False
        if not declared and self._header.contigs:
            message = f"CHROM '{shown(chrom)}' at line {place['line']} is not declared by a ##contig line."
            self._findings.warn_once("contig_undeclared", message, about=shown(chrom), found=chrom, **place)
        return True

    def _check_identifiers(self, identifier: bytes, place: dict[str, Any]) -> None:
        """Since 4.3 no identifier stands twice in one record."""
        names = identifier.split(b";")
        if len(set(names)) < len(names):
            message = f"ID at line {place['line']} holds an identifier twice."
            strict = self._header.minor >= FIRST_STRICT
            report = self._findings.error if strict else self._findings.warning
            report("id_twice", message, found=identifier, expected="each identifier once", **place)

    def _alternates(self, ref: bytes, alt: bytes, place: dict[str, Any]) -> list[bytes]:
        if alt == b".":
            return []
        alternates = alt.split(b",")
        for allele in alternates:
            if not ALT.fullmatch(allele) or (allele.startswith(b"<") and not self._is_symbol(allele, place)):
                message = f"ALT at line {place['line']} holds '{shown(allele)}', which is not an allele."
                expected = "bases, *, <ID>, a breakend or ."
                self._findings.error("alt", message, found=allele, expected=expected, **place)
        if any(len(allele) == len(ref) and allele.upper() == ref.upper() for allele in alternates):
            message = f"ALT at line {place['line']} holds the allele of REF."
            self._findings.warn_once("alt_is_ref", message, found=alt, expected="alleles other than REF", **place)
        elif len(set(alternates)) < len(alternates):
            message = f"The alleles at line {place['line']} are not all different."
            self._findings.warn_once("alt_repeated", message, found=alt, **place)
        return alternates

    def _is_symbol(self, allele: bytes, place: dict[str, Any]) -> bool:
        """Says whether a symbolic allele has a known type; one that no ##ALT line declares is told."""
        name = allele[1:-1]
        if name not in self._header.alleles and allele not in ANY_ALLELES:
            message = f"The allele '{shown(allele)}' at line {place['line']} is not declared by an ##ALT line."
            self._findings.warn_once("alt_undeclared", message, about=shown(allele), found=allele, **place)
        return is_structural_type(name, self._header.minor)

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
            return
        for name in names:
            if name not in (b"PASS", b".") and name not in self._header.filters:
                message = f"The filter '{shown(name)}' at line {line} is not declared by a ##FILTER line."
                self._findings.warn_once("filter_undeclared", message, about=shown(name), found=name, **place)
        if len(self.good_filters) < MAX_KNOWN:
            self.good_filters.add(filters)
