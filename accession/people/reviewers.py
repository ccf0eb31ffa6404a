"""Reviewer links: whoever holds one reads one project before its release, without an account."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import bindparam, select

from accession.actor import Review
from accession.base import Time
from accession.errors import Unauthenticated
from accession.people.models import ReviewerLink
from accession.people.tokens import digest_of

if TYPE_CHECKING:
    from sqlalchemy import Select

    from accession.actor import Actor
    from accession.unit import Unit

PREFIX = "sqr_"


async def actor_of(unit: Unit, token: str) -> Actor:
    """The anonymous Actor who holds a reviewer link; expired, revoked or unknown: `Unauthenticated`."""
    rows = await unit.fetch(_bearer(), {"digest": digest_of(token), "now": unit.now})
    if not rows:
        raise Unauthenticated(
            "The reviewer link is not valid (any more); ask whoever gave it to you for another.", code="invalid_token"
        )
    link = rows[0]
    return msgspec.structs.replace(unit.actor, review=Review(link.id, link.scope_id, hides_owner=link.hides_owner))


@cache
def _bearer() -> Select[Any]:
    """The link of a token that holds."""
    return select(ReviewerLink.id, ReviewerLink.scope_id, ReviewerLink.hides_owner).where(
        ReviewerLink.digest == bindparam("digest"),
        ReviewerLink.revoked_at.is_(None),
        ReviewerLink.expires_at > bindparam("now", type_=Time),
    )
