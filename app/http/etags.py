"""Entity tags (RFC 9110): makes one of what is answered, and compares those that a request names with it."""

from __future__ import annotations

import re
from hashlib import blake2b

import msgspec

from accession.errors import Malformed

_ENCODER = msgspec.json.Encoder()
_TAG = re.compile(r'\s*(W/)?("[\x21\x23-\x7e\x80-\xff]*")\s*(?:,|$)')
_ANY = "*"


def tag_of(revision: int, body: object) -> str:
    """A strong tag: the record's revision, and a digest of the answer, which tells of more than the record."""
    return f'"{revision}-{blake2b(_ENCODER.encode(body), digest_size=6).hexdigest()}"'


def matches(header: str, current: str) -> bool:
    """Whether `If-Match` lets a change through: any, or one of the tags; a weak tag never matches."""
    return header.strip() == _ANY or any(tag == current and not weak for weak, tag in _tags(header, "If-Match"))


def is_known(header: str, current: str) -> bool:
    """Whether the caller of `If-None-Match` has the answer already; a weak tag will do."""
    return header.strip() == _ANY or any(tag == current for _, tag in _tags(header, "If-None-Match"))


def _tags(header: str, name: str) -> list[tuple[bool, str]]:
    """The tags of a list, with whether each is weak; `Malformed` where it is none."""
    found: list[tuple[bool, str]] = []
    at = 0
    while at < len(header):
        tag = _TAG.match(header, at)
        if tag is None:
            raise Malformed(f"{name} must be '*' or entity tags in quotes, as ETag answers them, with commas between.")
        found.append((tag[1] is not None, tag[2]))
        at = tag.end()
    return found
