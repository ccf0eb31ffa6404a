"""Tokens that speak for an account: short signed access tokens, and personal access tokens for scripts."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from functools import lru_cache
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Protocol
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from sqlalchemy import or_, update

from accession.audit.service import record
from accession.errors import Rejected, Unauthenticated
from accession.people import rules
from accession.people.accounts import actor_columns, actor_where, load_actor
from accession.people.credentials import AccessToken
from accession.people.models import Account

if TYPE_CHECKING:
    from accession.actor import Actor
    from accession.unit import Unit

PERSONAL = "sqk_"
_ALGORITHMS = ["HS256"]
_LONGEST = 4096
_INVALID = "The token is not valid (any more); log in again."


class TokenKeys(Protocol):
    """Where the key that signs access tokens comes from."""

    @property
    def access_token(self) -> bytes:
        """At least 32 secret bytes, used for nothing else."""


def digest_of(token: str) -> str:
    """What is stored of a token: its SHA-256, as 64 hexadecimal digits. Tokens are random, so no salt is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=8)
def _signing_key(secret: bytes) -> tuple[OctKey, str]:
    """The key as the JWT library wants it, and its `kid`."""
    return OctKey.import_key(secret), hashlib.sha256(b"kid:" + secret).hexdigest()[:12]


def access_token(keys: TokenKeys, account_id: UUID, *, now: datetime, minutes: float) -> str:
    """A signed JWT that speaks for the account for `minutes`; claims `sub, iat, exp, jti, typ="access"`."""
    key, kid = _signing_key(keys.access_token)
    claims = {
        "sub": str(account_id),
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(minutes=minutes)).timestamp()),
        "jti": uuid4().hex,
        "typ": "access",
    }
    return jwt.encode({"alg": "HS256", "kid": kid}, claims, key, algorithms=_ALGORITHMS)


def account_of_access_token(keys: TokenKeys, token: str, *, now: datetime) -> UUID:
    """The account that an access token speaks for; forged, expired, malformed or of another type: `Unauthenticated`."""
    key, kid = _signing_key(keys.access_token)
    if len(token) > _LONGEST or not token.isascii():
        raise Unauthenticated(_INVALID, code="invalid_token")
    try:
        read = jwt.decode(token, key, algorithms=_ALGORITHMS)
        claims = read.claims
        if read.header.get("kid") != kid or claims.get("typ") != "access":
            raise Unauthenticated(_INVALID, code="invalid_token")
        if int(claims["exp"]) <= now.timestamp():
            raise Unauthenticated("The access token has expired; refresh it or log in again.", code="expired_token")
        return UUID(claims["sub"])
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Unauthenticated(_INVALID, code="invalid_token") from error


async def actor_of(unit: Unit, keys: TokenKeys, token: str) -> Actor:
    """The Actor that a bearer token (access token or personal access token) speaks for, or `Unauthenticated`."""
    if not token.startswith(PERSONAL):
        return await load_actor(unit, account_of_access_token(keys, token, now=unit.now))
    alive = or_(AccessToken.expires_at.is_(None), AccessToken.expires_at > unit.now)
    statement = (
        actor_columns()
        .join(AccessToken, AccessToken.account_id == Account.id)
        .where(AccessToken.digest == digest_of(token), AccessToken.revoked_at.is_(None), alive)
    )
    return await actor_where(unit, statement)


async def add_token(unit: Unit, account: Account, name: str, *, lifetime: timedelta | None = None) -> str:
    """Make a personal access token for the account; its text is told here and never again."""
    issues = rules.title_issues(name, "name", rules.TOKEN_NAME_LIMIT)
    if issues:
        raise Rejected(issues)
    text = PERSONAL + token_urlsafe(32)
    row = AccessToken(
        account_id=account.id,
        name=name.strip(),
        digest=digest_of(text),
        expires_at=None if lifetime is None else unit.now + lifetime,
    )
    unit.session.add(row)
    await unit.session.flush()
    record(unit, "token.create", str(row.id), account=str(account.id), name=row.name)
    return text


async def revoke_tokens(unit: Unit, account: Account, name: str) -> int:
    """End the account's personal access tokens of this name; how many there were."""
    statement = (
        update(AccessToken)
        .where(AccessToken.account_id == account.id, AccessToken.name == name, AccessToken.revoked_at.is_(None))
        .values(revoked_at=unit.now)
        .returning(AccessToken.id)
        .execution_options(synchronize_session=False)
    )
    ended = (await unit.session.execute(statement)).scalars().all()
    for token_id in ended:
        record(unit, "token.revoke", str(token_id), account=str(account.id), name=name)
    return len(ended)
