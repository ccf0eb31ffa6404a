"""Identities elsewhere: what an identity provider's ID token vouches for, and which account that is.

An identity is linked by issuer and subject. An e-mail address alone links nothing, unless the provider and the archive
have both verified it: else whoever sets an address at the provider would take the account over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from joserfc import jws, jwt
from joserfc.errors import JoseError
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from accession.audit.service import record
from accession.errors import Conflict, NotFound, Unauthenticated
from accession.people import rules
from accession.people.credentials import Identity
from accession.people.lists import page_of
from accession.people.models import Account

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from joserfc.jwk import Key
    from sqlalchemy import Row

    from accession.paging import Page, PageRequest
    from accession.unit import Unit

# Signatures of a private key alone: with a shared one, whoever may check could also sign.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_LONGEST = 16 * 1024
_LEEWAY = 60  # seconds by which clocks may differ
_SUBJECT_LIMIT = 255


class Provider(Protocol):
    """The identity provider that the settings name."""

    @property
    def issuer(self) -> str:
        """Its name, as its tokens have it."""

    @property
    def client_id(self) -> str:
        """The archive's name there."""

    async def keys(self, kid: str | None, *, anew: bool = False) -> Sequence[Key]:
        """Its public keys, or those of this name; `anew` as they are now, or were a moment ago."""


class Vouched(msgspec.Struct, frozen=True):
    """Whom a provider vouches for."""

    issuer: str
    subject: str
    email: str | None = None
    email_verified: bool = False
    full_name: str | None = None


async def vouched_for(provider: Provider, id_token: str, *, now: datetime, nonce: str | None = None) -> Vouched:
    """Whom an ID token vouches for, or `Unauthenticated`: checked are signature, issuer, audience, times and nonce.

    Asks the provider for its keys, so it is to be called outside of any unit.
    """
    try:
        claims = await _signed_claims(provider, id_token)
        _check(provider, claims, now=now, nonce=nonce)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Unauthenticated(
            "The identity provider's token does not hold; sign in again.", code="invalid_id_token"
        ) from (error)
    return told_by(provider.issuer, claims)


async def _signed_claims(provider: Provider, id_token: str) -> dict[str, Any]:
    """The claims of a token that one of the provider's keys has signed; the provider may have got a new one."""
    if len(id_token) > _LONGEST or not id_token.isascii():
        raise ValueError("too long, or no token")
    kid = jws.extract_compact(id_token.encode()).headers().get("kid")
    failure: Exception = KeyError("no such key")
    for anew in (False, True):
        for key in await provider.keys(kid if isinstance(kid, str) else None, anew=anew):
            try:
                return jwt.decode(id_token, key, algorithms=ALGORITHMS).claims
            except (JoseError, ValueError, TypeError) as error:
                failure = error
    raise failure


def _check(provider: Provider, claims: dict[str, Any], *, now: datetime, nonce: str | None) -> None:
    """Raise for claims that are not of this provider, for this archive, of this time and of this sign-in."""
    of_this_sign_in: dict[str, Any] = {} if nonce is None else {"nonce": {"essential": True, "value": nonce}}
    registry = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=_LEEWAY,
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": provider.client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        **of_this_sign_in,
    )
    registry.validate(claims)
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or "azp" in claims) and claims.get("azp") != provider.client_id:
        raise ValueError("made for another party")
    if not 0 < len(claims["sub"]) <= _SUBJECT_LIMIT or not rules.storable(claims["sub"]):
        raise ValueError("no subject")


def completed(vouched: Vouched, told: dict[str, Any]) -> Vouched:
    """With what a provider tells beside the token, which must be of the same subject."""
    if told.get("sub") != vouched.subject:
        return vouched
    more = told_by(vouched.issuer, told)
    return msgspec.structs.replace(more, full_name=more.full_name or vouched.full_name)


def told_by(issuer: str, claims: dict[str, Any]) -> Vouched:
    """Whom checked claims are about; what is not as it should be is left out."""
    email, name = claims.get("email"), claims.get("name")
    address = rules.folded(email) if isinstance(email, str) else ""
    known = not rules.email_issues(address)
    return Vouched(
        issuer=issuer,
        subject=claims["sub"],
        email=address if known else None,
        email_verified=known and claims.get("email_verified") is True,
        full_name=name.strip() if isinstance(name, str) and not rules.title_issues(name, "full_name") else None,
    )


async def account_known_as(unit: Unit, vouched: Vouched) -> Account | None:
    """The account that the identity is linked to; that it was used is noted."""
    statement = select(Identity).where(Identity.issuer == vouched.issuer, Identity.subject == vouched.subject)
    identity = (await unit.session.scalars(statement)).one_or_none()
    if identity is None:
        return None
    identity.last_used_at = unit.now
    identity.email = vouched.email
    return await unit.session.get_one(Account, identity.account_id)


async def link(unit: Unit, account_id: UUID, vouched: Vouched) -> None:
    """Let the identity speak for an account; `Conflict` where it speaks for another one already."""
    known = await account_known_as(unit, vouched)
    if known is not None and known.id == account_id:
        return
    if known is not None:
        raise Conflict("This identity is linked to another account; sign in with it there.", code="identity_taken")
    unit.session.add(
        Identity(
            account_id=account_id,
            issuer=vouched.issuer,
            subject=vouched.subject,
            email=vouched.email,
            last_used_at=unit.now,
        )
    )
    try:
        await unit.session.flush()
    except IntegrityError as error:
        raise Conflict("This identity was linked at the same moment; sign in again.", code="identity_taken") from error
    record(unit, "identity.link", str(account_id), issuer=vouched.issuer)


async def list_identities(unit: Unit, account_id: UUID, wanted: PageRequest) -> Page[Row[Any]]:
    """One page of the identities that speak for an account, newest first."""
    columns = (Identity.id, Identity.issuer, Identity.email, Identity.created_at, Identity.last_used_at)
    return await page_of(unit, select(*columns).where(Identity.account_id == account_id), wanted, Identity.id.desc())


async def unlink(unit: Unit, account_id: UUID, identity_id: UUID) -> None:
    """Let an identity speak for the account no more; `Conflict` where the account has no password to log in with."""
    account = await unit.session.get_one(Account, account_id, with_for_update=True)
    ended = delete(Identity).where(Identity.id == identity_id, Identity.account_id == account_id)
    row = (await unit.session.execute(ended.returning(Identity.issuer))).one_or_none()
    if row is None:
        raise NotFound("There is no such identity, or it is not linked to you.")
    if account.password_hash is None:
        raise Conflict("This account has no password yet; set one by a reset, then unlink.", code="no_password")
    record(unit, "identity.unlink", str(account_id), issuer=row.issuer)
