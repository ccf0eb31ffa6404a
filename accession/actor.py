"""Who asks: the account behind a request, a job or a command, or nobody."""

from __future__ import annotations

from datetime import datetime
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
    there are grants to the account or to a group of its. `scopes` is what the token is good for, None for everything;
    `token_id` is the row of a personal access token; `delegated` says that it is one, or a machine client's, and
    `until` when that ends by itself. `review` stands for the holder of a reviewer link, who is anonymous otherwise.
    """

    account_id: UUID | None = None
    role: str = "viewer"
    email: str | None = None
    personal_project_id: UUID | None = None
    organisations: dict[UUID, str] = {}
    granted: bool = False
    scopes: frozenset[str] | None = None
    token_id: UUID | None = None
    delegated: bool = False
    until: datetime | None = None
    review: Review | None = None
    address: str | None = None
    request_id: str | None = None

    @property
    def signed_in(self) -> bool:
        """Whether an account stands behind the request."""
        return self.account_id is not None

    @property
    def may_write(self) -> bool:
        """Whether the caller's token is good for changes; what the account may is another question."""
        return self.scopes is None or "write" in self.scopes

    @property
    def admin(self) -> bool:
        """Whether the caller administers the whole archive."""
        return self.role == "admin"

    @property
    def owners_hidden(self) -> bool:
        """Whether the caller must not learn whose the records are: the holder of a reviewer link that hides it."""
        return self.review is not None and self.review.hides_owner

    def within(self, scopes: frozenset[str] | None) -> Actor:
        """The caller as a token with these scopes lets it act: an administrator only where they say so."""
        stripped = self.admin and scopes is not None and "admin" not in scopes
        role = "submitter" if stripped else self.role
        return msgspec.structs.replace(self, role=role, scopes=scopes)

    def by_delegate(self, until: datetime | None, *, token_id: UUID | None = None) -> Actor:
        """The caller by a personal token or a machine client, which ends by itself `until` then."""
        return msgspec.structs.replace(self, delegated=True, until=until, token_id=token_id)


ANONYMOUS = Actor()
ARCHIVE = Actor(role="admin")
