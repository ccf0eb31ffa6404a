"""`seqark migrate`: brings the database to the schema of this release."""

from __future__ import annotations

import rich_click as click

from app.cli.opening import prepare, run
from app.settings import from_environment
from app.wiring import Wiring

_SAID = {
    "empty": "The database was made.",
    "current": "The database is current.",
    "behind": "The database was migrated.",
}


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

    click.echo(_SAID[run(work())])
