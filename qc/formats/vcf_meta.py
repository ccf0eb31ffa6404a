"""Takes a structured meta-information value `<key=value,…>` of VCF apart (VCF specification, section 1.2)."""

from __future__ import annotations

import re
from typing import NamedTuple

PAIR = re.compile(rb"(\s*)([^=,<>\"\s]+)(\s*)=(?:\"((?:[^\"\\]|\\.)*)\"(?=,|\Z)|(\[[^\]]*\](?=,|\Z)|[^,]*))", re.DOTALL)
STARTS_QUOTED = re.compile(rb"\s*\"")


class BadMeta(Exception):
    """The value is not well formed; the message is the end of a sentence that begins with the line."""


class MetaValue(NamedTuple):
    """The text of one value and whether it stood in double quotes."""

    text: bytes
    quoted: bool


def parse_structured(value: bytes) -> tuple[dict[bytes, MetaValue], bool]:
    """The fields of `<…>`, and whether blanks stood around keys or after the value. Raises BadMeta."""
    spaced = value.endswith(b" ")
    value = value.rstrip(b" ")
    if not value.startswith(b"<"):
        raise BadMeta("does not hold its fields in angle brackets")
    if not value.endswith(b">"):
        raise BadMeta("does not end with '>'")
    inner = value[1:-1]
    fields: dict[bytes, MetaValue] = {}
    at = 0
    while at < len(inner):
        matched = PAIR.match(inner, at)
        if not matched:
            raise BadMeta("holds a field that is not key=value")
        before, key, after, quoted, bare = matched.groups()
        if key in fields:
            raise BadMeta(f"has the key {key.decode('latin-1')} twice")
        if bare is not None and STARTS_QUOTED.match(bare):
            raise BadMeta("holds a quotation mark that is not closed, or something after a quoted value")
        spaced = spaced or bool(before or after)
        fields[key] = MetaValue(quoted if quoted is not None else bare, quoted is not None)
        at = matched.end() + 1
    return fields, spaced
