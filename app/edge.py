"""What the settings may say of the edge: proxies that are believed, pages that may call, dialects that count. Pure."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

DIALECTS = ("archive", "bugseq", "flow", "iflow")
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?")


def fault_of_proxies(values: Sequence[str]) -> str | None:
    """What is wrong with SEQARK_TRUSTED_PROXIES; None where nothing is."""
    for value in values:
        try:
            everybody = ip_network(value).prefixlen == 0
        except ValueError as error:
            return f"SEQARK_TRUSTED_PROXIES: {error}; name addresses, or networks such as 10.0.0.0/8."
        if everybody:
            return f"SEQARK_TRUSTED_PROXIES={value} lets every caller choose an address; name the proxies."
    return None


def fault_of_origins(values: Sequence[str], *, credentials: bool) -> str | None:
    """What is wrong with SEQARK_CORS_ORIGINS: no pattern is taken, since one too wide lets strangers in."""
    for value in values:
        if value != "*" and not _ORIGIN.fullmatch(value):
            return f"SEQARK_CORS_ORIGINS: {value!r} is no origin; name each as https://lab.example.org."
    if "*" in values and credentials:
        return (
            "SEQARK_CORS_ORIGINS=* together with SEQARK_CORS_CREDENTIALS=true lets any page act as "
            "your users; name the origins instead."
        )
    return None


def fault_of_dialects(values: Sequence[str]) -> str | None:
    """What is wrong with SEQARK_RATE_LIMITS."""
    unknown = [value for value in values if value not in DIALECTS]
    return (
        f"SEQARK_RATE_LIMITS: there is no dialect {unknown[0]!r}; known are {', '.join(DIALECTS)}." if unknown else None
    )
