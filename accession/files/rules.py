"""The rules of files: names, promises, parts, how a state may follow another, and how a name travels in a header."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import msgspec

from accession.issues import Issue

if TYPE_CHECKING:
    from datetime import datetime

MIB = 2**20
GIB = 2**30
# Limits of every S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
MIN_PART_SIZE = 5 * MIB
MAX_PART_SIZE = 5 * GIB
MAX_PARTS = 10_000
MAX_NAME_BYTES = 255

_MD5 = re.compile(r"[0-9a-fA-F]{32}")
_PERCENT = re.compile(r"%[0-9a-fA-F]{2}")
_DEVICES = frozenset({"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"}) | {
    f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789¹²³"
}
_UNWANTED = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, lone surrogates, line and paragraph separators
# Marks that turn the direction of writing, so that a name can show another extension than it has.
_BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


class Terms(msgspec.Struct, frozen=True):
    """What the operator allows: sizes in bytes (`quota_bytes` 0: no limit), and how long links and staged files live.

    `etag_is_md5` says that the store's ETag of one PUT is known to be an MD5; elsewhere it may be any 32 digits.

    `receiving` is how long a streamed upload may give no sign of life before it counts as given up; `removal` is how
    long the bytes of removed runs are kept.
    """

    max_bytes: int
    quota_bytes: int = 0
    link: timedelta = timedelta(hours=24)
    staging: timedelta = timedelta(days=7)
    receiving: timedelta = timedelta(minutes=10)
    removal: timedelta = timedelta(days=7)
    etag_is_md5: bool = False


class PartPlan(msgspec.Struct, frozen=True):
    """How a file is cut: `count` parts of `size` bytes each, the last one shorter."""

    count: int
    size: int


def name_fault(name: str) -> str | None:
    """Why `name` cannot be a file's name, as the end of the sentence "The file name …"; None when it can."""
    if not name or not name.strip():
        return "is empty."
    if any(unicodedata.category(char) in _UNWANTED or char in _BIDI for char in name):
        return "has a control character or one that hides how it reads."
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"has more than {MAX_NAME_BYTES} bytes."
    seen = _undone(name)
    if any(char in seen for char in "/\\\0\r\n"):
        return "has a path separator; send the bare name, without its folder."
    if name.startswith("."):
        return "begins with a dot."
    if name != name.strip() or name.endswith("."):
        return "begins or ends with a blank, or ends with a dot."
    stem = name.partition(".")[0].rstrip()
    if stem.upper() in _DEVICES:
        return f"is reserved: {stem} is a device on some systems."
    return None


def _undone(name: str) -> str:
    """The name with percent-encoding undone as often as it was done, so that nothing hides in it."""
    for _ in range(len(name)):
        if not _PERCENT.search(name):
            break
        plain = unquote(name, errors="replace")
        if plain == name:
            break
        name = plain
    return name


def promise_issues(filename: str, size: int | None, md5: str | None) -> list[Issue]:
    """Every fault of what an upload promises: the name, its size in bytes, its MD5 in hexadecimal."""
    issues: list[Issue] = []
    fault = name_fault(filename)
    if fault is not None:
        issues.append(Issue("bad_file_name", f"The file name {fault}", field="filename"))
    if size is not None and size < 1:
        issues.append(Issue("bad_file_size", f"file_size is {size}; a data file has at least one byte.", "file_size"))
    if md5 is not None and not _MD5.fullmatch(md5):
        message = f"{md5[:40]!r} is no MD5; expected 32 hexadecimal digits."
        issues.append(Issue("bad_checksum", message, field="checksum_md5"))
    return issues


def part_plan(size: int, parts: int | None) -> PartPlan | Issue:
    """Cut `size` bytes into `parts` parts (None: one, by a single PUT), or say why that cannot be."""
    least = -(-size // MAX_PART_SIZE)
    if parts is None:
        if least <= 1:
            return PartPlan(1, size)
        return Issue("parts_needed", f"More than 5 GiB need parts; ask for 'parts': {least} or more.", field="parts")
    if not 1 <= parts <= MAX_PARTS:
        return Issue("bad_parts", f"'parts' is {parts}; expected 1 to {MAX_PARTS}.", field="parts")
    if (parts - 1) * MIN_PART_SIZE >= size:
        most = -(-size // MIN_PART_SIZE)
        message = f"All parts but the last have at least 5 MiB; {size} bytes make at most {most}, not {parts}."
        return Issue("parts_too_small", message, field="parts")
    if parts < least:
        return Issue("parts_too_big", f"A part has at most 5 GiB; ask for at least {least} parts.", field="parts")
    return PartPlan(parts, max(-(-size // parts), min(MIN_PART_SIZE, size)))


def same_md5(one: str | None, other: str | None) -> bool:
    """Whether two MD5s do not contradict each other; an unknown one contradicts nothing."""
    return one is None or other is None or one.lower() == other.lower()


def md5_of_etag(etag: str) -> str | None:
    """The MD5 that an ETag is, or None where it is that of joined parts."""
    bare = etag.strip('"')
    return bare.lower() if _MD5.fullmatch(bare) else None


def mismatch_verdict(promised: str, found: str) -> dict[str, object]:
    """The verdict on bytes that are not the promised ones; the same keys as a validation's."""
    message = f"The MD5 of the bytes is {found}, but {promised} was promised."
    finding = {
        "severity": "error",
        "code": "checksum_mismatch",
        "message": message,
        "found": found,
        "expected": promised,
    }
    return {
        "valid": False,
        "findings": [finding],
        "finding_counts": {"checksum_mismatch": 1},
        "checked": ["the MD5 of the bytes against the promised one"],
    }


def next_look(now: datetime, begun: datetime, terms: Terms) -> datetime:
    """When a promised upload is looked at again: after as long as it has waited, and when its link has ended."""
    waited = max(now - begun, timedelta(minutes=1))
    return min(now + waited, max(begun + terms.link, now) + timedelta(minutes=1))


def content_disposition(filename: str) -> str:
    """`attachment` with the original name: an ASCII stand-in for old clients, the true one after RFC 5987 and 6266."""
    plain = "".join(char if " " <= char <= "~" and char not in '"\\%' else "_" for char in filename)
    true = quote(filename, safe="!#$&+-.^_`|~")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{true}"
