"""Examples of accounts and sessions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from app.api.archive.examples.records import MADE
from app.api.archive.structs.accounts import (
    AccountOut,
    ForgotIn,
    ForgotOut,
    MembershipOut,
    MeOut,
    PasswordIn,
    ProfilePatch,
    ResetIn,
    RoleIn,
)
from app.api.archive.structs.auth import LoginIn, RefreshIn, RegisterIn, TokensOut, TokenType, UserOut

_EMAIL, _PASSWORD, _ORCID = "ana@example.org", "correct horse battery", "0000-0002-1825-0097"
USER_ID = UUID("01981f3a-1b2c-7a3d-8e4f-0123456789ab")
_REFRESH = "2Q2dZ0h3mV9xT4kB"
_USER: dict[str, Any] = {
    "id": USER_ID,
    "name": "ana",
    "email": _EMAIL,
    "full_name": "Ana Example",
    "role": "submitter",
    "can_run_pipelines": False,
    "affiliation": "Reef Institute",
    "orcid": _ORCID,
    "email_verified": True,
    "created_at": MADE,
}
ACCOUNTS: tuple[msgspec.Struct, ...] = (
    RegisterIn(_EMAIL, _PASSWORD, "Ana Example"),
    LoginIn(_EMAIL, _PASSWORD),
    RefreshIn(_REFRESH),
    UserOut(**_USER),
    MeOut(**_USER, organisations=[MembershipOut("reef-lab", "The reef lab", personal=False, role="contributor")]),
    AccountOut(**_USER, active=True, paused_until=None),
    ProfilePatch(affiliation="Reef Institute", orcid=_ORCID),
    PasswordIn(_PASSWORD, "staple battery horse"),
    ForgotIn(_EMAIL),
    ForgotOut("If an account has this address, a mail with a reset token is on its way to it."),
    ResetIn("Vq1x0bN3kT7yPz5Qm2Rd8Sf4Wg6Hj9Lk", "staple battery horse"),
    RoleIn("viewer"),
    TokensOut("eyJhbGciOiJIUzI1NiIs", _REFRESH, TokenType.BEARER, 1800),
)
