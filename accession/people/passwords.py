"""Hashes and checks passwords with argon2id, in threads of their own and never inside a unit of work."""

from __future__ import annotations

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor

from pwdlib.hashers.argon2 import Argon2Hasher

# One hash takes 64 MiB and about 0.15 s of a core, so a flood of logins must not take all memory and threads.
_THREADS = ThreadPoolExecutor(2, thread_name_prefix="passwords")
_HASHER = Argon2Hasher(time_cost=3, memory_cost=65536, parallelism=4)

# A hash with the parameters above that no password is known for: checking against it costs what a real check costs.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$6WN4+5Vz4PXZ03rLgxruTw$kw3uwELyUaS2ApLf43xLWmAPzCzPdBHw775sOxAwDYs"


def _canonical(password: str) -> str:
    """One form for the same password typed on different keyboards and systems."""
    return unicodedata.normalize("NFKC", password)


async def hashed(password: str) -> str:
    """The argon2id hash of a password."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _HASHER.hash, _canonical(password))


async def matches(password: str, password_hash: str | None) -> bool:
    """Whether the password belongs to the hash; without a hash it takes as long and is False."""
    known = password_hash or _NOBODY
    right = await asyncio.get_running_loop().run_in_executor(_THREADS, _HASHER.verify, _canonical(password), known)
    return right and password_hash is not None
