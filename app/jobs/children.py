"""Starts, asks and ends child processes that do heavy work, so that a crash, a hang or a leak is theirs alone.

A child is a fresh interpreter (spawned, never forked) in its own session, with an environment of a few harmless
variables. It answers one request at a time. Where children are kept warm, one that has answered is asked again; one
that crashed, was ended or has grown old is replaced.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import tempfile
from contextlib import asynccontextmanager, suppress
from typing import IO, TYPE_CHECKING
from weakref import WeakKeyDictionary

import psutil

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

INHERITED = {"HOME", "JAVA_HOME", "LD_LIBRARY_PATH", "NUMBA_CACHE_DIR", "PATH", "PYTHONPATH", "TMPDIR", "TZ"}
SET = {  # one character set whatever the machine's, and no pools of threads that reserve memory by the gigabyte
    "LC_ALL": "C.UTF-8",
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "2",
    "PYTHONUNBUFFERED": "1",
}
LENGTH_BYTES = 8
LARGEST_ANSWER = 256 * 1024 * 1024
ANSWERS_PER_CHILD = 200
LOG_TAIL = 4000

log = logging.getLogger(__name__)


class ChildFailed(Exception):
    """The child crashed, hung past its time or ended without an answer; the message is one sentence."""


class ChildStopped(Exception):
    """The child was asked to end by somebody else (SIGTERM), as when the machine stops: no fault of its work."""


class Child:
    """One child process. `ask` may be called again after it has returned, never after it has raised."""

    def __init__(self, process: asyncio.subprocess.Process, errors: IO[bytes]) -> None:
        self.process = process
        self.errors = errors
        self.answers = 0

    @classmethod
    async def start(cls, command: Sequence[str]) -> Child:
        """Start `command` with the number of this process as its last argument; raises ChildFailed."""
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                str(os.getpid()),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env=environment(os.environ),
                start_new_session=True,
            )
        except OSError as error:
            errors.close()
            raise ChildFailed(f"No process could be started: {error.strerror}.") from error
        return cls(process, errors)

    @property
    def usable(self) -> bool:
        """Whether the child may be asked again."""
        return self.process.returncode is None and self.answers < ANSWERS_PER_CHILD

    async def ask(self, request: bytes, *, seconds: float) -> bytes:
        """Send one frame and return the body of the answering one; raises ChildFailed or ChildStopped."""
        self.errors.seek(0)
        self.errors.truncate()
        try:
            async with asyncio.timeout(seconds):
                answer = await self._exchange(request)
        except TimeoutError:
            raise ChildFailed(f"It took longer than {seconds:g} s and was stopped.") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise ChildFailed(await self._why_it_ended()) from None
        self.answers += 1
        return answer

    async def end(self) -> None:
        """Kill the child and all that it started, and wait until it is gone."""
        if self.process.returncode is None:
            _kill_tree(self.process.pid)
            await asyncio.shield(self.process.wait())
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.errors.close()

    async def _exchange(self, request: bytes) -> bytes:
        sending, receiving = self.process.stdin, self.process.stdout
        if sending is None or receiving is None:
            raise ConnectionError
        sending.write(request)
        await sending.drain()
        length = int.from_bytes(await receiving.readexactly(LENGTH_BYTES))
        if length > LARGEST_ANSWER:
            raise ChildFailed("It gave an answer too large to be one.")
        return await receiving.readexactly(length)

    async def _why_it_ended(self) -> str:
        """Say how the child ended, and log the end of what it printed; raises ChildStopped."""
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                await self.process.wait()
        code = self.process.returncode
        self.errors.seek(max(0, self.errors.seek(0, os.SEEK_END) - LOG_TAIL))
        log.warning("a child process ended with %s: %s", code, self.errors.read().decode("utf-8", "replace"))
        match code:
            case None:
                return "It closed its output without an answer."
            case int() if code == -signal.SIGTERM:
                raise ChildStopped
            case int() if code == -signal.SIGKILL:
                return "It was killed from outside (SIGKILL), most likely for lack of memory."
            case int() if code < 0:
                return f"It crashed ({signal.Signals(-code).name})."
            case _:
                return f"It ended without an answer (exit code {code})."


class _Warm:
    """The idle children of one event loop, at most `count` of them."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.idle: list[Child] = []


_WARM: WeakKeyDictionary[asyncio.AbstractEventLoop, _Warm] = WeakKeyDictionary()


@asynccontextmanager
async def kept_warm(count: int) -> AsyncIterator[None]:
    """Keep up to `count` children between requests for as long as the context is open; outside, each is used once."""
    loop = asyncio.get_running_loop()
    warm = _WARM[loop] = _Warm(count)
    try:
        yield
    finally:
        if _WARM.get(loop) is warm:
            del _WARM[loop]
        for child in warm.idle:
            await child.end()


async def ask(request: bytes, *, seconds: float, command: Sequence[str]) -> bytes:
    """Return a child's answer to a request; the child is killed when the time is over or the caller is cancelled.

    `command` starts a child; warm children are shared by all callers of a loop, who therefore use one command.
    Raises ChildFailed or ChildStopped.
    """
    loop = asyncio.get_running_loop()
    child = await _taken(_WARM.get(loop), command)
    answered = False
    try:
        answer = await child.ask(request, seconds=seconds)
        answered = True
        return answer
    finally:
        warm = _WARM.get(loop)
        if answered and child.usable and warm is not None and len(warm.idle) < warm.count:
            warm.idle.append(child)
        else:
            await child.end()


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return what a child may know of the environment: no settings of the service, no credentials."""
    return {name: value for name, value in given.items() if name in INHERITED} | SET


def interpreter(module: str) -> tuple[str, ...]:
    """Return the command that runs a module in a fresh interpreter of this installation."""
    return (sys.executable, "-m", module)


async def _taken(warm: _Warm | None, command: Sequence[str]) -> Child:
    while warm is not None and warm.idle:
        child = warm.idle.pop()
        if child.usable:
            return child
        await child.end()
    return await Child.start(command)


def _kill_tree(pid: int) -> None:
    """Kill a process, its group and every descendant: tools have groups of their own."""
    with suppress(psutil.NoSuchProcess):
        descendants = psutil.Process(pid).children(recursive=True)
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        for process in descendants:
            with suppress(psutil.NoSuchProcess):
                process.kill()
