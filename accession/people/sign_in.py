"""Sign-ins that went off to an identity provider: what comes back is held against what was sent, once."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from sqlalchemy import delete

from accession.people.credentials import SignIn
from accession.people.tokens import digest_of

if TYPE_CHECKING:
    from accession.unit import Unit

LIFE = timedelta(minutes=10)


class Departure(msgspec.Struct, frozen=True):
    """What goes along: `state` comes back in the address, `nonce` in the ID token, and `verifier` proves who asked."""

    state: str
    nonce: str
    verifier: str

    @property
    def challenge(self) -> str:
        """What of the verifier goes ahead of it (RFC 7636, S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return urlsafe_b64encode(digest).decode().rstrip("=")


class Return(msgspec.Struct, frozen=True):
    """What was kept of a sign-in that comes back.

    `account_id` is set where an account asked for a link, `invitation` where somebody new was invited.
    """

    nonce: str
    verifier: str
    begun_at: datetime
    account_id: UUID | None = None
    invitation: str | None = None


def departure() -> Departure:
    """Fresh values of a new sign-in."""
    return Departure(token_urlsafe(32), token_urlsafe(32), token_urlsafe(48))


async def keep(unit: Unit, going: Departure, *, account_id: UUID | None = None, invitation: str | None = None) -> None:
    """Remember a sign-in for ten minutes, and forget those that never came back."""
    stale = delete(SignIn).where(SignIn.expires_at <= unit.now)
    await unit.session.execute(stale.execution_options(synchronize_session=False))
    unit.session.add(
        SignIn(
            digest=digest_of(going.state),
            nonce=going.nonce,
            verifier=going.verifier,
            account_id=account_id,
            invitation=invitation,
            expires_at=unit.now + LIFE,
        )
    )


async def take(unit: Unit, state: str) -> Return | None:
    """What was kept under a state; the second time, and after ten minutes, there is nothing."""
    statement = (
        delete(SignIn)
        .where(SignIn.digest == digest_of(state), SignIn.expires_at > unit.now)
        .returning(SignIn.nonce, SignIn.verifier, SignIn.expires_at, SignIn.account_id, SignIn.invitation)
        .execution_options(synchronize_session=False)
    )
    row = (await unit.session.execute(statement)).one_or_none()
    if row is None:
        return None
    return Return(row.nonce, row.verifier, row.expires_at - LIFE, row.account_id, row.invitation)
