"""`seqark references add|list`: the reference sequences that CRAM files are decoded with."""

from __future__ import annotations

from pathlib import Path

import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from app.cli.errors import CommandFailed
from app.settings import from_environment
from qc.errors import Unreadable
from qc.formats.reference_fasta import BadFasta
from qc.formats.reference_store import ReferenceStore


@click.group()
def references() -> None:
    """Reference sequences, with which CRAM files are decoded; a worker sees new ones at once."""


@references.command("add")
@click.argument("fasta", nargs=-1, required=True, type=click.Path(path_type=Path))
def add_references(fasta: tuple[Path, ...]) -> None:
    """Take in the sequences of FASTA files, plain or gzipped; what is there already is no fault."""
    store = ReferenceStore(from_environment().references_dir)
    for path in fasta:
        total, new = _add(store, path)
        click.echo(f"{path}: {total:,} sequences, {new:,} of them new.")


@references.command("list")
def list_references() -> None:
    """Print each sequence: name, length, MD5 and the FASTA file that it came from, parted by tabs."""
    for kept in ReferenceStore(from_environment().references_dir).kept():
        click.echo("\t".join(map(str, kept)))


def _add(store: ReferenceStore, path: Path) -> tuple[int, int]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        bar = bars.add_task(path.name, total=path.stat().st_size)
        try:
            return store.add(path, lambda done: bars.update(bar, completed=done))
        except Unreadable as error:
            raise CommandFailed(str(error)) from error
        except BadFasta as error:
            raise CommandFailed(f"{path} was not added: {error}.") from error
