"""Checks who sent a message of the laboratory's system: an HMAC over the moment and the body, and a fresh moment.

The header is `t=<seconds since 1970>,v1=<HMAC-SHA256 of "t.body" in hexadecimal>`. While secrets are changed a sender
may give several `v1`, and the archive may know several secrets: one of each has to fit.
"""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from accession.errors import Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

SKEW: Final = 300
"""Seconds by which the sender's clock, and the way of the message, may differ."""
LEAST_SECRET: Final = 16
_MOST_SIGNATURES: Final = 8
_MOMENT: Final = re.compile(r"[0-9]{1,12}")
_REFUSED: Final = (
    "The message is not signed as agreed: send 'X-SeqArk-Signature: t=<unix seconds>,v1=<HMAC-SHA256 of t.body>', made "
    "with the secret of the archive no more than five minutes ago."
)


def secrets_of(text: str) -> list[bytes]:
    """The secrets of a setting, separated by commas."""
    return [part.strip().encode() for part in text.split(",") if part.strip()]


def sign(secret: bytes, body: bytes, moment: int) -> str:
    """The header that a sender puts on a body."""
    return f"t={moment},v1={_digest(secret, body, str(moment))}"


def require_signed(secrets: Sequence[bytes], header: str | None, body: bytes, now: datetime) -> None:
    """Raise `Unauthenticated` unless the body was signed with one of the secrets, just now.

    All secrets and signatures are compared, each in a time that tells nothing of them; without any secret no message is
    accepted.
    """
    moments, given = _parts(header or "")
    moment = moments[0] if len(moments) == 1 else ""
    matches = False
    for secret in secrets:
        expected = _digest(secret, body, moment).encode()
        for signature in given:
            matches |= hmac.compare_digest(expected, signature.encode())
    fresh = bool(_MOMENT.fullmatch(moment)) and abs(now.timestamp() - int(moment)) <= SKEW
    if not (matches and fresh):
        raise Unauthenticated(_REFUSED, code="bad_signature")


def _digest(secret: bytes, body: bytes, moment: str) -> str:
    return hmac.new(secret, moment.encode() + b"." + body, sha256).hexdigest()


def _parts(header: str) -> tuple[list[str], list[str]]:
    """The moments and the signatures of a header; other parts are of versions to come."""
    pairs = [part.strip().partition("=") for part in header.split(",")[: 2 * _MOST_SIGNATURES]]
    moments = [value for name, _, value in pairs if name == "t"]
    return moments, [value.lower() for name, _, value in pairs if name == "v1"][:_MOST_SIGNATURES]
