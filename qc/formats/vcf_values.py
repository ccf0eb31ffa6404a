"""The grammar of the values in INFO and samples: which text each Type and Number allow (VCF section 1.3, 1.6).

No pattern here can match a text in two ways, so that a hostile value costs no more time than a good one; repeated
parts are possessive, so that it costs no memory either.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from qc.formats.base import shown
from qc.formats.vcf_definitions import ANCESTRAL, Definition

if TYPE_CHECKING:
    from qc.formats.base import FindingLog

INTEGER = rb"[-+]?[0-9]+"
FLOAT = (
    rb"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
    rb"|[-+]?(?:[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN])"
)
PROBABILITY = (
    rb"(?:[-+]?0(?:\.0*)?(?:[eE][-+]?[0-9]+)?|\+?0?\.0*[1-9][0-9]*|\+?1(?:\.0*)?"
    rb"|\+?(?:0?\.0*[1-9][0-9]*|[1-9](?:\.[0-9]*)?)[eE]-0*[1-9][0-9]*|[-+]?[nN][aA][nN])(?![^,:;\t])"
)
VALUES = {
    b"Integer": INTEGER,
    b"Count": rb"\+?[0-9]+",
    b"Float": FLOAT,
    b"Probability": PROBABILITY,
    b"Character": rb"%[0-9A-Fa-f]{2}|[^,;=\t]",
    b"Cigar": rb"(?:[0-9]+[MIDNSHPX=])++",
    b"String": rb"[^,\t]*",
}
INTEGERS = (b"Integer", b"Count")
WORDS = {b"Count": "Integer from 0", b"Probability": "number from 0 to 1", b"Cigar": "CIGAR string"}
LONGEST_SAFE_INTEGER = 9
LEAST, MOST = -(2**31) + 8, 2**31 - 1
MANY_DIGITS = re.compile(rb"[0-9]{10}")
MAX_COUNT = 4096
MANY_ALLELES = 64
TEXT = (b"Character", b"String")


def counts_of(number: bytes, alternates: int) -> tuple[int, ...] | None:
    """How many values a Number asks for with so many alternate alleles; None when any number is good.

    G is given for ploidy 2 and 1; other ploidies, and P, need the genotype.
    """
    match number:
        case b"A":
            return (alternates,)
        case b"R":
            return (alternates + 1,)
        case b"G":
            return ((alternates + 1) * (alternates + 2) // 2, alternates + 1)
        case _:
            return (int(number),) if number.isdigit() else None


def pattern_of(definition: Definition, alternates: int) -> bytes:
    """A regular expression for a well-formed value; a single '.' is always good, and so is one for every value."""
    one = rb"(?:" + VALUES[definition.kind] + (rb")" if definition.kind in TEXT else rb"|\.)")
    counts = counts_of(definition.number, alternates)
    if counts is None or max(counts) > MAX_COUNT:
        return one + rb"(?:," + one + rb")*+"
    forms = [one + (rb"(?:,%b){%d}+" % (one, count - 1) if count > 1 else b"") for count in counts if count]
    return rb"(?:" + rb"|".join([*forms, rb"\."]) + rb")"


@lru_cache(maxsize=4096)
def value_pattern(definition: Definition, alternates: int) -> re.Pattern[bytes]:
    """The compiled `pattern_of`."""
    return re.compile(pattern_of(definition, alternates))


@lru_cache(maxsize=64)
def type_pattern(kind: bytes) -> re.Pattern[bytes]:
    """Any number of values of a type."""
    return re.compile(pattern_of(Definition(b".", kind), 0))


def too_big(value: bytes) -> bool:
    """Says whether a list of integers holds one outside -2147483640 to 2147483647 (VCF 4.3, section 1.3)."""
    if len(value) <= LONGEST_SAFE_INTEGER or not MANY_DIGITS.search(value):
        return False
    return any(_is_outside(v) for v in value.split(b",") if len(v) > LONGEST_SAFE_INTEGER)


def _is_outside(number: bytes) -> bool:
    """Says whether a well-formed number is too big; Python converts no endless ones."""
    digits = number.lstrip(b"+-0")
    return len(digits) > LONGEST_SAFE_INTEGER + 1 or not LEAST <= int(number) <= MOST


class Where(NamedTuple):
    """Whose value it is: the start of codes, the start of sentences, and how the number of values is taken.

    `lenient` is for samples without a genotype, to which tools give one value instead of one for each allele;
    `exact` is for text whose number of values counts like that of numbers.
    """

    code: str
    name: str
    lenient: bool = False
    exact: bool = False


def explain_value(
    findings: FindingLog,
    where: Where,
    value: bytes | None,
    definition: Definition,
    alternates: int,
    place: dict[str, Any],
) -> None:
    """Tells why a value does not fit its definition: none at all, of another type, too big, too many or too few."""
    expected = WORDS.get(definition.kind, shown(definition.kind))
    if not value:
        findings.error(f"{where.code}_value", f"{where.name} has no value.", expected=expected, **place)
        return
    if not type_pattern(definition.kind).fullmatch(value):
        if definition.kind == b"Count" and type_pattern(b"Integer").fullmatch(value):
            findings.error(
                f"{where.code}_negative", f"{where.name} is negative.", found=value, expected="0 or more", **place
            )
            return
        message = f"{where.name} is '{shown(value)}', which is no {expected}."
        findings.error(f"{where.code}_type", message, found=value, expected=expected, **place)
        return
    if definition.kind in INTEGERS and too_big(value):
        _out_of_range(findings, where, value, place)
    _explain_number(findings, where, value, definition, alternates, place)


def _out_of_range(findings: FindingLog, where: Where, value: bytes, place: dict[str, Any]) -> None:
    message = f"{where.name} holds an integer outside the 32 bits that are allowed."
    findings.error(f"{where.code}_range", message, found=value, expected="-2147483640 to 2147483647", **place)


def _explain_number(
    findings: FindingLog,
    where: Where,
    value: bytes,
    definition: Definition,
    alternates: int,
    place: dict[str, Any],
) -> None:
    """A wrong number of values is an error.

    It is only told for declared text, in which tools write commas, and for one value in place of very many.
    """
    counts = counts_of(definition.number, alternates)
    found = value.count(b",") + 1
    if counts is None or found in counts or value == b"." or (definition.number.isalpha() and not alternates):
        return
    expected = " or ".join(map(str, sorted(set(counts))))
    message = f"{where.name} has {found} values where Number={shown(definition.number)} asks for {expected}."
    is_text = definition.kind == b"String" and definition is not ANCESTRAL and not where.exact
    summed_up = found == 1 and (where.lenient or alternates > MANY_ALLELES)
    report = findings.warning if is_text or summed_up else findings.error
    report(f"{where.code}_number", message, found=str(found), expected=expected, **place)
