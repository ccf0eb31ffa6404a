"""Who asks: the account behind a request, a job or a command, or nobody."""

from __future__ import annotations

from uuid import UUID

import msgspec


class Actor(msgspec.Struct, frozen=True):
    """The caller. `account_id` is None for an anonymous one; `address` and `request_id` go into the audit.

    `organisations` maps the organisations that the caller belongs to onto the role held there.
    """

    account_id: UUID | None = None
    role: str = "viewer"
    email: str | None = None
    personal_project_id: UUID | None = None
    organisations: dict[UUID, str] = {}
    address: str | None = None
    request_id: str | None = None

    @property
    def signed_in(self) -> bool:
        """Whether an account stands behind the request."""
        return self.account_id is not None

    @property
    def admin(self) -> bool:
        """Whether the caller administers the whole archive."""
        return self.role == "admin"


ANONYMOUS = Actor()
ARCHIVE = Actor(role="admin")
