"""The service's secret: read from the settings or made once below the data folder, with one key for each purpose."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
from secrets import token_hex, token_urlsafe
from typing import TYPE_CHECKING

import msgspec

from app.settings import UnsafeSettings

if TYPE_CHECKING:
    from pathlib import Path

    from app.settings import Settings

FILE_NAME = "secret_key"
_LEAST = 32


class Keys(msgspec.Struct, frozen=True):
    """One key of 32 bytes for each purpose, all derived from the one secret; none tells anything about another."""

    access_token: bytes
    signed_link: bytes

    def __repr__(self) -> str:
        """No key, so that none gets into a log."""
        return "Keys(…)"


def load_keys(settings: Settings) -> Keys:
    """The keys of the archive, equal in every process that has the same setting or data folder."""
    secret = settings.secret_key or _kept_secret(settings.data_dir)
    return Keys(access_token=_derived(secret, "access-token"), signed_link=_derived(secret, "signed-link"))


def _derived(secret: str, purpose: str) -> bytes:
    """HMAC-SHA-256 of the purpose under the secret."""
    return hmac.digest(secret.encode(), f"seqark:{purpose}".encode(), hashlib.sha256)


def _kept_secret(folder: Path) -> str:
    """The secret in the data folder; made where there is none, and equal for all processes that start at once."""
    path = folder / FILE_NAME
    try:
        if not path.exists():
            _make(path)
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        message = (
            f"The secret key in {path} cannot be read or made ({error}); make it readable or set SEQARK_SECRET_KEY."
        )
        raise UnsafeSettings(message) from error
    if len(secret) < _LEAST:
        raise UnsafeSettings(f"{path} is shorter than {_LEAST} characters; restore it from a backup, or remove it.")
    return secret


def _make(path: Path) -> None:
    """Write a fresh secret, readable by the owner only; the file appears whole, and the first process wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}-{token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
