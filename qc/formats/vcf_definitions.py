"""What INFO and FORMAT keys are defined as, and the keys that the VCF specification reserves (tables 1 and 2)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple


class Definition(NamedTuple):
    """What an INFO or FORMAT line says about a key: how many values, of which type.

    Besides the types of the specification, `kind` may be one that is narrower: `Probability` (0 to 1), `Count`
    (an integer from 0) or `Cigar`.
    """

    number: bytes
    kind: bytes


INTEGER, FLOAT, STRING, FLAG = b"Integer", b"Float", b"String", b"Flag"
ONE_INTEGER = Definition(b"1", INTEGER)
IS_FLAG = Definition(b"0", FLAG)
ANCESTRAL = Definition(b"1", STRING)
FIRST_STRICT = 3

_INFO = {
    b"AA": ANCESTRAL,
    b"AC": Definition(b"A", INTEGER),
    b"AF": Definition(b"A", FLOAT),
    b"AN": ONE_INTEGER,
    b"BQ": Definition(b"1", FLOAT),
    b"CIGAR": Definition(b"A", STRING),
    b"DB": IS_FLAG,
    b"DP": ONE_INTEGER,
    b"END": ONE_INTEGER,
    b"H2": IS_FLAG,
    b"H3": IS_FLAG,
    b"MQ": Definition(b"1", FLOAT),
    b"MQ0": ONE_INTEGER,
    b"NS": ONE_INTEGER,
    b"SOMATIC": IS_FLAG,
    b"VALIDATED": IS_FLAG,
    b"1000G": IS_FLAG,
}
_DEPTHS = {key: Definition(b"R", INTEGER) for key in (b"AD", b"ADF", b"ADR")}
_REPEATS = {
    b"SVLEN": Definition(b"A", INTEGER),
    b"SVCLAIM": Definition(b"A", STRING),
    b"RN": Definition(b"A", INTEGER),
    b"RUS": Definition(b".", STRING),
    b"RUL": Definition(b".", INTEGER),
    b"RUC": Definition(b".", FLOAT),
    b"RB": Definition(b".", INTEGER),
    b"CIRUC": Definition(b".", FLOAT),
    b"CIRB": Definition(b".", INTEGER),
    b"RUB": Definition(b".", INTEGER),
}
_FORMAT = {
    b"DP": ONE_INTEGER,
    b"EC": Definition(b"A", INTEGER),
    b"FT": Definition(b"1", STRING),
    b"GL": Definition(b"G", FLOAT),
    b"GP": Definition(b"G", FLOAT),
    b"GQ": ONE_INTEGER,
    b"GT": Definition(b"1", STRING),
    b"HQ": Definition(b"2", INTEGER),
    b"MQ": ONE_INTEGER,
    b"PL": Definition(b"G", INTEGER),
    b"PQ": ONE_INTEGER,
    b"PS": ONE_INTEGER,
}
_GLE = {b"GLE": Definition(b"G", STRING)}
_PHASE_SETS = {
    b"PSL": Definition(b"P", STRING),
    b"PSO": Definition(b"P", INTEGER),
    b"PSQ": Definition(b"P", INTEGER),
}
_COUNTS = {
    b"INFO": frozenset((b"AC", b"AD", b"ADF", b"ADR", b"AN", b"DP", b"END", b"MQ0", b"NS")),
    b"FORMAT": frozenset((b"AD", b"ADF", b"ADR", b"DP", b"EC")),
}


@lru_cache(maxsize=64)
def reserved(section: bytes, minor: int) -> dict[bytes, Definition]:
    """The keys that VCF 4.`minor` reserves in INFO or FORMAT (tables 1 and 2; 4.4 adds those of tandem repeats)."""
    if section == b"INFO":
        return _INFO | (_DEPTHS if minor >= FIRST_STRICT else {}) | (_REPEATS if minor > FIRST_STRICT else {})
    newer = _DEPTHS | (_PHASE_SETS if minor > FIRST_STRICT else {})
    return _FORMAT | (newer if minor >= FIRST_STRICT else _GLE)


def is_tolerated(key: bytes, found: Definition, wanted: Definition, minor: int) -> bool:
    """Says whether well-known writers declare a reserved key like this, against the table.

    `.` for a number says less than the table, not something else, and so is known of all but AA. Minimac, Sniffles
    and the first releases of 1000 Genomes give AF one value, samtools 0.1 GL and PL three; MQ is an integer in
    samtools; older GATK and freebayes have GQ as Float, long-read phasers PS as String.
    """
    if found.kind == wanted.kind and found.number == b".":
        return key != b"AA"
    loose = {
        b"AF": found == Definition(b"1", FLOAT),
        b"GL": found == Definition(b"3", FLOAT),
        b"PL": found == Definition(b"3", INTEGER),
        b"GQ": found == Definition(b"1", FLOAT),
        b"PS": found.kind == STRING,
    }
    return (key == b"MQ" and found.kind in (INTEGER, FLOAT) and found.number in (b"1", b".")) or (
        minor < FIRST_STRICT and loose.get(key, False)
    )


def narrowed(section: bytes, key: bytes, definition: Definition, minor: int) -> Definition:
    """The definition with a narrower kind where the specification bounds the values of a reserved key.

    AF is a frequency in every version. GP and CNP are probabilities since 4.3; before, GP was phred-scaled.
    """
    number, kind = definition
    if kind == INTEGER and key in _COUNTS[section]:
        return Definition(number, b"Count")
    if kind == FLOAT and (
        (section == b"INFO" and key == b"AF")
        or (section == b"FORMAT" and key in (b"GP", b"CNP") and minor >= FIRST_STRICT)
    ):
        return Definition(number, b"Probability")
    if kind == STRING and section == b"INFO" and key == b"CIGAR":
        return Definition(number, b"Cigar")
    return definition
