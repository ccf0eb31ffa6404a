"""`seqark migrate`: brings the database to the schema of this release."""

from __future__ import annotations

import rich_click as click

from app.cli.opening import prepare, run
from app.settings import from_environment

_SAID = {
    "empty": "The database was made.",
    "current": "The database is current.",
    "behind": "The database was migrated.",
}


@click.command()
def migrate() -> None:
    """Bring the database to the schema of this release."""
    click.echo(_SAID[run(prepare(from_environment(), upgrade=True))])
