"""Accounts as the archive dialect shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.api.archive.structs.accounts import AccountOut, MembershipOut, MeOut
from app.api.archive.structs.auth import UserOut

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from accession.people.models import Account

_SHARED = UserOut.__struct_fields__


def user_out(account: Account) -> UserOut:
    """An account as it was opened."""
    return UserOut(**_told(account))


def me_out(account: Account, memberships: Sequence[Any]) -> MeOut:
    """The caller's own account; `memberships` are rows of (slug, title, personal, role)."""
    return MeOut(**_told(account), organisations=[MembershipOut(*row) for row in memberships])


def account_out(account: Account, now: datetime) -> AccountOut:
    """An account for an administrator."""
    until = account.locked_until
    return AccountOut(
        **_told(account), active=account.active, paused_until=until if until is not None and until > now else None
    )


def _told(account: Account) -> dict[str, Any]:
    return {name: getattr(account, name) for name in _SHARED}
