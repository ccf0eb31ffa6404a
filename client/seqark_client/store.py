"""Speaks to the object store behind presigned addresses: no token goes there, and its refusals are XML."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import httpx

from seqark_client.errors import StoreRefused, StoreUnavailable

if TYPE_CHECKING:
    import ssl

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_CODE = re.compile(rb"<Code>([A-Za-z0-9.]{1,64})</Code>")


@functools.cache
def trusted_certificates() -> ssl.SSLContext:
    """Read the trusted certificates once a process; httpx would do so for every client, which takes a while."""
    return httpx.create_ssl_context()


def store_client(timeout: float = 60.0) -> httpx.Client:
    """Make the connections for presigned addresses; they are apart from the archive's, whose headers hold a token."""
    return httpx.Client(timeout=httpx.Timeout(timeout, connect=10.0), verify=trusted_certificates())


def refused_by_store(response: httpx.Response, what: str) -> StoreRefused:
    """Name a refusal, with the store's own code where it gives one."""
    found = _CODE.search(response.content[:4096])
    reason = found[1].decode("ascii") if found else response.reason_phrase
    kind = StoreUnavailable if response.status_code in _PASSING else StoreRefused
    return kind(response.status_code, f"The object store refused {what}: {reason} (HTTP {response.status_code})")
