"""Accession numbers: their grammar, printing and parsing.

`{PREFIX}-{KIND}-{NNNNNN}` with at least six digits, optionally followed by `.{version}`: `NFDP-RUN-000042.2`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from accession.errors import Rejected
from accession.issues import Issue

if TYPE_CHECKING:
    from collections.abc import Iterable


class Kind(StrEnum):
    """What an accession names. The order of the members is the fixed order in which numbers are minted."""

    PROJECT = "PRJ"
    SUBJECT = "SBJ"
    SAMPLE = "SAM"
    EXPERIMENT = "EXP"
    RUN = "RUN"
    FILE = "FIL"
    ORDER = "ORD"
    EXECUTION = "EXE"
    SUBMISSION = "SUB"


class Accession(msgspec.Struct, frozen=True):
    """A parsed accession; `version` is None for "the current one"."""

    prefix: str
    kind: Kind
    serial: int
    version: int | None = None


_CODES = {kind: kind.value for kind in Kind}  # an enum's `value` is a property, slow where thousands are printed
PREFIX_FORM = re.compile(r"[A-Z][A-Z0-9]{1,11}")
_FORM = re.compile(r"([A-Z][A-Z0-9]{1,11})-([A-Z]{3})-(0\d{5}|[1-9]\d{5,17})(?:\.([1-9]\d{0,8}))?")


def format_accession(prefix: str, kind: Kind, serial: int) -> str:
    """`("NFDP", Kind.SAMPLE, 42)` → `"NFDP-SAM-000042"`."""
    return f"{prefix}-{_CODES[kind]}-{serial:06d}"


def parse_accession(text: str) -> Accession | None:
    """Read an accession, or None where `text` is not one. Accepts any prefix and any known kind."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    prefix, kind, serial, version = match.groups()
    if kind not in Kind._value2member_map_ or int(serial) == 0:
        return None
    return Accession(prefix, Kind(kind), int(serial), int(version) if version else None)


def require_serial(text: str, prefix: str, kind: Kind, field: str = "accession") -> Accession:
    """Read an accession of `kind` with the archive's `prefix`, or raise `Rejected` naming the expected form.

    Only runs have versions; a version suffix on another kind is refused too.
    """
    parsed = parse_accession(text)
    versioned = parsed is not None and parsed.version is not None and kind is not Kind.RUN
    if parsed is None or parsed.prefix != prefix or parsed.kind is not kind or versioned:
        form = format_accession(prefix, kind, 42)
        message = f"{text[:80]!r} is not a {kind.name.lower()} accession; expected the form {form}."
        raise Rejected([Issue("malformed_accession", message, field=field)])
    return parsed


def require_any(text: str, prefix: str, kinds: Iterable[Kind]) -> Accession:
    """Read an accession of one of several kinds, or raise `Rejected` naming their forms."""
    parsed = parse_accession(text)
    if parsed is not None and parsed.kind in kinds:
        return require_serial(text, prefix, parsed.kind)
    forms = " or ".join(format_accession(prefix, kind, 42) for kind in kinds)
    message = f"{text[:80]!r} is no accession that is taken here; expected the form {forms}."
    raise Rejected([Issue("malformed_accession", message, field="accession")])
