"""A child process that answers calls one by one, so that a crash or a hang of native code is an answer too."""

from __future__ import annotations

import multiprocessing
import os
import resource
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

MEMORY = 4 << 30  # of address space, of which thread stacks and reserved areas take most
SECONDS = 60


class Crashed(Exception):
    """The child was lost or did not answer in time."""


class Child:
    """Calls one function in a process of its own, which is started again after a crash."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._context = multiprocessing.get_context("spawn")
        self._start()

    def call(self, *arguments: Any, **named: Any) -> Any:
        """What the function returns. Raises Crashed, and RuntimeError where the function raised."""
        self._pipe.send((arguments, named))
        answered = self._pipe.poll(SECONDS)
        try:
            sort, value = self._pipe.recv() if answered else ("lost", f"no answer in {SECONDS} s")
        except (EOFError, ConnectionError):
            self._process.join()
            sort, value = "lost", f"exit code {self._process.exitcode}"
        if sort == "lost":
            self.end()
            self._start()
            raise Crashed(value)
        if sort == "raised":
            raise RuntimeError(value)
        return value

    def end(self) -> None:
        """Ends the process."""
        self._pipe.close()
        self._process.join(0.5)
        self._process.kill()
        self._process.join()

    def _start(self) -> None:
        self._pipe, other = self._context.Pipe()
        self._process = self._context.Process(target=_serve, args=(self._function, other), daemon=True)
        self._process.start()
        other.close()


def _serve(function: Callable[..., Any], pipe: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ.update({"REF_PATH": os.devnull, "REF_CACHE": os.devnull})  # no reference is looked for elsewhere
    while True:
        try:
            arguments, named = pipe.recv()
        except EOFError:
            return
        try:
            answer = ("value", function(*arguments, **named))
        except Exception as error:  # noqa: BLE001 - whatever is raised must reach the one who asked
            answer = ("raised", f"{type(error).__name__}: {error}")
        pipe.send(answer)
