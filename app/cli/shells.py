"""`seqark completion`: what a shell needs to complete commands and options."""

from __future__ import annotations

import rich_click as click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell, e.g. `source <(seqark completion bash)`."""
    found = get_completion_class(shell)
    if found is not None:
        click.echo(found(context.find_root().command, {}, "seqark", "_SEQARK_COMPLETE").source())
