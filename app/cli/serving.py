"""`seqark serve|worker|migrate`: the service as a whole, or one part of it."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import rich_click as click
import structlog

from app.cli.opening import opened, prepare, run
from app.cli.server import serve_api
from app.cli.stack import Stack
from app.jobs.worker import run_worker
from app.log import set_up_logging
from app.settings import Settings, from_environment
from app.storage import open_store
from app.wiring import Wiring

log = structlog.get_logger(__name__)


@click.command()
@click.option("--host", help="The address to listen on.  [default: 127.0.0.1]")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="The port to listen on; 0 takes a free one.  [default: 8000]"
)
@click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Where data are kept.  [default: data]"
)
@click.option("--no-worker", is_flag=True, help="Run no worker here; 'seqark worker' does the work elsewhere.")
def serve(host: str | None, port: int | None, data_dir: Path | None, *, no_worker: bool) -> None:
    """Run the service: API, worker, scheduler and, by default, an embedded database and object store."""
    settings = from_environment(host=host, port=port, data_dir=data_dir)
    set_up_logging(settings, "supervisor")
    run(Stack(settings, worker=not no_worker).run())


@click.command()
def worker() -> None:
    """Run one worker: validation, QC, reports. Any number may run beside each other on PostgreSQL."""
    settings = from_environment()
    set_up_logging(settings, "worker")
    run(_work(settings))


@click.command()
def migrate() -> None:
    """Bring the database to the schema of this release."""
    settings = from_environment()

    async def work() -> str:
        if settings.embedded_database:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
        wiring = Wiring(settings)
        try:
            return await prepare(wiring, upgrade=True)
        finally:
            await wiring.close()

    before = run(work())
    said = {
        "empty": "The database was made.",
        "current": "The database is current.",
        "behind": "The database was migrated.",
    }
    click.echo(said[before])


@click.command("api-process", hidden=True)
@click.option("--fd", type=int, required=True)
def api_process(fd: int) -> None:
    """Serve the API on an inherited socket; started by `seqark serve`."""
    settings = from_environment()
    set_up_logging(settings, "api")
    serve_api(settings, fd)


async def _work(settings: Settings) -> None:
    """Run a worker until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with opened(settings) as wiring:
        wiring.store = open_store(settings)
        if wiring.store is None:
            log.warning("no_object_store", message="There is no object store, so there is nothing to work on.")
            await stop.wait()
            sys.exit(0)
        await run_worker(wiring, stop)
