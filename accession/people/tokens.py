"""Access tokens: short signed ones that speak for an account, whole or within scopes, and what is kept of any token."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID, uuid4

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from accession.errors import Unauthenticated
from accession.people.scopes import scopes_of, written

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALGORITHMS = ["HS256"]
_LONGEST = 4096
INVALID = "The token is not valid (any more); log in again."


class TokenKeys(Protocol):
    """Where the keys of access tokens come from."""

    @property
    def access_token(self) -> tuple[bytes, ...]:
        """Keys of at least 32 secret bytes, used for nothing else; the first one signs, all verify."""


class Spoken(msgspec.Struct, frozen=True):
    """What an access token says: for which account, since when, for how much, and by which machine client."""

    account_id: UUID
    made_at: datetime
    scopes: frozenset[str] | None = None
    client_id: str | None = None


def digest_of(token: str) -> str:
    """What is stored of a token: its SHA-256, as 64 hexadecimal digits. Tokens are random, so no salt is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def kid_of(secret: bytes) -> str:
    """The name of a key, which tells nothing of it."""
    return hashlib.sha256(b"kid:" + secret).hexdigest()[:12]


@lru_cache(maxsize=8)
def _known(secrets: tuple[bytes, ...]) -> dict[str, OctKey]:
    """The keys as the JWT library wants them, by their `kid`; the one that signs comes first."""
    return {kid_of(secret): OctKey.import_key(secret) for secret in secrets}


def access_token(
    keys: TokenKeys,
    account_id: UUID,
    *,
    now: datetime,
    minutes: float,
    scopes: Iterable[str] | None = None,
    client_id: str | None = None,
) -> str:
    """A signed JWT that speaks for the account for `minutes`; claims `sub, iat, exp, jti, typ="access"`.

    `scope` and `client_id` (RFC 9068) are there where the token does not speak for the whole account. `iat` has
    microseconds, so that a token is told from those that ended a moment before it was made.
    """
    kid, key = next(iter(_known(keys.access_token).items()))
    claims: dict[str, Any] = {
        "sub": str(account_id),
        "iat": now.timestamp(),
        "exp": int((now + timedelta(minutes=minutes)).timestamp()),
        "jti": uuid4().hex,
        "typ": "access",
    }
    if scopes is not None:
        claims["scope"] = written(scopes)
    if client_id is not None:
        claims["client_id"] = client_id
    return jwt.encode({"alg": "HS256", "kid": kid}, claims, key, algorithms=_ALGORITHMS)


def spoken_by(keys: TokenKeys, token: str, *, now: datetime) -> Spoken:
    """What an access token says; forged, expired, malformed or of another type: `Unauthenticated`."""
    known = _known(keys.access_token)
    if len(token) > _LONGEST or not token.isascii():
        raise Unauthenticated(INVALID, code="invalid_token")
    try:
        claims = jwt.decode(token, lambda head: known[head.headers()["kid"]], algorithms=_ALGORITHMS).claims
        if claims.get("typ") != "access":
            raise Unauthenticated(INVALID, code="invalid_token")
        if int(claims["exp"]) <= now.timestamp():
            raise Unauthenticated("The access token has expired; refresh it or log in again.", code="expired_token")
        return Spoken(
            account_id=UUID(claims["sub"]),
            made_at=datetime.fromtimestamp(claims["iat"], UTC),
            scopes=scopes_of(claims["scope"]) if "scope" in claims else None,
            client_id=str(claims["client_id"]) if "client_id" in claims else None,
        )
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError) as error:
        raise Unauthenticated(INVALID, code="invalid_token") from error
