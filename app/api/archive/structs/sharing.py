"""The wire shapes of grants, of reviewer links, and of handing a project over."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from app.api.archive.structs.common import Name

Who = Annotated[str, msgspec.Meta(min_length=1, max_length=254, description="An account's name or e-mail address.")]
Slug = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=r"^[^\x00]*$")]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
LevelName = Literal["read", "edit", "share"]
Days = Annotated[int, msgspec.Meta(ge=1, le=365)]


class GrantIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who gets what: a `user` or a `group` may read, edit (2, add and change records) or share (3, give grants too).

    Each level includes the lower ones. Without `expires_at` it is for good.
    """

    level: LevelName | Literal[1, 2, 3]
    user: Who | None = None
    group: Slug | None = None
    expires_at: Moment | None = None


class GrantOut(msgspec.Struct, frozen=True):
    """A grant: to the account `user` or to the `group`; an expired one gives nothing any more."""

    id: UUID
    user: str | None
    full_name: str | None
    group: str | None
    level: str
    expires_at: datetime | None
    expired: bool
    granted_by: str
    created_at: datetime


class TransferIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The next owner of a project; the one before keeps nothing, or a grant of the level `keep`."""

    user: Who
    organisation: Slug | None = None
    keep: LevelName | None = None


class TransferOut(msgspec.Struct, frozen=True):
    """Whose a project is now: the name of the account, and its organisation."""

    accession: str
    owner: str
    organisation: str


class ReviewerLinkIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A link for reviewers; with `hides_owner` nothing that they read through it tells whose the project is."""

    name: Name
    expires_in_days: Days = 90
    hides_owner: bool = False


class ReviewerLinkOut(msgspec.Struct, frozen=True):
    """A link for reviewers. `token` and `url` are told once, in the answer that makes it.

    `state` is active, revoked or expired. The token goes into `Authorization: Bearer …` or `?reviewer=…` of every read.
    """

    id: UUID
    name: str
    hides_owner: bool
    state: str
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    token: str | None = None
    url: str | None = None
