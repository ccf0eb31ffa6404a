"""Hands bytes that were found sound to a decoder that reads them from a pipe in a thread of its own."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Piped(Generic[T]):
    """Runs `decode(fd)` beside the caller; `fd` reads what is sent, and `decode` must not close it.

    Foreign code thereby sees only bytes that our own checks have passed, each of them once, and no file is read twice.
    """

    def __init__(self, decode: Callable[[int], T]) -> None:
        self._reading, self._writing = os.pipe()
        self._open = True
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="decode")
        self._decode = decode
        self._result = self._threads.submit(self._run)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
        self._threads.shutdown()

    def send(self, data: bytes) -> bool:
        """Passes bytes on, waiting while the decoder is behind; False once the decoder has ended."""
        view = memoryview(data)
        try:
            while self._open and view:
                view = view[os.write(self._writing, view) :]
        except BrokenPipeError:
            self._close()
        return self._open

    def finish(self) -> T:
        """Tells the decoder that this was all, and returns what it returns or raises what it raises."""
        self._close()
        return self._result.result()

    def _run(self) -> T:
        try:
            return self._decode(self._reading)
        finally:
            os.close(self._reading)

    def _close(self) -> None:
        if self._open:
            self._open = False
            os.close(self._writing)
