"""The wire structs of personal access tokens and machine clients."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta


def _told(description: str, example: Any) -> Meta:
    return Meta(extra_json_schema={"description": description, "examples": [example]})


Name = Annotated[str, _told("What it is for; one line.", "sequencer in room 4")]
Scopes = Annotated[
    list[str] | None,
    _told("`read`, `write` and `admin`; null for all that its account may. Reading is always in it.", ["read"]),
]
Days = Annotated[int | None, _told("It ends after so many days, 1 to 3650; null with `expires_at`, or for good.", 90)]
End = Annotated[datetime | None, _told("When it ends; null for good.", "2027-01-31T00:00:00Z")]
Used = Annotated[datetime | None, _told("When it was last used, to the hour.", "2026-01-31T12:00:00Z")]


class TokenIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked of a new token."""

    name: Name
    scopes: Scopes = None
    expires_in_days: Days = None
    expires_at: End = None


class TokenOut(msgspec.Struct, frozen=True):
    """A personal access token, without its text."""

    id: UUID
    name: Name
    scopes: Scopes
    created_at: datetime
    expires_at: End
    last_used_at: Used


class NewTokenOut(msgspec.Struct, frozen=True):
    """A new token with its text, which is told only this once."""

    id: UUID
    name: Name
    scopes: Scopes
    created_at: datetime
    expires_at: End
    last_used_at: Used
    token: Annotated[str, _told("Goes into `Authorization: Bearer …`.", "sqk_vC0Xb…")]


class IdentityOut(msgspec.Struct, frozen=True):
    """An identity at another provider, which signs in to the account."""

    id: UUID
    issuer: str
    email: str | None
    created_at: datetime
    last_used_at: Used


class SignInOut(msgspec.Struct, frozen=True):
    """Where a browser goes to sign in by the identity provider."""

    authorization_url: Annotated[str, _told("The provider's page.", "https://id.example.org/authorize?client_id=…")]


class ClientIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked of a new machine client."""

    name: Name
    scopes: Scopes = None
    expires_in_days: Days = None
    expires_at: End = None


class ClientOut(msgspec.Struct, frozen=True):
    """A machine client, without its secret."""

    id: UUID
    name: Name
    client_id: Annotated[str, _told("Names the client at `/oauth2/token`.", "sqc_8fJ2…")]
    scopes: Scopes
    created_at: datetime
    expires_at: End
    last_used_at: Used


class NewClientOut(msgspec.Struct, frozen=True):
    """A new client with its secret, which is told only this once."""

    id: UUID
    name: Name
    client_id: Annotated[str, _told("Names the client at `/oauth2/token`.", "sqc_8fJ2…")]
    client_secret: Annotated[str, _told("Its password there.", "sqs_Qm1k…")]
    scopes: Scopes
    created_at: datetime
    expires_at: End
    last_used_at: Used
