"""The dependencies of handlers: `unit` (the one generator: a request is one transaction) and `wiring`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Request
from litestar.di import Provide

from accession.actor import ANONYMOUS, Actor
from accession.unit import Unit
from app.wiring import Wiring

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

_READS = frozenset({"GET", "HEAD"})


def actor_of(request: Request[Any, Any, Any]) -> Actor:
    """Who asks, as the authentication found out."""
    actor = request.scope.get("user")
    return actor if isinstance(actor, Actor) else ANONYMOUS


def dependencies(wiring: Wiring) -> dict[str, Provide]:
    """What handlers may ask for by name.

    `unit` reads for GET and HEAD and writes otherwise; a GET that leaves a trace says `opt={"writes": True}`. A handler
    that streams or waits takes `wiring` instead and opens short units itself.
    """

    async def unit(request: Request[Any, Any, Any]) -> AsyncGenerator[Unit, None]:
        reads = request.method in _READS and not request.route_handler.opt.get("writes")
        opened = wiring.reading if reads else wiring.writing
        async with opened(actor_of(request)) as opened_unit:
            yield opened_unit

    async def the_wiring() -> Wiring:
        return wiring

    return {"unit": Provide(unit), "wiring": Provide(the_wiring)}
