"""Goes through pieces in a thread, a few of them ahead of whoever takes them.

Unpacking and checking thereby run at the same time. The pieces, their order, what is raised and what is returned at the
end are those of the source; only their borders are not.
"""

from __future__ import annotations

from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator

T = TypeVar("T")
DIRECT = 1 << 22
GATHERED = 1 << 18
MOST_AHEAD = 16


class _Failed(NamedTuple):
    error: BaseException


class _Ended(NamedTuple, Generic[T]):
    value: T


def ahead(pieces: Generator[bytes, None, T]) -> Generator[bytes, None, T]:
    """Yields what `pieces` yields and returns what it returns, in a thread of its own after the first 4 MiB.

    The thread has ended when this generator has, also when it is closed early.
    """
    size = 0
    while size < DIRECT:
        try:
            piece = next(pieces)
        except StopIteration as end:
            value: T = end.value
            return value
        size += len(piece)
        yield piece
    runner = _Runner(pieces)
    try:
        return (yield from runner.taken())
    finally:
        runner.stop()


class _Runner(Generic[T]):
    """The thread and what it has put aside; small pieces are joined to some size."""

    def __init__(self, pieces: Generator[bytes, None, T]) -> None:
        self._pieces = pieces
        self._waiting: SimpleQueue[bytes | _Failed | _Ended[T]] = SimpleQueue()
        self._room = Semaphore(MOST_AHEAD)
        self._stopped = False
        self._thread = Thread(target=self._run, name="unpack", daemon=True)
        self._thread.start()

    def taken(self) -> Generator[bytes, None, T]:
        """What the thread has put aside, waiting for it where it is behind."""
        while True:
            match self._waiting.get():
                case _Failed(error):
                    raise error
                case _Ended() as end:
                    value: T = end.value
                    return value
                case bytes(piece):
                    self._room.release()
                    yield piece

    def stop(self) -> None:
        """Ends the thread, at the latest when the piece at which it works is done."""
        self._stopped = True
        self._room.release()
        self._thread.join()
        self._pieces.close()

    def _run(self) -> None:
        gathered: list[bytes] = []
        size = 0
        try:
            while not self._stopped:
                try:
                    gathered.append(next(self._pieces))
                except StopIteration as end:
                    self._waiting.put(b"".join(gathered))
                    self._waiting.put(_Ended(end.value))
                    return
                size += len(gathered[-1])
                if size >= GATHERED:
                    self._room.acquire()
                    self._waiting.put(gathered[0] if len(gathered) == 1 else b"".join(gathered))
                    gathered, size = [], 0
        except BaseException as error:  # noqa: BLE001 - whatever it is, the one who takes the pieces must get it
            self._waiting.put(b"".join(gathered))
            self._waiting.put(_Failed(error))
