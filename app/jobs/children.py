"""Starts, asks and ends child processes that do heavy work, so that a crash, a hang or a leak is theirs alone.

A child is a fresh interpreter (spawned, never forked) in its own session, with an environment of a few harmless
variables. It answers one request at a time; the bytes of a file may follow a request, in frames up to an empty one.
Where children are kept warm, one that has answered is asked again; one that crashed, was ended or has grown old is
replaced.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import tempfile
from contextlib import aclosing, asynccontextmanager, suppress
from typing import IO, TYPE_CHECKING
from weakref import WeakKeyDictionary

import psutil

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence

    Body = AsyncGenerator[bytes, None]

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
    """One child process. `ask` may be called again while it is `usable`, never after it has raised."""

    def __init__(self, process: asyncio.subprocess.Process, errors: IO[bytes]) -> None:
        self.process = process
        self.errors = errors
        self.answers_left = ANSWERS_PER_CHILD

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
        return self.process.returncode is None and self.answers_left > 0

    async def ask(self, request: bytes, *, seconds: float, body: Body | None = None) -> bytes:
        """Send one frame, and a body of any size behind it, and return the body of the answering frame.

        Time in which the body gives nothing does not count. Raises ChildFailed, ChildStopped or what the body raises.
        """
        self.errors.seek(0)
        self.errors.truncate()
        try:
            async with asyncio.timeout(seconds) as limit:
                answer = await self._exchange(request, body, limit)
        except TimeoutError:
            raise ChildFailed(f"It took longer than {seconds:g} s and was stopped.") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise ChildFailed(await self._why_it_ended()) from None
        self.answers_left -= 1
        return answer

    async def end(self) -> None:
        """Kill the child and all that it started, and wait until it is gone."""
        if self.process.returncode is None:
            _kill_tree(self.process.pid)
            await asyncio.shield(self.process.wait())
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.errors.close()

    async def _exchange(self, request: bytes, body: Body | None, limit: asyncio.Timeout) -> bytes:
        sending, receiving = self.process.stdin, self.process.stdout
        if sending is None or receiving is None:
            raise ConnectionError
        sending.write(request)
        await sending.drain()
        if body is None:
            return await _received(receiving)
        feeding = asyncio.create_task(_feed(sending, body, limit))
        answering = asyncio.create_task(_received(receiving))
        try:
            await asyncio.wait({feeding, answering}, return_when=asyncio.FIRST_COMPLETED)
            if not feeding.done():
                self.answers_left = 0  # the rest of the body would be taken for the next request
            else:
                with suppress(ConnectionError):  # it closed its input: why is told by its answer, or its end
                    feeding.result()
            return await answering
        finally:
            for task in (feeding, answering):
                task.cancel()
            await asyncio.wait({feeding, answering})

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


class _Clock:
    """Stops the time of a limit while others are waited for."""

    def __init__(self, limit: asyncio.Timeout) -> None:
        self._limit = limit
        self._left = 0.0

    def stop(self) -> None:
        self._left = (self._limit.when() or 0.0) - asyncio.get_running_loop().time()
        self._limit.reschedule(None)

    def go_on(self) -> None:
        self._limit.reschedule(asyncio.get_running_loop().time() + self._left)


async def _feed(sending: asyncio.StreamWriter, body: Body, limit: asyncio.Timeout) -> None:
    """Send a body in frames, and an empty one at its end."""
    clock = _Clock(limit)
    async with aclosing(body):
        clock.stop()
        async for piece in body:
            clock.go_on()
            if piece:  # an empty frame would be the end
                sending.write(len(piece).to_bytes(LENGTH_BYTES))
                sending.write(piece)
                await sending.drain()
            clock.stop()
    clock.go_on()
    sending.write(bytes(LENGTH_BYTES))
    await sending.drain()


async def _received(receiving: asyncio.StreamReader) -> bytes:
    length = int.from_bytes(await receiving.readexactly(LENGTH_BYTES))
    if length > LARGEST_ANSWER:
        raise ChildFailed("It gave an answer too large to be one.")
    return await receiving.readexactly(length)


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


async def ask(
    request: bytes,
    *,
    seconds: float,
    command: Sequence[str],
    healthy: Callable[[bytes], bool],
    body: Body | None = None,
) -> bytes:
    """Return a child's answer to a request; the child is killed when the time is over or the caller is cancelled.

    `body` follows the request, see `Child.ask`. `command` starts a child; warm children are shared by all callers of a
    loop, who therefore use one command. A child whose answer does not look `healthy` is not asked again.
    Raises ChildFailed, ChildStopped or what the body raises.
    """
    loop = asyncio.get_running_loop()
    child = await _taken(_WARM.get(loop), command)
    well = False
    try:
        answer = await child.ask(request, seconds=seconds, body=body)
        well = healthy(answer)
        return answer
    finally:
        warm = _WARM.get(loop)
        if well and child.usable and warm is not None and len(warm.idle) < warm.count:
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
