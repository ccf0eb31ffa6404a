"""Who asks: the account behind a request, a job or a command, or nobody."""

from __future__ import annotations

from uuid import UUID

import msgspec


class Review(msgspec.Struct, frozen=True):
    """What a reviewer link opens: the project with this scope, with or without telling whose it is."""

    link_id: UUID
    scope_id: UUID
    hides_owner: bool


class Actor(msgspec.Struct, frozen=True):
    """The caller. `account_id` is None for an anonymous one; `address` and `request_id` go into the audit.

    `organisations` maps the organisations that the caller belongs to onto the role held there. `granted` says that
    there are grants to the account or to a group of its. `scopes` is what the token is good for, None for everything.
    `review` stands for the holder of a reviewer link, who is anonymous otherwise.
    """

    account_id: UUID | None = None
    role: str = "viewer"
    email: str | None = None
    personal_project_id: UUID | None = None
    organisations: dict[UUID, str] = {}
    granted: bool = False
    scopes: frozenset[str] | None = None
    review: Review | None = None
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
