"""The wire structs of accounts: what people change of their own, and what administrators see and change."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from app.api.archive.structs.auth import Affiliation, Email, FullName, Orcid, Password, Role, UserOut, told

Current = Annotated[str, told("The password so far.", "correct horse battery", max_length=1024, format="password")]
ResetText = Annotated[str, told("From the mail.", "Vq1x0bN3kT7y…", max_length=512)]


class MembershipOut(msgspec.Struct, frozen=True):
    """An organisation that an account belongs to, and its role there: owner, admin, contributor or viewer."""

    slug: Annotated[str, told("The organisation's name in addresses.", "reef-lab")]
    title: Annotated[str, told("Its full name.", "The reef lab")]
    personal: bool
    role: Annotated[str, told("owner, admin, contributor or viewer.", "contributor")]


class MeOut(UserOut, frozen=True):
    """The caller's own account with its organisations."""

    organisations: list[MembershipOut]


class AccountOut(UserOut, frozen=True):
    """An account as administrators see it; `paused_until` is set after many wrong passwords in a row."""

    active: bool
    paused_until: datetime | None


class ProfilePatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch: fields left out stay as they are, null clears one. Another `email` needs `current_password`."""

    full_name: FullName | UnsetType = UNSET
    affiliation: Affiliation | UnsetType = UNSET
    orcid: Orcid | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    current_password: Current | UnsetType = UNSET


class PasswordIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password so far and the one from now on."""

    current_password: Current
    new_password: Password


class ForgotIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to mail a reset token to."""

    email: Email


class ForgotOut(msgspec.Struct, frozen=True):
    """The same for every address."""

    detail: str


class ResetIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mailed token and the password from now on."""

    token: ResetText
    new_password: Password


class RoleIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The role from now on."""

    role: Role
