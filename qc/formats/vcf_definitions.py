"""What INFO and FORMAT keys are defined as, and the keys that the VCF specification reserves (tables 1 and 2)."""

from __future__ import annotations

from typing import NamedTuple


class Definition(NamedTuple):
    """What an INFO or FORMAT line says about a key: how many values, of which type."""

    number: bytes
    kind: bytes


ONE_INTEGER = Definition(b"1", b"Integer")
ANCESTRAL = Definition(b"1", b"String")
NOT_NEGATIVE = frozenset((b"AC", b"AD", b"ADF", b"ADR", b"AN", b"DP", b"END", b"MQ0", b"NS"))
RESERVED_INFO = {
    b"AA": ANCESTRAL,
    b"AC": Definition(b"A", b"Integer"),
    b"AD": Definition(b"R", b"Integer"),
    b"ADF": Definition(b"R", b"Integer"),
    b"ADR": Definition(b"R", b"Integer"),
    b"AF": Definition(b"A", b"Float"),
    b"AN": ONE_INTEGER,
    b"BQ": Definition(b"1", b"Float"),
    b"DB": Definition(b"0", b"Flag"),
    b"DP": ONE_INTEGER,
    b"END": ONE_INTEGER,
    b"H2": Definition(b"0", b"Flag"),
    b"H3": Definition(b"0", b"Flag"),
    b"MQ": Definition(b"1", b"Float"),
    b"MQ0": ONE_INTEGER,
    b"NS": ONE_INTEGER,
    b"SOMATIC": Definition(b"0", b"Flag"),
    b"VALIDATED": Definition(b"0", b"Flag"),
    b"1000G": Definition(b"0", b"Flag"),
}
RESERVED_FORMAT = {
    b"AD": Definition(b"R", b"Integer"),
    b"DP": ONE_INTEGER,
    b"EC": Definition(b"A", b"Integer"),
    b"FT": Definition(b"1", b"String"),
    b"GL": Definition(b"G", b"Float"),
    b"GP": Definition(b"G", b"Float"),
    b"GQ": ONE_INTEGER,
    b"GT": Definition(b"1", b"String"),
    b"HQ": Definition(b"2", b"Integer"),
    b"MQ": ONE_INTEGER,
    b"PL": Definition(b"G", b"Integer"),
    b"PQ": ONE_INTEGER,
    b"PS": ONE_INTEGER,
}
RESERVED = {b"INFO": RESERVED_INFO, b"FORMAT": RESERVED_FORMAT}
