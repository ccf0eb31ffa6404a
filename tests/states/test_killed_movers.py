"""A process that is killed while it moves records leaves whole families behind, and everything that it acknowledged."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from accession.actor import ANONYMOUS, ARCHIVE
from tests.states.checking import all_states, faults, read_by_all
from tests.states.mover import Told

if TYPE_CHECKING:
    from app.settings import Settings
    from app.wiring import Wiring

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[2]
KILLS = 4


def killed_at_work(settings: Settings, account: Any, seed: int, units: int) -> list[Told]:
    """Let a process work until it has told of so many units, kill it in the middle of the next; all that it told."""
    arguments = [str(settings.data_dir), settings.database_url, str(account), str(seed)]
    command = [sys.executable, "-m", "tests.states.mover", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(units)]
        killing = threading.Timer(random.Random(seed).random() / 50, process.kill)
        killing.start()
        lines += process.stdout.readlines()
        killing.join()
    assert process.returncode == -9
    return [msgspec.json.decode(line, type=Told) for line in lines if line.endswith(b"\n")]


async def test_what_was_acknowledged_is_there_after_a_kill(
    wiring: Wiring, alice: Any, settings: Settings, database: str
) -> None:
    made: list[str] = []
    seen: set[str] = set()
    for seed in range(KILLS if database == "sqlite" else 2):
        told = killed_at_work(settings, alice.id, seed, units=15)
        made += [accession for one in told for accession in one.made]
        seen |= {accession for one in told for accession in one.open}
        async with wiring.reading(ARCHIVE) as unit:
            assert await faults(unit) == [], f"seed {seed}"
            known = (await all_states(unit)).keys()
        async with wiring.reading(ANONYMOUS) as unit:
            found, gone = await read_by_all(unit)
        assert len(made) == len(set(made)), f"seed {seed}"
        assert set(made) <= known, f"seed {seed}"
        assert seen <= found | gone, f"seed {seed}"
