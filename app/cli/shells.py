"""`seqark completion`: what a shell needs to complete commands and options."""

from __future__ import annotations

import rich_click as click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell, e.g. `source <(seqark completion bash)`."""
    from app.cli.main import cli  # noqa: PLC0415  # the group that this command belongs to

    found = get_completion_class(shell)
    if found is not None:
        click.echo(found(cli, {}, "seqark", "_SEQARK_COMPLETE").source())
