"""Keeps the key pair of the embedded store: made once, so that links signed before a restart hold after it."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

import msgspec


class StoreKeys(msgspec.Struct, frozen=True):
    """What a client of the embedded store signs with."""

    access_key: str
    secret_key: str


def store_keys(data_dir: Path) -> StoreKeys:
    """The keys kept in `data_dir/store/keys.json`, readable by the owner alone; made there if absent.

    Any process of the service may ask first: of two that make keys at once, both get those of the faster one.
    """
    path = data_dir / "store" / "keys.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = StoreKeys(access_key=secrets.token_hex(10), secret_key=secrets.token_urlsafe(30))
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".keys-")  # mode 0600
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(made))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was faster
            os.link(draft, path)
        Path(draft).unlink()
    return msgspec.json.decode(path.read_bytes(), type=StoreKeys)
