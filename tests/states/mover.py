"""A process that moves records at random until it is killed, and tells on its output what was committed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from uuid import UUID

import msgspec

from accession.people import accounts
from app.settings import Settings
from app.wiring import Wiring
from tests.conftest import ManualClock, Person
from tests.states.walking import Walk


class Told(msgspec.Struct, frozen=True):
    """What a process acknowledged after one unit: what it made in it, and what everyone may read now."""

    made: list[str]
    open: list[str]


async def walk_on(folder: str, database: str, account: str, seed: str) -> None:
    """Walk until somebody kills the process."""
    clock = ManualClock()
    wiring = Wiring(
        Settings(data_dir=Path(folder), database_url=database, s3_endpoint="none", secret_key="k" * 40), clock=clock
    )
    async with wiring.reading() as unit:
        actor = await accounts.load_actor(unit, UUID(account))
    walk = Walk(wiring, Person(UUID(account), "", "", actor), clock, int(seed))
    walk.days = 0.0
    known: set[str] = set()
    while True:
        await walk.step()
        there = [record.accession for record in walk.live if record.is_open(clock.now().date())]
        told = Told(sorted(walk.records.keys() - known), there)
        known |= set(told.made)
        sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    asyncio.run(walk_on(*sys.argv[1:]))
