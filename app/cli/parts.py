"""`seqark worker`, and the API process that `seqark serve` starts: the parts of the service, each a process."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import rich_click as click
import structlog

from app.cli.opening import opened, run
from app.log import set_up_logging
from app.settings import from_environment
from app.storage import open_store
from app.storage.waiting import until_ready

if TYPE_CHECKING:
    from accession.files.store import BlobStore
    from app.settings import Settings

log = structlog.get_logger(__name__)


@click.command()
def worker() -> None:
    """Run one worker: validation, QC, reports. Any number may run beside each other on PostgreSQL."""
    settings = from_environment()
    set_up_logging(settings, "worker")
    run(_work(settings))


@click.command("api-process", hidden=True)
@click.option("--fd", type=int, required=True)
def api_process(fd: int) -> None:
    """Serve the API on an inherited socket; started by `seqark serve`."""
    from app.cli.server import serve_api  # noqa: PLC0415  # a worker needs no web framework

    settings = from_environment()
    set_up_logging(settings, "api")
    serve_api(settings, fd)


async def _work(settings: Settings) -> None:
    """Run a worker until SIGTERM or SIGINT."""
    from app.jobs.sealing import sealing_meanwhile  # noqa: PLC0415  # as for the next one
    from app.jobs.worker import run_worker  # noqa: PLC0415  # the API process takes no work

    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with opened(settings) as wiring:
        wiring.store = open_store(settings)
        if wiring.store is None:
            log.warning("no_object_store", message="There is no object store, so there are no files to work on.")
            ready = True
        else:
            async with sealing_meanwhile(wiring):
                ready = await _is_ready(wiring.store, stop)
        if ready:
            await run_worker(wiring, stop)


async def _is_ready(store: BlobStore, stop: asyncio.Event) -> bool:
    """Wait for the object store, without which there is no work; False where `stop` is set first."""
    tasks = {asyncio.create_task(until_ready(store)), asyncio.create_task(stop.wait())}
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return not stop.is_set()
