"""Whose a bearer token is, of whichever kind: signed, personal, of a machine client, or of a reviewer link."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, or_

from accession.base import Time
from accession.people import clients, personal, reviewers
from accession.people.accounts import actor_columns, actor_from
from accession.people.models import Account
from accession.people.tokens import spoken_by

if TYPE_CHECKING:
    from sqlalchemy import Select

    from accession.actor import Actor
    from accession.people.tokens import TokenKeys
    from accession.unit import Unit


async def actor_of(unit: Unit, keys: TokenKeys, token: str) -> Actor:
    """The Actor that a bearer token speaks for; forged, expired or revoked: `Unauthenticated`."""
    if token.startswith(personal.PREFIX):
        return await personal.actor_of(unit, token)
    if token.startswith(reviewers.PREFIX):
        return await reviewers.actor_of(unit, token)
    said = spoken_by(keys, token, now=unit.now)
    if said.client_id is not None:
        return await clients.actor_of(unit, said)
    values = {"account_id": said.account_id, "made_at": said.made_at}
    return actor_from(unit, await unit.fetch(_signed_in(), values)).within(said.scopes)


@cache
def _signed_in() -> Select[Any]:
    """The account of an access token, if its tokens of that time hold."""
    cut = Account.tokens_valid_from
    return actor_columns().where(
        Account.id == bindparam("account_id"), or_(cut.is_(None), cut <= bindparam("made_at", type_=Time))
    )
