"""The grammar of the values in INFO and samples: which text each Type and Number allow (VCF section 1.3, 1.6).

No pattern here can match a text in two ways, so that a hostile value costs no more time than a good one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from qc.formats.vcf_definitions import Definition

INTEGER = rb"[-+]?[0-9]+"
FLOAT = (
    rb"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
    rb"|[-+]?(?:[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN])"
)
VALUES = {
    b"Integer": INTEGER,
    b"Float": FLOAT,
    b"Character": rb"[^,;=\t]|%[0-9A-Fa-f]{2}",
    b"String": rb"[^,\t]*",
}
LONGEST_SAFE_INTEGER = 9
MANY_DIGITS = re.compile(rb"[0-9]{10}")
MAX_COUNT = 4096
TEXT = (b"Character", b"String")


def counts_of(number: bytes, alternates: int) -> tuple[int, ...] | None:
    """How many values a Number asks for with so many alternate alleles; None when any number is good.

    G is given for ploidy 2 and 1; other ploidies need the genotype.
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
        return one + rb"(?:," + one + rb")*"
    forms = [one + (rb"(?:,%b){%d}" % (one, count - 1) if count > 1 else b"") for count in counts if count]
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
    return any(
        not -(2**31) + 8 <= int(v) <= 2**31 - 1
        for v in value.split(b",")
        if len(v) > LONGEST_SAFE_INTEGER and v != b"."
    )
