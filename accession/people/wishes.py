"""What is asked of a new token or machine client: a name, scopes, and when it ends."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from accession.errors import Rejected
from accession.issues import Issue
from accession.people import rules
from accession.people.scopes import scope_issues

_LONGEST_DAYS = 3650


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A new credential as it is asked for; without scopes it may what its account may, without an end it lasts."""

    name: str
    scopes: list[str] | None = None
    days: int | None = None
    expires_at: datetime | None = None


def end_of(wish: Wish, now: datetime, last: datetime | None = None) -> datetime | None:
    """When the credential ends, or `Rejected` with everything that is wrong with the wish.

    `last` is when the token ends that asks for it: else a stolen one could give itself more time.
    """
    issues = [
        *rules.title_issues(wish.name, "name", rules.TOKEN_NAME_LIMIT),
        *(scope_issues(wish.scopes) if wish.scopes is not None else []),
        *_end_issues(wish, now),
    ]
    if issues:
        raise Rejected(issues)
    end = wish.expires_at if wish.days is None else now + timedelta(days=wish.days)
    if last is not None and (end is None or end > last):
        message = f"The token that asks for it ends at {last.isoformat()}; give an 'expires_at' no later than that."
        raise Rejected([Issue("outlives_own", message, field="expires_at")])
    return end


def _end_issues(wish: Wish, now: datetime) -> list[Issue]:
    if wish.days is not None and wish.expires_at is not None:
        message = "Give either 'expires_in_days' or 'expires_at', not both."
        return [Issue("two_ends", message, field="expires_at")]
    if wish.days is not None and not 1 <= wish.days <= _LONGEST_DAYS:
        message = f"'expires_in_days' must be 1 to {_LONGEST_DAYS}."
        return [Issue("lifetime", message, field="expires_in_days")]
    if wish.expires_at is None:
        return []
    if wish.expires_at.tzinfo is None:
        return [Issue("no_time_zone", "'expires_at' must tell its time zone, such as Z.", field="expires_at")]
    if not now < wish.expires_at <= now + timedelta(days=_LONGEST_DAYS):
        message = f"'expires_at' must be in the future, by at most {_LONGEST_DAYS} days."
        return [Issue("lifetime", message, field="expires_at")]
    return []
