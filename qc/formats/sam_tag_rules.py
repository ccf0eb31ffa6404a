"""What the standard tags hold (SAM tags specification, section 1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from qc.formats.sam_cigar import read_cigar

if TYPE_CHECKING:
    from collections.abc import Callable

# A tag of another type than this cannot be used by anything that knows the tag.
FIXED = {
    b"i": "HI IH MN MQ NH NM UQ",
    b"Z": "BQ CB CC CO CQ CR CS CT CY E2 FS LB MC MD MM OA OC OQ OX PG PT PU Q2 QT QX R2 RG RX SA U2",
    b"B": "ML",
}
# Writers that put another type into these are well known, or use the name for something of their own.
USUAL = {b"i": "AM AS CM CP FI H0 H1 H2 OP PQ SM TC", b"Z": "BC BZ MI", b"B": "CG FZ", b"A": "TS"}
FIXED_TYPES = {tag.encode(): kind for kind, tags in FIXED.items() for tag in tags.split()}
USUAL_TYPES = {tag.encode(): kind for kind, tags in USUAL.items() for tag in tags.split()}

MISMATCHES = re.compile(rb"[0-9]+(?:(?:[A-Za-z]|\^[A-Za-z]+)[0-9]+)*+")
OTHER_ALIGNMENTS = re.compile(rb"(?:[^,;\t ]+,-?[0-9]+,[-+],(?:[0-9]+[MIDNSHP=X])++,[0-9]+,-?[0-9]+;)++")
MODIFICATION = re.compile(rb"[ACGTUN][-+](?:([a-z]+)|[0-9]+)[.?]?((?:,[0-9]+)*+)")


class TagFault(NamedTuple):
    """What is wrong with the value of a standard tag; `refused` says that the specification forbids it."""

    refused: bool
    code: str
    says: str
    expected: str


def type_fault(tag: bytes, kind: bytes) -> TagFault | None:
    """The fault of a standard tag that has another type than its own."""
    if (fixed := FIXED_TYPES.get(tag, kind)) != kind:
        return TagFault(True, "tag_type", "has another type than the standard gives it", fixed.decode())
    if (usual := USUAL_TYPES.get(tag, kind)) != kind:
        return TagFault(False, "tag_type_unusual", "has another type than the standard gives it", usual.decode())
    return None


def value_fault(tag: bytes, value: bytes, length: int) -> TagFault | None:
    """The fault in the value of a tag that needs nothing but the length of SEQ (0: none) to be judged."""
    rule = RULES.get(tag)
    return rule(value, length) if rule else None


def _mismatches(value: bytes, _length: int) -> TagFault | None:
    if MISMATCHES.fullmatch(value) or value in {b"", b"*"}:
        return None
    return _refused("is not a run of matches, mismatches and deletions", "like 10A5^AC6")


def _cigar(value: bytes, _length: int) -> TagFault | None:
    return _refused("is not a CIGAR", "* or operations") if read_cigar(value).problem else None


def _other_alignments(value: bytes, _length: int) -> TagFault | None:
    if OTHER_ALIGNMENTS.fullmatch(value):
        return None
    return _told("does not list alignments", "rname,pos,strand,CIGAR,mapQ,NM;")


def _as_long(value: bytes, length: int) -> TagFault | None:
    if not length or len(value) == length or value == b"*":
        return None
    return _told("is not as long as SEQ", str(length))


def _length_then(value: bytes, length: int) -> TagFault | None:
    if not length or value.lstrip(b"+0") == str(length).encode():
        return None
    return _told("is not the length of SEQ, so that MM and ML are out of date", str(length))


RULES: dict[bytes, Callable[[bytes, int], TagFault | None]] = {
    b"MD": _mismatches,
    b"MC": _cigar,
    b"SA": _other_alignments,
    b"OQ": _as_long,
    b"BQ": _as_long,
    b"MN": _length_then,
}


def modification_fault(modifications: bytes, likelihoods: int | None) -> TagFault | None:
    """The fault of MM (section 1.7); `likelihoods` is the number of values in ML, None without that tag."""
    if modifications and not modifications.endswith(b";"):
        return _refused("does not end with ';'", "like C+m,5,12;")
    wanted = 0
    for item in modifications.split(b";")[:-1]:
        matched = MODIFICATION.fullmatch(item)
        if not matched:
            return _refused("is not a list of base modifications", "like C+m,5,12;")
        codes, skips = matched.groups()
        wanted += skips.count(b",") * (len(codes) if codes else 1)
    if likelihoods is not None and likelihoods != wanted:
        return _refused(f"lists {wanted} modifications but ML has {likelihoods} values", "as many in ML as in MM")
    return None


def _refused(says: str, expected: str) -> TagFault:
    return TagFault(True, "tag_value", says, expected)


def _told(says: str, expected: str) -> TagFault:
    return TagFault(False, "tag_doubtful", says, expected)
