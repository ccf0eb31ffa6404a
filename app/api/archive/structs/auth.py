"""The wire structs of signing up and in: what the `/auth` calls take and answer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta


def told(description: str, example: str, **bounds: Any) -> Meta:
    """A field's documentation; the bounds are told here and checked by the domain, which names every fault at once."""
    return Meta(extra_json_schema={"description": description, "examples": [example], "extra": bounds})


Email = Annotated[str, told("An e-mail address; case does not matter.", "ana@example.org", max_length=254)]
Password = Annotated[
    str, told("Not the e-mail address.", "correct horse battery", min_length=8, max_length=1024, format="password")
]
FullName = Annotated[str, told("One line.", "Ana Example", min_length=1, max_length=200)]
Affiliation = Annotated[str | None, told("Where somebody works; null for none.", "Reef Institute", max_length=200)]
Orcid = Annotated[str | None, told("An ORCID iD, checked by its last character.", "0000-0002-1825-0097")]
Role = Annotated[str, told("admin, submitter or viewer.", "submitter", enum=["admin", "submitter", "viewer"])]
Invitation = Annotated[
    str | None, told("From an invitation by mail, to the address that registers.", "sqi_6nX2…", max_length=512)
]
RefreshText = Annotated[str, told("From a login or the last refresh.", "2Q2dZ0h3…", max_length=512)]


class TokenType(StrEnum):
    """How an access token is sent."""

    BEARER = "bearer"


class RegisterIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who wants an account. Its role is submitter, or what the archive's administrators wrote into an invitation."""

    email: Email
    password: Password
    full_name: FullName
    invitation: Invitation = None


class LoginIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who wants in: `email` is the e-mail address, or the name of the account."""

    email: Annotated[str, told("The e-mail address or the account's name.", "ana@example.org", max_length=254)]
    password: Annotated[str, told("The password.", "correct horse battery", max_length=1024, format="password")]


class RefreshIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A refresh token, to be traded or ended."""

    refresh_token: RefreshText


class UserOut(msgspec.Struct, frozen=True):
    """An account. `name` is the short name for logins; `role` is admin, submitter or viewer."""

    id: UUID
    name: Annotated[str, told("The account's short name.", "ana")]
    email: Annotated[str, told("The e-mail address, lower-cased.", "ana@example.org")]
    full_name: FullName
    role: Annotated[str, told("admin, submitter or viewer.", "submitter")]
    can_run_pipelines: bool
    affiliation: Affiliation
    orcid: Orcid
    email_verified: bool
    created_at: datetime


class TokensOut(msgspec.Struct, frozen=True):
    """`access_token` goes into `Authorization: Bearer …`, for `expires_in` seconds; `refresh_token` gets the next."""

    access_token: Annotated[str, told("A signed token.", "eyJhbGciOiJIUzI1NiIs…")]
    refresh_token: RefreshText
    token_type: TokenType
    expires_in: Annotated[int, Meta(extra_json_schema={"description": "Seconds.", "examples": [1800]})]
