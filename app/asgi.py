"""The root of the service: hands each request to the dialect that its path or host name asks for."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from litestar import Litestar
from litestar.enums import ScopeType

from accession.errors import DomainError
from app.api.archive.app import PREFIX as ARCHIVE
from app.api.archive.app import archive_app
from app.http.deps import dependencies
from app.http.health import Health
from app.http.oauth2 import MachineTokens
from app.http.pages import QcPages, on_page_error
from app.http.proxies import Proxies
from app.http.sniffing import unsniffed
from app.http.tracing import traced
from app.http.unkept import unkept
from app.http.unread import ending_unread
from app.jobs.queue import Queue
from app.storage.waiting import until_ready

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from litestar.types import ASGIApp, Receive, Scope, Send

    from app.wiring import Wiring

DIALECTS = ((ARCHIVE, archive_app),)


class Service:
    """One ASGI app. A dialect's prefix ends at a path boundary: `/api/v1samples` is not `/api/v1/samples`."""

    def __init__(self, wiring: Wiring, root: Litestar) -> None:
        self.wiring = wiring
        self.root = root
        self.proxies = Proxies(wiring.settings.trusted_proxies)
        self.mounts: list[tuple[str, ASGIApp]] = [(prefix, build(wiring)) for prefix, build in DIALECTS]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.root(scope, receive, send)
            return
        scope = self.proxies.looked_through(scope)
        receive, send = ending_unread(scope, receive, send)
        await traced(self.dispatch, scope, receive, unkept(scope, unsniffed(send)))

    async def dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand an HTTP request to the dialect of its path, or to the service's own pages."""
        path = scope["path"]
        for prefix, app in self.mounts:
            if path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in {"", "/"}:
                inner: Any = {**scope, "path": path[len(prefix) :] or "/", "raw_path": b"", "root_path": prefix}
                await app(inner, receive, send)
                return
        await self.root(scope, receive, send)


def service(wiring: Wiring) -> Service:
    """Build the service on a wiring; its lifespan closes the wiring."""

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        queue = Queue(wiring)
        if wiring.notifier is None:
            wiring.notifier = queue.notify
        wiring.probes["queue"] = queue.probe
        preparing = asyncio.create_task(until_ready(wiring.store)) if wiring.store is not None else None
        writing_uses = asyncio.create_task(wiring.uses.keep_writing())
        writing_counts = asyncio.create_task(wiring.counts.keep_writing())
        yield
        for task in filter(None, (preparing, writing_uses, writing_counts)):
            task.cancel()
            await asyncio.wait({task})
        with suppress(DomainError):  # a database that is down must not keep the service from ending
            await wiring.uses.write()
            await wiring.counts.write()
        await queue.close()
        await wiring.close()

    root = Litestar(
        route_handlers=[Health, QcPages, MachineTokens],
        dependencies=dependencies(wiring),
        exception_handlers={Exception: on_page_error},
        lifespan=[lifespan],
        openapi_config=None,
        logging_config=None,  # `app.log` has set it up for the whole process
    )
    return Service(wiring, root)
