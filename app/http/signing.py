"""Signs links to pages that a browser opens, since a browser sends no bearer: one page, for a short time."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from datetime import timedelta
    from uuid import UUID

    from app.wiring import Wiring

_DIGITS = 12  # of the moment at which a link ends: enough for 30,000 years


def signed(wiring: Wiring, path: str, *, lives: timedelta, review: UUID | None = None) -> str:
    """The path with a query that lets whoever has it open this page until it ends.

    With `review`, the id of a reviewer link, it is good only as long as that link is, which the page has to look up.
    """
    expires = int((wiring.clock.now() + lives).timestamp())
    signature = _signature(wiring.keys.signed_link[0], path, expires, review)
    told = {"expires": expires} if review is None else {"expires": expires, "review": str(review)}
    return f"{path}?{urlencode({**told, 'signature': signature})}"


def is_signed(
    wiring: Wiring, path: str, *, expires: str | None, signature: str | None, review: UUID | None = None
) -> bool:
    """Whether a link to `path` is one of ours, made for that reviewer link if any, and has not ended."""
    if expires is None or signature is None or not expires.isascii() or not expires.isdigit():
        return False
    if len(expires) > _DIGITS or not signature.isascii():
        return False
    keys = wiring.keys.signed_link
    if not any(hmac.compare_digest(signature, _signature(key, path, int(expires), review)) for key in keys):
        return False
    return wiring.clock.now() < datetime.fromtimestamp(int(expires), UTC)


def _signature(key: bytes, path: str, expires: int, review: UUID | None) -> str:
    signed = f"{path}\n{expires}" if review is None else f"{path}\n{expires}\n{review}"
    return hmac.new(key, signed.encode(), sha256).hexdigest()
