"""The service's secrets: from the settings or kept below the data folder, with one key for each purpose of each.

The first secret signs and all of them verify, so a secret is changed without ending what the one before it signed.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
from secrets import token_hex, token_urlsafe
from typing import TYPE_CHECKING

import msgspec

from app.settings import LEAST_SECRET, UnsafeSettings, secrets_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.settings import Settings

FILE_NAME = "secret_key"


class Keys(msgspec.Struct, frozen=True):
    """Keys of 32 bytes for each purpose, one of each secret; none tells anything about another. The first one signs."""

    access_token: tuple[bytes, ...]
    signed_link: tuple[bytes, ...]

    def __repr__(self) -> str:
        """No key, so that none gets into a log."""
        return "Keys(…)"


def load_keys(settings: Settings) -> Keys:
    """The keys of the archive, equal in every process that has the same setting or data folder."""
    secrets = secrets_of(settings.secret_key) or _kept_secrets(settings.data_dir)
    return Keys(access_token=_derived(secrets, "access-token"), signed_link=_derived(secrets, "signed-link"))


def rotate(settings: Settings) -> Keys:
    """Put a new secret first in the data folder and keep the one before it; older ones verify no more."""
    if settings.secret_key:
        raise UnsafeSettings(
            "The secrets are set by SEQARK_SECRET_KEY; change it there: put a new one first and a comma after it."
        )
    path = settings.data_dir / FILE_NAME
    newest = _kept_secrets(settings.data_dir)[0]
    with _draft(path, f"{token_urlsafe(48)}\n{newest}\n") as draft:
        draft.replace(path)
    return load_keys(settings)


def _derived(secrets: list[str], purpose: str) -> tuple[bytes, ...]:
    """HMAC-SHA-256 of the purpose under each secret."""
    return tuple(hmac.digest(secret.encode(), f"seqark:{purpose}".encode(), hashlib.sha256) for secret in secrets)


def _kept_secrets(folder: Path) -> list[str]:
    """The secrets in the data folder; made where there are none, and equal for all processes that start at once."""
    path = folder / FILE_NAME
    try:
        if not path.exists():
            _make(path)
        secrets = path.read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        message = (
            f"The secret key in {path} cannot be read or made ({error}); make it readable or set SEQARK_SECRET_KEY."
        )
        raise UnsafeSettings(message) from error
    if not secrets or any(len(secret) < LEAST_SECRET for secret in secrets):
        message = (
            f"{path} must hold secrets of {LEAST_SECRET} characters or more; restore it from a backup, or remove it."
        )
        raise UnsafeSettings(message)
    return secrets


def _make(path: Path) -> None:
    """Write a fresh secret; the first process wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _draft(path, token_urlsafe(48) + "\n") as draft, contextlib.suppress(FileExistsError):
        path.hardlink_to(draft)


@contextlib.contextmanager
def _draft(path: Path, text: str) -> Iterator[Path]:
    """A file beside `path`, readable by the owner only and whole on the disk, to be given the name of `path`."""
    draft = path.with_name(f".{path.name}-{token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)
