"""Keeps child processes running: starts them, restarts one that dies, and stops all of them gracefully."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

log = structlog.get_logger(__name__)

_SHORT_LIFE = 10.0
_LONGEST_PAUSE = 15.0
_GIVE_UP_AFTER = 8
_PR_SET_PDEATHSIG = 1
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


class GaveUp(Exception):
    """A process died again and again right after its start; its own log says why."""


class Child:
    """One supervised process of the service: `python -m app <arguments>`."""

    def __init__(
        self, name: str, arguments: Sequence[str], *, environ: Mapping[str, str], descriptors: Sequence[int] = ()
    ) -> None:
        self.name = name
        self.command = [sys.executable, "-m", "app", *arguments]
        self.environ = dict(environ)
        self.descriptors = tuple(descriptors)
        self.process: asyncio.subprocess.Process | None = None

    async def keep(self, stop: asyncio.Event) -> None:
        """Run the process until `stop` is set, restarting it with growing pauses.

        `GaveUp` when it has never lived for long: one that once did dies of something that may pass.
        """
        pause, short, proven = 0.2, 0, False
        while not stop.is_set():
            born = time.monotonic()
            await self._start()
            code = await self._end_or(stop)
            if stop.is_set():
                return
            lived = time.monotonic() - born
            proven = proven or lived > _SHORT_LIFE
            short = 0 if lived > _SHORT_LIFE else short + 1
            pause = 0.2 if short == 0 else min(pause * 2, _LONGEST_PAUSE)
            log.error("process_died", name=self.name, exit_code=code, lived=round(lived, 1), restart_in=pause)
            if short >= _GIVE_UP_AFTER and not proven:
                raise GaveUp(f"The {self.name} process ends right after every start; its log above says why.")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)

    async def stop(self, seconds: float) -> None:
        """Ask the process to end, and kill it when it has not after some time."""
        process = self.process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), seconds)
        except TimeoutError:
            log.warning("process_killed", name=self.name)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *self.command,
            env=self.environ,
            pass_fds=self.descriptors,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C at the terminal is the supervisor's to pass on
            preexec_fn=_die_with_parent(os.getpid()),
        )
        log.info("process_started", name=self.name, pid=self.process.pid)

    async def _end_or(self, stop: asyncio.Event) -> int | None:
        assert self.process is not None
        ended = asyncio.create_task(self.process.wait())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not ended.done():
            ended.cancel()
            return None
        return ended.result()


def _die_with_parent(parent: int) -> Callable[[], None]:
    """What a child does first: ask Linux for SIGTERM when the supervisor is killed, so that nothing is orphaned."""

    def ask() -> None:
        if _PRCTL is not None:
            _PRCTL(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return ask
