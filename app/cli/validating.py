"""`seqark validate`: checks files as the archive does, without an archive.

The checks run in a child process, as in a worker, for every format: foreign code that crashes, or that takes more
memory than a check may have, costs its file alone and is told as the finding `check_crashed`. This process opens the
files and passes their bytes on; so it knows how far a check is, and standard input is a file like any other.
"""

from __future__ import annotations

import asyncio
import math
import os
import select
import stat
import sys
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from app.cli.indexes import index_beside
from app.cli.verdicts import Checked, as_text, crashed
from app.jobs import cpu
from app.settings import from_environment
from qc.errors import EngineFailed, Unreadable
from qc.opening import open_regular

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator, Sequence

INVALID, NOT_READABLE = 1, 2
PIECE = 1 << 20
LOOK = 0.2  # seconds after which an interrupted wait for standard input ends
STDIN = Path("-")
A_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


class Options(msgspec.Struct, frozen=True):
    """What was asked for of every file."""

    name: str | None
    mate: Path | None
    reference: Path | None
    references: Path
    index: Path | None
    named: frozenset[Path]
    multiline: bool
    measured: bool


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a file, with every finding and count.")
@click.option("--mate", type=click.Path(path_type=Path), help="The other FASTQ file of a pair; with one PATH only.")
@click.option("--reference", type=A_FILE, help="The FASTA file that CRAM files were made with.")
@click.option("--index", type=A_FILE, help="The index of the file; without it, one found beside a file is compared.")
@click.option("--multiline", is_flag=True, help="Accept FASTQ records that wrap their lines.")
@click.option("--no-qc", is_flag=True, help="Only check: no quality metrics and grades, and FASTQ in less time.")
@click.option("--name", help="The name of what comes by standard input; its ending must agree with the content.")
def validate(
    paths: tuple[Path, ...],
    *,
    as_json: bool,
    mate: Path | None,
    reference: Path | None,
    index: Path | None,
    multiline: bool,
    no_qc: bool,
    name: str | None,
) -> None:
    """Check FASTQ, SAM, BAM, CRAM, VCF and BCF files record by record to their end.

    A PATH is a file, a symbolic link to one, or - for standard input.

    Exit code 0: all are valid; 1: something is invalid; 2: something cannot be read.
    """
    if mate is not None and len(paths) != 1:
        raise click.UsageError("--mate goes with exactly one PATH.")
    if index is not None and len(paths) != 1:
        raise click.UsageError("--index goes with exactly one PATH.")
    if paths.count(STDIN) > 1:
        raise click.UsageError("Standard input can be read once; give - once.")
    if name is not None and STDIN not in paths:
        raise click.UsageError("--name goes with standard input: give - as a PATH.")
    references = from_environment().references_dir
    options = Options(name, mate, reference, references, index, frozenset(paths), multiline, measured=not no_qc)
    sys.exit(asyncio.run(_check_all(paths, options, as_json=as_json)))


async def _check_all(paths: Sequence[Path], options: Options, *, as_json: bool) -> int:
    """Check the files one after the other and print each answer at once; returns the exit code."""
    code = 0
    with _bars() as bars:
        async with cpu.kept_warm(1):
            for path in paths:
                checked = await _check(path, options, bars)
                code = max(code, NOT_READABLE if checked.verdict is None else int(not checked.verdict.valid))
                if as_json:
                    click.echo(msgspec.json.encode(checked).decode())
                elif checked.verdict is None:
                    bars.console.print(as_text(checked), markup=False, soft_wrap=True)
                else:
                    click.echo(as_text(checked))
    return code


def _bars() -> Progress:
    """Progress on standard error, so that the answers can be piped; silent where nobody looks."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


async def _check(path: Path, options: Options, bars: Progress) -> Checked:
    bar = bars.add_task(path.name, total=None)
    sent = 0

    def seen(size: int) -> None:
        nonlocal sent
        sent += size
        bars.update(bar, completed=sent)

    index = options.index or index_beside(path)
    try:
        with _opened(path, options.name) as (file, name, total):
            bars.update(bar, total=total)
            verdict = await cpu.validate(
                _pieces(file, seen),
                filename=name,
                mate=options.mate,
                reference=options.reference,
                references=options.references,
                index=index,
                index_named=index in (options.index, *options.named),
                multiline=options.multiline,
                measured=options.measured,
                limits=cpu.CpuLimits(seconds=math.inf),
            )
    except Unreadable as error:
        return Checked(path=str(path), readable=False, error=str(error))
    except EngineFailed as error:
        return Checked(path=str(path), readable=True, verdict=crashed(str(error), sent))
    finally:
        bars.remove_task(bar)
    return Checked(path=str(path), readable=True, verdict=verdict)


@contextmanager
def _opened(path: Path, told: str | None) -> Iterator[tuple[FileIO, str, int | None]]:
    """The open file, its name (`told` for standard input), and its size where it has one. Raises Unreadable."""
    if path != STDIN:
        with open_regular(path) as file:
            yield file, path.name, os.fstat(file.fileno()).st_size
        return
    if sys.__stdin__ is None:
        raise Unreadable("Standard input cannot be read: it is closed.")
    given = os.fstat(sys.__stdin__.fileno())
    standard = FileIO(sys.__stdin__.fileno(), closefd=False)
    yield standard, told or "", given.st_size if stat.S_ISREG(given.st_mode) else None


async def _pieces(file: FileIO, seen: Callable[[int], None]) -> AsyncGenerator[bytes, None]:
    """The bytes of a file as they come; a wait for them can be interrupted."""
    piece: bytes | None = None
    while piece != b"":
        while not await asyncio.to_thread(_ready, file):
            pass
        try:
            piece = file.read(PIECE)
        except OSError as error:
            raise Unreadable(f"{file.name or 'Standard input'} cannot be read: {error.strerror}.") from error
        if piece:
            seen(len(piece))
            yield piece


def _ready(file: FileIO) -> bool:
    return bool(select.select([file], [], [], LOOK)[0])
