"""`seqark purge`: erases a record for good, as the law may ask; nothing else of the archive can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from accession.actor import ARCHIVE
from accession.errors import DomainError
from accession.search.forgetting import forget_words, overwrite_deleted
from accession.states.purging import Purged, census, purge
from app.cli.opening import opened, run
from app.db.engines import empty_log
from app.jobs.sweeping import remove_object
from app.storage import open_store

if TYPE_CHECKING:
    from app.wiring import Wiring


@click.command("purge")
@click.argument("accession")
@click.option("--reason", required=True, help="Why; everyone who asks for the accession reads it.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
def purge_record(accession: str, reason: str, *, yes: bool) -> None:
    """Erase a record with all that hangs on it: content, files, reports; prints what was erased.

    The accession stays taken; what was public answers with its tombstone.
    """
    if not yes:
        count = run(_count(accession))
        click.confirm(f"Erase {accession} and what hangs on it ({count} records) for good?", abort=True)
    purged, left = run(_purge(accession, reason))
    for erased in purged.accessions:
        click.echo(erased)
    if left:
        click.echo(f"{left} objects are left: the store does not answer, the running service destroys them.", err=True)


async def _count(accession: str) -> int:
    async with opened() as wiring, wiring.reading(ARCHIVE) as unit:
        return await census(unit, accession)


async def _purge(accession: str, reason: str) -> tuple[Purged, int]:
    """Erase the rows, out of SQLite's files too, then destroy the bytes; what cannot be destroyed now is noted."""
    async with opened() as wiring:
        async with wiring.writing(ARCHIVE) as unit:
            await overwrite_deleted(unit)
            purged = await purge(unit, accession, reason)
            await forget_words(unit)
        await empty_log(wiring.engines)
        return purged, await _destroy(wiring, purged.keys)


async def _destroy(wiring: Wiring, keys: list[str]) -> int:
    """Destroy objects; how many are left for the service."""
    if not keys:
        return 0
    wiring.store = open_store(wiring.settings)
    if wiring.store is None:
        return len(keys)
    for done, key in enumerate(keys):
        try:
            await remove_object(wiring, key)
        except DomainError:
            return len(keys) - done
    return 0
