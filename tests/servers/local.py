"""Serves the API over loopback from a thread of the test process, so that synchronous clients can speak to it."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn

from app.asgi import service
from app.storage.s3 import S3Store
from app.wiring import Wiring

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from app.settings import Settings


@contextmanager
def served(
    settings: Settings, prepare: Callable[[Wiring], Awaitable[Any]], *, store_server: Any = None, bucket: str = ""
) -> Iterator[tuple[str, Any]]:
    """Yield the API's address and what `prepare` answered, which runs first, in the service's own loop.

    With `store_server` files are kept in a bucket there.
    """
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        held: dict[str, Any] = {}
        begun = threading.Event()

        async def run() -> None:
            store = await _store(store_server, bucket) if store_server is not None else None
            wiring = Wiring(settings, store=store)
            try:
                held["prepared"] = await prepare(wiring)
                config = uvicorn.Config(service(wiring), log_config=None, access_log=False, lifespan="off")
                held["server"] = uvicorn.Server(config)
                begun.set()
                await held["server"].serve(sockets=[listener])
            finally:
                begun.set()
                await wiring.close()

        thread = threading.Thread(target=asyncio.run, args=(run(),), name="served")
        thread.start()
        try:
            begun.wait(120)
            if "server" not in held:
                raise RuntimeError("the service did not start")
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", held["prepared"]
        finally:
            if "server" in held:
                held["server"].should_exit = True
            thread.join(60)


async def _store(server: Any, bucket: str) -> S3Store:
    keys = {"access_key": server.access_key, "secret_key": server.secret_key}
    store = S3Store(server.endpoint_url, **keys, bucket=bucket, public_url=server.endpoint_url)
    await store.ready()
    return store
