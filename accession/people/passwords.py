"""Hashes and checks passwords with argon2id, in threads of their own and never inside a unit of work."""

from __future__ import annotations

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

# One hash takes 64 MiB and about 0.15 s of a core, so a flood of logins must not take all memory and threads.
_THREADS = ThreadPoolExecutor(2, thread_name_prefix="passwords")
_HASHES = PasswordHash((Argon2Hasher(time_cost=3, memory_cost=65536, parallelism=4),))

# A hash with the parameters above that no password is known for: checking against it costs what a real check costs.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$6WN4+5Vz4PXZ03rLgxruTw$kw3uwELyUaS2ApLf43xLWmAPzCzPdBHw775sOxAwDYs"


class Match(NamedTuple):
    """Whether a password is right; `renewed` is its new hash where the stored one was made with less effort."""

    right: bool
    renewed: str | None = None


def _canonical(password: str) -> str:
    """One form for the same password typed on different keyboards and systems."""
    return unicodedata.normalize("NFKC", password)


async def hashed(password: str) -> str:
    """The argon2id hash of a password."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _HASHES.hash, _canonical(password))


async def match(password: str, password_hash: str | None) -> Match:
    """Whether the password belongs to the hash; without a hash it takes as long and never does."""
    known = password_hash or _NOBODY
    found = await asyncio.get_running_loop().run_in_executor(_THREADS, _verified, _canonical(password), known)
    return found if password_hash else Match(right=False)


def _verified(password: str, password_hash: str) -> Match:
    try:
        return Match(*_HASHES.verify_and_update(password, password_hash))
    except UnknownHashError:
        return Match(right=False)
