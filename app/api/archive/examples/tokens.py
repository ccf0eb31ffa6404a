"""Examples of personal access tokens and machine clients."""

from __future__ import annotations

from uuid import UUID

import msgspec

from app.api.archive.examples.records import MADE
from app.api.archive.structs.tokens import (
    ClientIn,
    ClientOut,
    IdentityOut,
    NewClientOut,
    NewTokenOut,
    SignInOut,
    TokenIn,
    TokenOut,
)

_ID = UUID("01981f3a-7c55-7e30-a9c1-5b6d2e8f4a10")
_NAME, _SCOPES = "sequencer in room 4", ["read", "write"]
TOKENS: tuple[msgspec.Struct, ...] = (
    TokenIn(_NAME, _SCOPES, 90),
    TokenOut(_ID, _NAME, _SCOPES, MADE, None, None),
    NewTokenOut(_ID, _NAME, _SCOPES, MADE, None, None, "sqk_vC0XbVqL5mS1n8Yt2Jr7Wd4Kz9Hf3Ae6Gu0Pi5Qo8Rx"),
    IdentityOut(_ID, "https://id.example.org", "ana@example.org", MADE, None),
    SignInOut("https://id.example.org/authorize?response_type=code&client_id=seqark"),
    ClientIn(_NAME, _SCOPES),
    ClientOut(_ID, _NAME, "sqc_8fJ2kLm4nPq6rSt8uVw0xY", _SCOPES, MADE, None, None),
    NewClientOut(
        _ID,
        _NAME,
        "sqc_8fJ2kLm4nPq6rSt8uVw0xY",
        "sqs_Qm1kB3nV5cX7zL9jH2gF4dS6aP8oI0uY1tR3eW5qM7k",
        _SCOPES,
        MADE,
        None,
        None,
    ),
)
