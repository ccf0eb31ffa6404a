"""Shows the demo's steps: bars on a terminal, plain lines everywhere else."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_STYLES = {"passed": "green", "warned": "yellow", "failed": "red"}
_PLAIN_WIDTH = 110


class Display:
    """Where the demo speaks."""

    def __init__(self) -> None:
        console = Console(highlight=False)
        # Without a terminal rich assumes 80 columns and folds addresses in the middle.
        self.console = console if console.is_terminal else Console(highlight=False, width=_PLAIN_WIDTH)

    def line(self, text: str) -> None:
        """Say one line below the current step."""
        self.console.print(f"    {escape(text)}", soft_wrap=True)

    def failed(self, text: str) -> None:
        """Say why the demo ends."""
        self.console.print(f"[bold red]✗[/] {escape(text)}", soft_wrap=True)

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Frame one step: its title before, the time that it took after; silent where it fails."""
        self.console.print(f"[bold]▸ {escape(title)}[/]")
        begun = time.monotonic()
        yield
        self.console.print(f"  [green]✓[/] [dim]{time.monotonic() - begun:.1f} s[/]")

    @contextlib.contextmanager
    def counting(self, title: str, total: int) -> Iterator[Callable[[str], None]]:
        """Give a function that counts one thing done and names it."""
        with self._progress(MofNCompleteColumn()) as progress:
            task = progress.add_task(title, total=total)

            def one_done(text: str) -> None:
                progress.advance(task)
                self._through(progress, text)

            yield one_done

    @contextlib.contextmanager
    def moving(self, title: str, total: int) -> Iterator[Callable[[str], Callable[[int, int], None]]]:
        """Give a function that begins one file of `total` bytes in all and returns what to tell its progress."""
        with self._progress(TextColumn("{task.percentage:>3.0f} %")) as progress:
            task = progress.add_task(title, total=total)
            before = 0

            def begin(name: str) -> Callable[[int, int], None]:
                progress.update(task, description=f"{title} {name}")

                def moved(done: int, size: int) -> None:
                    nonlocal before
                    progress.update(task, completed=before + done)
                    if done == size:
                        before += size
                        self._through(progress, f"{name}  {size:,} bytes")

                return moved

            yield begin

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show a table; a QC status has its colour."""
        table = Table(title=title, title_justify="left")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(f"[{_STYLES[cell]}]{cell}[/]" if cell in _STYLES else escape(cell) for cell in row))
        self.console.print()
        self.console.print(table)

    def _progress(self, amount: MofNCompleteColumn | TextColumn) -> Progress:
        return Progress(
            TextColumn("    {task.description}"),
            BarColumn(),
            amount,
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )

    def _through(self, progress: Progress, text: str) -> None:
        """Print above the bar, or plainly where there is none."""
        (self.console if progress.disable else progress.console).print(f"    {escape(text)}", soft_wrap=True)
