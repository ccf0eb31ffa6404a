"""The supervisor's children: restarted when they die, given up when that is hopeless, ended when asked or killed."""

from __future__ import annotations

import asyncio
import os
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from app.cli import supervisor
from app.cli.supervisor import Child, GaveUp

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio
DEADLINE = 60.0


def child(program: str) -> Child:
    made = Child("part", [], environ=os.environ)
    made.command = [sys.executable, "-c", program]
    return made


async def eventually(path: Path, lines: int) -> list[str]:
    """The lines of a file once there are so many."""
    async with asyncio.timeout(DEADLINE):
        while not path.exists() or len(path.read_text().splitlines()) < lines:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return path.read_text().splitlines()


def noting(path: Path, then: str) -> str:
    """A program that notes its process id and goes on."""
    return f"import os, signal, sys, time\nwith open({str(path)!r}, 'a') as f: f.write(f'{{os.getpid()}}\\n')\n{then}"


async def test_a_child_that_dies_is_started_again_until_it_is_stopped(tmp_path: Path) -> None:
    notes, stop = tmp_path / "notes", asyncio.Event()
    kept = child(noting(notes, "time.sleep(600)"))
    keeping = asyncio.create_task(kept.keep(stop))
    (first,) = await eventually(notes, 1)
    os.kill(int(first), 9)
    _, second = await eventually(notes, 2)
    assert first != second
    stop.set()
    await kept.stop(DEADLINE)
    await asyncio.wait_for(keeping, DEADLINE)
    with pytest.raises(ProcessLookupError):
        os.kill(int(second), 0)


async def test_a_child_that_always_dies_at_once_is_given_up_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_LONGEST_PAUSE", 0.01)
    with pytest.raises(GaveUp, match="part"):
        await asyncio.wait_for(child("raise SystemExit(3)").keep(asyncio.Event()), DEADLINE)


async def test_a_child_that_once_lived_for_long_is_started_again_however_often_it_dies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(supervisor, "_GIVE_UP_AFTER", 2)
    lives = iter([0.0, 60.0])  # the first life is a minute by this clock, the later ones are none
    monkeypatch.setattr(supervisor, "time", SimpleNamespace(monotonic=lambda: next(lives, 60.0)))
    notes, stop = tmp_path / "notes", asyncio.Event()
    kept = child(noting(notes, "raise SystemExit(3)"))
    keeping = asyncio.create_task(kept.keep(stop))
    assert len(await eventually(notes, 5)) >= 5
    assert not keeping.done()
    stop.set()
    await kept.stop(DEADLINE)
    await asyncio.wait_for(keeping, DEADLINE)


async def test_a_child_that_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    notes, stop = tmp_path / "notes", asyncio.Event()
    kept = child(f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{noting(notes, 'time.sleep(600)')}")
    keeping = asyncio.create_task(kept.keep(stop))
    (pid,) = await eventually(notes, 1)
    stop.set()
    await kept.stop(0.1)
    await asyncio.wait_for(keeping, DEADLINE)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
