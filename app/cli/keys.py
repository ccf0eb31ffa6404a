"""`seqark keys list|rotate`: the secrets that sign tokens and links."""

from __future__ import annotations

import rich_click as click

from accession.people.tokens import kid_of
from app.secrets import Keys, load_keys
from app.secrets import rotate as rotate_secrets
from app.settings import from_environment


@click.group()
def keys() -> None:
    """Keys that sign tokens and links."""


@keys.command("list")
def list_keys() -> None:
    """Print the name (`kid`) of each key, the one that signs first; never a secret."""
    _tell(load_keys(from_environment()))


@keys.command("rotate")
def rotate() -> None:
    """Put a new secret first and keep the one before it; restart the service, and what was signed before still holds.

    Rotate again, later than the longest token and link lives, to have the old secret forgotten.
    """
    _tell(rotate_secrets(from_environment()))
    click.echo("Restart the service to sign with the new key.", err=True)


def _tell(known: Keys) -> None:
    for number, secret in enumerate(known.access_token):
        click.echo(f"{kid_of(secret)}\t{'signs' if number == 0 else 'verifies'}")
