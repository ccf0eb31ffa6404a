"""The whole service on one machine: the embedded store, the API processes and the worker, supervised."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING

import msgspec
import structlog

from accession.errors import DomainError
from app.cli.errors import CommandFailed
from app.cli.opening import prepare
from app.cli.supervisor import Child, GaveUp
from app.storage import open_store
from app.storage.embedded import EmbeddedStore, StoreStartFailed

if TYPE_CHECKING:
    from app.settings import Settings

log = structlog.get_logger(__name__)

_FIRST_LOOK = 5
_HANDOVER_SECONDS = 3.0


class Stack:
    """Starts what the settings ask for, keeps it running, and stops it in the reverse order."""

    def __init__(self, settings: Settings, *, worker: bool) -> None:
        self.settings = settings
        self.with_worker = worker
        self.stop = asyncio.Event()

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT; raises a sentence when something cannot start."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self.stop.set)
        async with contextlib.AsyncExitStack() as stack:
            listener = stack.enter_context(await _listen(self.settings))
            self.settings = msgspec.structs.replace(self.settings, port=listener.getsockname()[1])
            store = await self._start_store()
            supervised = asyncio.create_task(store.supervise(asyncio.Event())) if store else None
            try:
                await self._prepare()
                await self._keep(listener.fileno())
            finally:
                if store is not None and supervised is not None:
                    try:
                        supervised.cancel()
                        await asyncio.wait({supervised})
                    finally:
                        await store.stop()
        log.info("stopped")

    async def _start_store(self) -> EmbeddedStore | None:
        settings = self.settings
        if settings.s3_endpoint != "embedded":
            return None
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        store = EmbeddedStore(settings.data_dir, host=settings.host, port=settings.s3_port)
        try:
            await store.start()
        except StoreStartFailed as error:
            raise CommandFailed(str(error)) from error
        self.settings = msgspec.structs.replace(settings, s3_port=store.port)
        return store

    async def _prepare(self) -> None:
        """The schema and the bucket, once, before any process needs them; then say what will be served."""
        settings = self.settings
        log.info("database_ready", schema_was=await prepare(settings))
        blobs = open_store(settings)
        if blobs is not None:
            try:
                await blobs.ready()
            except DomainError as error:  # it may come later; requests say 503 till then
                log.warning("store_not_ready", reason=str(error))
            await blobs.close()
        log.info(
            "serving",
            url=settings.base_url,
            database="sqlite" if settings.sqlite else "postgresql",
            object_store=settings.s3_endpoint if settings.s3_endpoint in {"embedded", "none"} else "s3",
            new_projects_are=settings.default_visibility,
            registration=settings.registration,
        )

    async def _keep(self, descriptor: int) -> None:
        """Run the processes until somebody says stop or one of them is hopeless."""
        environ = environment_of(self.settings)
        children = [
            Child(f"api-{n}", ["api-process", "--fd", str(descriptor)], environ=environ, descriptors=[descriptor])
            for n in range(1, self.settings.api_processes + 1)
        ]
        if self.with_worker:
            children.append(Child("worker", ["worker"], environ=environ))
        kept = [asyncio.create_task(child.keep(self.stop)) for child in children]
        stopping = asyncio.create_task(self.stop.wait())
        done, _ = await asyncio.wait({*kept, stopping}, return_when=asyncio.FIRST_COMPLETED)
        self.stop.set()
        log.info("stopping")
        seconds = self.settings.graceful_seconds + _FIRST_LOOK
        await asyncio.gather(*(child.stop(seconds) for child in children))
        await asyncio.gather(*kept, return_exceptions=True)
        for task in done:
            if isinstance(task.exception() if not task.cancelled() else None, GaveUp):
                raise CommandFailed(str(task.exception()))


async def _listen(settings: Settings) -> socket.socket:
    """The listening socket, bound before anything else starts, so that an occupied port is told soon.

    Processes that a killed supervisor left behind let go of theirs within a moment, which is waited for.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        await _bind(listener, (settings.host, settings.port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        raise CommandFailed(
            f"Cannot listen on {settings.host}, port {settings.port} ({getattr(error, 'strerror', None) or error}); "
            "stop what listens there, or choose another with --port."
        ) from error
    listener.set_inheritable(True)
    return listener


async def _bind(listener: socket.socket, address: tuple[str, int]) -> None:
    """Bind; an address in use is tried again for some seconds."""
    deadline = time.monotonic() + _HANDOVER_SECONDS
    while True:
        try:
            listener.bind(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.1)
        else:
            return


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment of a child: this one's, with every setting as it was resolved here."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SEQARK_")}
    plain = msgspec.structs.asdict(settings)
    for name, value in plain.items():
        text = ",".join(value) if isinstance(value, list) else str(value)
        environ[f"SEQARK_{name.upper()}"] = text
    environ["PYTHONUNBUFFERED"] = "1"
    environ.setdefault("PATH", os.defpath)
    environ["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)
    return environ
