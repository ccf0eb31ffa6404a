"""The hash chain of the audit: the canonical form of an event, and the digest that seals it. Pure.

A digest is the SHA-256, in hexadecimal, of the digest before it, a newline, and the event's columns as JSON: keys in
alphabetical order, no spaces, UTF-8, times in UTC with six digits of a second, ids as 36 characters, whole numbers
without a point. The same event has the same form whichever database it is read from.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

CONTENT = (
    *("id", "at", "actor_id", "verb", "subject", "address", "request_id", "detail"),
    *("created_at", "updated_at"),
)
"""The columns that are sealed, in the order in which `canonical` takes them."""

_encode = msgspec.json.Encoder(order="deterministic").encode
_WIDEST = 2**63


class Head(msgspec.Struct, frozen=True):
    """A place in the chain: the number of an event and its digest."""

    number: int
    digest: str


START = Head(0, "0" * 64)
"""What comes before the first event."""


def sealed(before: Head, content: Sequence[Any]) -> Head:
    """The seal of the event with these `CONTENT` columns, given the seal before it."""
    number = before.number + 1
    form = canonical(number, content)
    return Head(number, sha256(before.digest.encode() + b"\n" + form).hexdigest())


def canonical(number: int, content: Sequence[Any]) -> bytes:
    """The event as bytes, the same wherever and whenever it is read."""
    event_id, at, actor_id, verb, subject, address, request_id, detail, created_at, updated_at = content
    return _encode(
        {
            "actor_id": None if actor_id is None else str(actor_id),
            "address": address,
            "at": _moment(at),
            "created_at": _moment(created_at),
            "detail": _settled(detail),
            "id": str(event_id),
            "request_id": request_id,
            "seal_number": number,
            "subject": subject,
            "updated_at": _moment(updated_at),
            "verb": verb,
        }
    )


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _settled(value: Any) -> Any:
    """A value of JSON with each number in one form: databases keep `1.0`, `1e2` and `-0.0` in forms of their own."""
    if isinstance(value, dict):
        return {key: _settled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_settled(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _WIDEST:
        return int(value)
    if isinstance(value, int) and abs(value) >= _WIDEST:
        return float(value)
    return value
