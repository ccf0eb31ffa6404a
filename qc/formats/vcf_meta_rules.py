"""What each structured meta-information line of VCF must hold (VCF specification 4.1 to 4.5, section 1.4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qc.formats.base import shown
from qc.formats.vcf_definitions import FIRST_STRICT, Definition, is_tolerated, narrowed, reserved

if TYPE_CHECKING:
    from qc.formats.base import FindingLog
    from qc.formats.vcf_declared import MetaLine, VcfHeader

TYPES = {
    b"INFO": (b"Integer", b"Float", b"Flag", b"Character", b"String"),
    b"FORMAT": (b"Integer", b"Float", b"Character", b"String"),
}
NUMBER = re.compile(rb"[0-9]{1,9}|\.|A|R|G|P|LA|LR|LG|M")
LENGTH = re.compile(rb"[0-9]{1,18}")
IDS = {
    b"INFO": (re.compile(rb"[^\s;,=]+"), "a key without blanks"),
    b"FORMAT": (re.compile(rb"[^\s:,]+"), "a key without blanks"),
    b"FILTER": (re.compile(rb"(?!0\Z)[^\s;,]+"), "a name without blanks, other than 0"),
    b"ALT": (re.compile(rb"[^\s,<>]+"), "a name without blanks, commas and angle brackets"),
    b"contig": (re.compile(rb"[^\s,<>]+"), "a name without blanks, commas and angle brackets"),
    b"META": (re.compile(rb"[0-9A-Za-z._-]+"), "letters, digits, '.', '_' and '-'"),
}
CONTIG_STRICT = re.compile(rb"HLA-[^\s,<>]+|[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&+./:;?@^_|~-]*")
STRUCTURAL_TYPES = (b"DEL", b"INS", b"DUP", b"INV", b"CNV")
RELATIVE = re.compile(rb"[^\s:]+")
URL_HOST = re.compile(rb"(?:[A-Za-z][^/?#]*|[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]+)?)?")


def required(key: bytes, minor: int) -> tuple[bytes, ...] | None:
    """The keys that a line must have in VCF 4.`minor`; None for lines whose content is free.

    Since 4.4 FILTER and ALT may stand without a Description. META came, and PEDIGREE got its ID, with 4.3.
    """
    described = (b"ID", b"Description") if minor <= FIRST_STRICT else (b"ID",)
    since_strict = (b"ID",) if minor >= FIRST_STRICT else None
    known: dict[bytes, tuple[bytes, ...] | None] = {
        b"INFO": (b"ID", b"Number", b"Type", b"Description"),
        b"FORMAT": (b"ID", b"Number", b"Type", b"Description"),
        b"FILTER": described,
        b"ALT": described,
        b"contig": (b"ID",),
        b"SAMPLE": (b"ID",),
        b"META": since_strict,
        b"PEDIGREE": since_strict or (),
    }
    return known.get(key)


def check_fields(line: MetaLine, minor: int, findings: FindingLog) -> bool:
    """Checks keys and quotes of a line and its ID; returns whether what it declares can be used."""
    before = findings.errors
    place = {"line": line.number, "found": line.value}
    for wanted in required(line.key, minor) or ():
        if wanted not in line.fields:
            message = f"{line.name} lacks the required key {shown(wanted)}."
            findings.error("meta_key_missing", message, expected=f"{shown(wanted)}=…", **place)
            return False
    description = line.fields.get(b"Description")
    if line.key in IDS and description and not description.quoted:
        message = f"The Description in header line {line.number} (##{shown(line.key)}) is not in double quotes."
        findings.error("meta_description", message, line=line.number, found=description.text, expected='"…"')
    if line.key in TYPES and next(iter(line.fields)) != b"ID":
        message = f"{line.name} does not begin with its ID."
        findings.error("meta_order", message, expected="ID, Number, Type, Description", **place)
    if line.key == b"ALT" and (b"Number" in line.fields or b"Type" in line.fields):
        message = f"{line.name} has a Number or a Type, which alleles do not have."
        findings.error("meta_alt", message, expected="ID and Description", **place)
    _check_identity(line, minor, findings)
    if line.key == b"SAMPLE" and minor < FIRST_STRICT:
        _check_mixture(line, findings)
    if line.key == b"PEDIGREE":
        _check_pedigree(line, findings)
    return findings.errors == before


def _check_identity(line: MetaLine, minor: int, findings: FindingLog) -> None:
    if b"ID" not in line.fields:
        return
    identity = line.fields[b"ID"].text
    if not identity:
        findings.error("meta_id", f"{line.name} has an empty ID.", line=line.number, expected="an ID")
        return
    pattern, expected = IDS.get(line.key, (None, ""))
    if line.key == b"contig" and minor >= FIRST_STRICT:
        pattern, expected = CONTIG_STRICT, "a reference name of SAM"
    if pattern and not pattern.fullmatch(identity):
        message = f"{line.name} has the ID '{shown(identity)}', which the specification does not allow."
        findings.error("meta_id", message, line=line.number, found=identity, expected=expected)
    elif line.key == b"ALT" and not is_structural_type(identity, minor):
        message = f"{line.name} declares '{shown(identity)}', whose first part is no type of structural variant."
        findings.error("meta_alt", message, line=line.number, found=identity, expected="DEL, INS, DUP, INV or CNV")


def is_structural_type(identity: bytes, minor: int) -> bool:
    """Says whether a symbolic allele `TYPE:SUBTYPE` has a type of section 1.4.5; those without a colon are free."""
    top, colon, _ = identity.partition(b":")
    return not colon or top in STRUCTURAL_TYPES or (top == b"BND" and minor <= FIRST_STRICT)


def _check_mixture(line: MetaLine, findings: FindingLog) -> None:
    """Until 4.2 a SAMPLE that mixes genomes names them (Genomes) beside their parts (Mixture), both without quotes."""
    parts = [line.fields.get(key) for key in (b"Genomes", b"Mixture")]
    if any(parts) and not all(part and not part.quoted for part in parts):
        message = f"{line.name} does not give both Genomes and Mixture without quotes."
        expected = "Genomes=…;…,Mixture=…;…"
        findings.error("meta_sample", message, line=line.number, found=line.value, expected=expected)


def _check_pedigree(line: MetaLine, findings: FindingLog) -> None:
    for value in line.fields.values():
        if not RELATIVE.fullmatch(value.text):
            message = f"{line.name} names '{shown(value.text)}', which is no name of a sample."
            findings.error("meta_pedigree", message, line=line.number, found=value.text, expected="a name")


def check_url(key: bytes, value: bytes, number: int, findings: FindingLog) -> None:
    """Checks ##assembly and ##pedigreeDB, whose value is a URL; the latter may stand in angle brackets."""
    if key == b"pedigreeDB" and value.startswith(b"<"):
        value = value[1:].removesuffix(b">")
    scheme, mark, rest = value.partition(b"://")
    message = f"Header line {number} (##{shown(key)}) holds no valid URL."
    if not value or (mark and not (scheme and URL_HOST.fullmatch(re.split(rb"[/?#]", rest, maxsplit=1)[0]))):
        findings.error("meta_url", message, line=number, found=value, expected="a URL")
    elif not mark:
        findings.warning("meta_url", message, line=number, found=value, expected="a URL")


def define(header: VcfHeader, line: MetaLine, findings: FindingLog) -> None:
    """Takes the Number and the Type of an INFO or FORMAT line into the header, when they are well formed."""
    identity = line.fields[b"ID"].text
    found = Definition(line.fields[b"Number"].text, line.fields[b"Type"].text)
    name = f"{shown(line.key)} '{shown(identity)}' in header line {line.number}"
    if found.kind not in TYPES[line.key]:
        expected = ", ".join(map(shown, TYPES[line.key]))
        message = f"The Type of {name} is '{shown(found.kind)}'."
        findings.error("meta_type", message, line=line.number, found=found.kind, expected=expected)
        return
    if not NUMBER.fullmatch(found.number):
        message = f"The Number of {name} is '{shown(found.number)}'."
        findings.error("meta_number", message, line=line.number, found=found.number, expected="a number, A, R, G or .")
        return
    if (found.kind == b"Flag") != (found.number == b"0"):
        message = (
            f"The {name} has Type {shown(found.kind)} and Number {shown(found.number)}; "
            "0 goes with Flag and only with Flag."
        )
        findings.warn_once("meta_flag_number", message, about=name, line=line.number, found=found.number)
    wanted = reserved(line.key, header.minor).get(identity)
    if wanted and found != wanted:
        _differs_from_reserved(header.minor, line, found, wanted, findings)
    header.definitions[line.key][identity] = narrowed(line.key, identity, found, header.minor)


def _differs_from_reserved(
    minor: int, line: MetaLine, found: Definition, wanted: Definition, findings: FindingLog
) -> None:
    """Reserved keys have a fixed Number and Type (tables 1 and 2; before 4.3 in the text of section 1.4)."""
    identity = line.fields[b"ID"].text
    has, should = (f"Number={shown(d.number)}, Type={shown(d.kind)}" for d in (found, wanted))
    message = f"Header line {line.number} declares the reserved key {shown(identity)} with {has} instead of {should}."
    if is_tolerated(identity, found, wanted, minor):
        findings.warn_once("meta_reserved", message, about=shown(identity), line=line.number, expected=should)
    else:
        findings.error("meta_reserved", message, line=line.number, found=has, expected=should)
