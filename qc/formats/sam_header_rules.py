"""What the tags of SAM header lines may hold (SAM specification 1.6, section 1.3)."""

from __future__ import annotations

import re
from datetime import date

REFERENCE_NAME = re.compile(rb"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*")
REQUIRED = {b"HD": (b"VN",), b"SQ": (b"SN", b"LN"), b"RG": (b"ID",), b"PG": (b"ID",)}
UNIQUE = {b"SQ": b"SN", b"RG": b"ID", b"PG": b"ID"}
FREE_TEXT = frozenset({b"DS", b"CL"})
PLATFORMS = frozenset(
    b"CAPILLARY DNBSEQ ELEMENT HELICOS ILLUMINA IONTORRENT LS454 ONT PACBIO SINGULAR SOLID ULTIMA".split()
)
VALUES: dict[bytes, dict[bytes, tuple[re.Pattern[bytes], str]]] = {
    b"HD": {
        b"VN": (re.compile(rb"[0-9]+\.[0-9]+"), "a version like 1.6"),
        b"SO": (re.compile(rb"unknown|unsorted|queryname|coordinate"), "unknown, unsorted, queryname or coordinate"),
        b"GO": (re.compile(rb"none|query|reference"), "none, query or reference"),
        b"SS": (re.compile(rb"(coordinate|queryname|unsorted)(:[A-Za-z0-9_-]+)+"), "sort order and sub-sort order"),
    },
    b"SQ": {
        b"SN": (REFERENCE_NAME, "a name without blanks, commas, brackets or quotes"),
        b"LN": (re.compile(rb"[0-9]{1,10}"), "a length from 1 to 2147483647"),
        b"AH": (re.compile(rb"\*|" + REFERENCE_NAME.pattern), "*, a name, or name:start-end"),
        b"AN": (re.compile(REFERENCE_NAME.pattern + rb"(," + REFERENCE_NAME.pattern + rb")*"), "names and commas"),
        b"M5": (re.compile(rb"[0-9a-f]{32}"), "an MD5 of 32 lower-case hexadecimal digits"),
        b"TP": (re.compile(rb"linear|circular"), "linear or circular"),
    },
    b"RG": {
        b"FO": (re.compile(rb"\*|[ACMGRSVTWYHKDBN]+"), "* or IUPAC bases"),
        b"PI": (re.compile(rb"[+-]?[0-9]+(\.[0-9]*)?"), "a number"),
    },
    b"PG": {},
}
DATE = re.compile(
    rb"([0-9]{4})(?:-?([0-9]{2})(?:-?([0-9]{2}))?|-?W[0-5][0-9](?:-?[1-7])?|-?[0-3][0-9]{2})?"
    rb"(?:[T ][0-2][0-9](?::?[0-5][0-9](?::?[0-6][0-9])?)?(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)? *"
)

# Early versions of picard wrote dates like this.
JAVA_DATE = re.compile(rb"[A-Z][a-z]{2} [A-Z][a-z]{2} [0-9]{2} [0-9:]{8} [A-Z]{1,5} [0-9]{4}")


def bad_value(kind: bytes, tag: bytes, value: bytes) -> str | None:
    """What was expected of the value of a header tag; None when it is good or the tag is free."""
    pattern, expected = VALUES[kind].get(tag, (None, ""))
    if pattern and not pattern.fullmatch(value):
        return expected
    if kind == b"RG" and tag == b"DT" and not is_date(value) and not JAVA_DATE.fullmatch(value):
        return "an ISO 8601 date, or date and time"
    return None


def is_date(value: bytes) -> bool:
    """Says whether a text is an ISO 8601 date, with or without a time; blanks behind it are not minded."""
    matched = DATE.fullmatch(value)
    if not matched:
        return False
    year, month, day = matched.groups()
    try:
        date(int(year) or 1, int(month or 1), int(day or 1))
    except ValueError:
        return False
    return True
