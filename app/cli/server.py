"""Runs uvicorn on a socket that the supervisor holds, so that a restart of the API refuses no connection."""

from __future__ import annotations

import gc
import socket
from typing import TYPE_CHECKING

import uvicorn

from app.asgi import service
from app.storage import open_store
from app.wiring import Wiring

if TYPE_CHECKING:
    from app.settings import Settings


def serve_api(settings: Settings, fd: int) -> None:
    """Serve until SIGTERM; what is being answered then has `graceful_seconds` to end."""
    wiring = Wiring(settings, store=open_store(settings))
    config = uvicorn.Config(
        service(wiring),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=int(settings.graceful_seconds),
        backlog=2048,
    )
    gc.freeze()  # what lives as long as the process is not looked through again and again
    gc.set_threshold(50_000, 20, 50)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=fd)])  # closed before the draining, copies are not
