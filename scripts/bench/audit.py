"""Measures the audit: how many events a second are sealed and verified, and the memory that verifying takes.

SQLite in a temporary folder, or `--database postgresql://…` (an empty database, which it fills and leaves so).
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import insert

from accession.audit.models import Event
from accession.audit.verifying import verify
from accession.base import new_id
from app.db.migrate import migrate
from app.jobs.sealing import seal_all
from app.settings import Settings
from app.wiring import Wiring

BATCH = 2000


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=100_000, help="how many events there are")
    parser.add_argument("--database", default="", help="an empty PostgreSQL database; SQLite where it is left out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), database_url=options.database, s3_endpoint="none")
        table = asyncio.run(measured(settings, options.events))
    Console(width=100).print(table)
    print("aim: 20,000 events a second verified, in memory that does not grow with their number")


async def measured(settings: Settings, count: int) -> Table:
    """Fill the audit, seal it, verify it twice as one half and as a whole."""
    wiring = Wiring(settings)
    await migrate(wiring.engines.write, settings.accession_prefix)
    table = Table("events", "what", "seconds", "events/s", "peak MiB")
    try:
        for _ in range(2):
            await fill(wiring, count // 2)
            begun = time.perf_counter()
            sealed = await seal_all(wiring)
            add(table, sealed, "sealed", time.perf_counter() - begun)
            begun = time.perf_counter()
            async with wiring.reading() as unit:
                verdict = await verify(unit)
            assert verdict.intact, verdict
            add(table, verdict.checked, "verified", time.perf_counter() - begun)
    finally:
        await wiring.close()
    return table


async def fill(wiring: Wiring, count: int) -> None:
    """Events as creations and downloads leave them."""
    actor, now = new_id(), wiring.clock.now()
    shared = {"at": now, "actor_id": actor, "address": "192.0.2.1", "request_id": "0" * 32, "verb": "downloaded"}
    for start in range(0, count, BATCH):
        rows = [
            {**shared, "id": new_id(), "subject": f"NFDP-RUN-{n:06d}", "detail": {"version": 1}}
            for n in range(start, min(start + BATCH, count))
        ]
        async with wiring.writing() as unit:
            await unit.session.execute(insert(Event.__table__), rows)  # type: ignore[arg-type]


def add(table: Table, count: int, what: str, seconds: float) -> None:
    """One line."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    table.add_row(f"{count:,}", what, f"{seconds:.2f}", f"{count / seconds:,.0f}", f"{peak:.0f}")


if __name__ == "__main__":
    main()
