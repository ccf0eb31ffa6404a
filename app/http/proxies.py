"""Tells who is at the other end: behind trusted proxies the caller whom they name, else whoever is connected.

Only `SEQARK_TRUSTED_PROXIES` are believed. Each proxy appends the address that it was connected from, so that the list
is read from its end: the first address that is no trusted proxy's is the caller's; what stands before it, anybody can
have written.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Address

    from litestar.types import Scope

    Address = IPv4Address | IPv6Address

_SCHEMES = {"http", "https"}


class Proxies:
    """The proxies that are believed."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self.networks = [ip_network(text) for text in trusted]

    def looked_through(self, scope: Scope) -> Scope:
        """The request with the caller and the scheme that trusted proxies tell; unchanged from anybody else."""
        client = scope.get("client")
        peer = address_of(client[0]) if client else None
        if client is None or peer is None or not self._trusts(peer):
            return scope
        told: dict[str, Any] = {**scope, "client": (str(self._caller(peer, _values(scope, b"x-forwarded-for"))), 0)}
        schemes = _values(scope, b"x-forwarded-proto")
        if schemes and schemes[-1].lower() in _SCHEMES:
            told["scheme"] = schemes[-1].lower()
        return told  # type: ignore[return-value]  # a scope with two of its values changed

    def _caller(self, peer: Address, hops: Sequence[str]) -> Address:
        """The last hop that is no trusted proxy; a hop that is no address ends the search at the one that told it."""
        caller = peer
        for hop in reversed(hops):
            address = address_of(hop)
            if address is None:
                return caller
            caller = address
            if not self._trusts(address):
                return caller
        return caller

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


def address_of(text: str) -> Address | None:
    """Read an address, with or without a port; an IPv4 address in IPv6 clothes is the IPv4 address."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _values(scope: Scope, name: bytes) -> list[str]:
    """All values of a header that may be given many times or as a list."""
    joined = ",".join(value.decode("latin-1") for key, value in scope["headers"] if key == name)
    return [part.strip() for part in joined.split(",") if part.strip()]
