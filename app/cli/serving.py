"""`seqark serve`: the service as a whole."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from app.cli.opening import run
from app.cli.stack import Stack
from app.log import set_up_logging
from app.settings import from_environment


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
