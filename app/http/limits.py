"""Limits how often somebody may ask, an hour and kind of request; a dialect adds it as a plugin with its name.

A handler says what it counts as: `opt=UPLOAD` and so on, a plain request otherwise. `opt=PART_OF_UPLOAD` is a further
step of an upload that was counted already.
"""

from __future__ import annotations

from datetime import UTC
from ipaddress import IPv6Address, ip_network
from typing import TYPE_CHECKING, Any

import msgspec
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.plugins import InitPlugin

from accession.errors import TooManyRequests
from accession.limits import WINDOW, Key, RequestKind, window_of
from app.http.auth import caller_of
from app.http.proxies import address_of

if TYPE_CHECKING:
    from litestar.config.app import AppConfig
    from litestar.types import ASGIApp, Message, Receive, Scope, Send

    from accession.actor import Actor
    from app.wiring import Wiring

UPLOAD: dict[str, Any] = {"counts_as": RequestKind.UPLOAD}
DOWNLOAD: dict[str, Any] = {"counts_as": RequestKind.DOWNLOAD}
SEARCH: dict[str, Any] = {"counts_as": RequestKind.SEARCH}
PART_OF_UPLOAD: dict[str, Any] = {"counts_as": RequestKind.UPLOAD, "counted_before": True}
_PLURALS = {kind: f"{kind}es" if kind is RequestKind.SEARCH else f"{kind}s" for kind in RequestKind}
_STANDING = "rate_limit"


class Standing(msgspec.Struct, frozen=True):
    """Where a caller stands with one kind of request; `reset` is the second at which the hour ends."""

    limit: int
    used: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """What is told of it."""
        left = max(0, self.limit - self.used)
        told = {"Limit": self.limit, "Remaining": left, "Reset": self.reset}
        return {f"X-RateLimit-{name}": str(value) for name, value in told.items()}


class RateLimits(InitPlugin):
    """Counts the requests of a dialect where the settings ask for it; every answer tells where the caller stands."""

    def __init__(self, wiring: Wiring, dialect: str) -> None:
        self.wiring = wiring
        self.dialect = dialect

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Stand behind the authentication, since the limit is the account's."""
        if self.dialect in self.wiring.settings.rate_limits:
            app_config.middleware.append(_Limiting(self.wiring))
            app_config.before_send.append(self._tell)
        return app_config

    async def _tell(self, message: Message, scope: Scope) -> None:
        """Add the headers; what was refused before it was counted counts for the address that it came from."""
        if message["type"] != "http.response.start" or _is_options(scope):
            return
        standing = scope["state"].get(_STANDING)
        if standing is None:
            standing = await _counted(self.wiring, caller_of(scope), RequestKind.REQUEST)
        headers = MutableScopeHeaders.from_message(message)
        for name, value in standing.headers.items():
            headers[name] = value


class _Limiting(ASGIMiddleware):
    """Refuses a request beyond the limit, and counts every other."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if _is_options(scope):
            await next_app(scope, receive, send)
            return
        opt = scope["route_handler"].opt
        kind, part = opt.get("counts_as", RequestKind.REQUEST), bool(opt.get("counted_before"))
        standing = await _counted(self.wiring, scope["user"], kind, part=part)
        scope["state"][_STANDING] = standing
        if standing.used > standing.limit and not part:
            wait = max(1, standing.reset - int(self.wiring.clock.now().timestamp()))
            raise TooManyRequests(
                f"That was more than {standing.limit} {_PLURALS[kind]} in this hour; go on in {wait} seconds.",
                retry_after=wait,
            )
        await next_app(scope, receive, send)


async def _counted(wiring: Wiring, actor: Actor, kind: RequestKind, *, part: bool = False) -> Standing:
    """Count a request, unless it is part of one that was counted or beyond the limit; where the caller stands then."""
    window = window_of(wiring.clock.now().astimezone(UTC))
    limit = _limit(wiring, kind)
    key = Key(_name_of(actor), kind.value, window)
    used = await wiring.counts.count(key)
    if not part:
        used += 1
        if used <= limit:
            wiring.counts.add(key)
    return Standing(limit, used, int((window + WINDOW).timestamp()))


def _limit(wiring: Wiring, kind: RequestKind) -> int:
    settings = wiring.settings
    return {
        RequestKind.REQUEST: settings.rate_requests,
        RequestKind.UPLOAD: settings.rate_uploads,
        RequestKind.DOWNLOAD: settings.rate_downloads,
        RequestKind.SEARCH: settings.rate_searches,
    }[kind]


def _name_of(actor: Actor) -> str:
    """The account, or the address of an anonymous caller; of an IPv6 address the network that one subscriber has."""
    if actor.account_id is not None:
        return f"account:{actor.account_id}"
    address = address_of(actor.address or "")
    if isinstance(address, IPv6Address):
        return f"address:{ip_network((address, 64), strict=False)}"
    return f"address:{address or 'unknown'}"


def _is_options(scope: Scope) -> bool:
    return scope["method"] == "OPTIONS"  # type: ignore[typeddict-item]  # only HTTP is asked for it
