"""Does checks on request in a process that may be lost: requests come on standard input, answers go to standard output.

Each frame is eight bytes of length, big-endian, and JSON. A file that has no path comes in frames of its own behind the
request, an empty one last. `python -m qc.child PARENT` ends when its input does, and is killed by the kernel when the
process PARENT dies. Whoever starts it reads `Request` and `Answer` here; the checks themselves are imported when they
are first asked for.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import traceback
from pathlib import Path
from typing import IO, Any

import msgspec

from qc.engines.process import die_with_parent
from qc.errors import EngineFailed, Unreadable
from qc.results import Format
from qc.run_table import TableRow

LENGTH_BYTES = 8
LEFT_OVER = 1 << 20
NO_THREAD = "can't start new thread"  # what Python says when a thread's stack finds no memory


class Validate(msgspec.Struct, frozen=True, tag=True):
    """Answered by a Verdict. Without a `path` the bytes of the file follow the request."""

    path: str | None
    filename: str
    mate: str | None = None
    reference: str | None = None
    references: str | None = None
    index: str | None = None
    index_named: bool = False
    multiline: bool = False
    measure: bool = True


class Mates(msgspec.Struct, frozen=True, tag=True):
    """Answered by a list of Findings."""

    forward: str
    reverse: str


class Choose(msgspec.Struct, frozen=True, tag=True):
    """Answered by the names of the QC tools for a format."""

    format: Format


class Measure(msgspec.Struct, frozen=True, tag=True):
    """Answered by the EngineReport of one tool."""

    engine: str
    path: str
    workdir: str
    filename: str
    references: str | None = None


class Report(msgspec.Struct, frozen=True, tag=True):
    """Answered by the EngineReport of MultiQC."""

    data: list[str]
    workdir: str
    title: str
    table: list[TableRow] = []


class Request(msgspec.Struct, frozen=True):
    """One piece of work and the address space, in bytes, that it may take."""

    work: Validate | Mates | Choose | Measure | Report
    memory: int


class Answer(msgspec.Struct, frozen=True):
    """What came of a request: a value, or an `error` (`unreadable`, `failed`, `memory`) with a sentence why.

    `trace` is there when a check raised what it should not.
    """

    value: msgspec.Raw = msgspec.Raw(b"null")
    error: str | None = None
    reason: str = ""
    trace: str = ""


class Sent:
    """The bytes that follow a request, up to the end of an empty frame."""

    def __init__(self, requests: IO[bytes]) -> None:
        self._requests = requests
        self._left = 0
        self._ended = False

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes of a frame, none at the end. Raises EOFError where the sender stops before the end."""
        if not self._left and not self._ended:
            self._left = int.from_bytes(self._taken(LENGTH_BYTES))
            self._ended = not self._left
        piece = self._taken(min(size, self._left))
        self._left -= len(piece)
        return piece

    def _taken(self, size: int) -> bytes:
        piece = self._requests.read(size)
        if len(piece) < size:
            raise EOFError("the sender has stopped in the middle of a file")
        return piece


def answer(request: Request, sent: Sent) -> Answer:
    """Do the work within its memory; an exception becomes an answer that names it."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    soft = request.memory if hard == resource.RLIM_INFINITY else min(request.memory, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    try:
        return Answer(value=msgspec.Raw(msgspec.json.encode(perform(request, sent))))
    except Unreadable as error:
        return Answer(error="unreadable", reason=str(error))
    except EngineFailed as error:
        return Answer(error="failed", reason=str(error))
    except Exception as error:  # noqa: BLE001 - whatever a check raises must reach the one who asked
        if isinstance(error, MemoryError) or str(error) == NO_THREAD:
            return Answer(error="memory", reason=f"It needed more than {request.memory / 2**30:.3g} GiB of memory.")
        reason = f"It failed with {type(error).__name__}: {error}"[:300]
        return Answer(error="failed", reason=reason, trace=traceback.format_exc()[-4000:])


def perform(request: Request, sent: Sent) -> Any:
    """Do the work and return what it gives; imports happen here, so that one kind of work does not pay for another."""
    match request.work:
        case Validate() as asked:
            from qc.validate import validate  # noqa: PLC0415

            return validate(
                _path(asked.path) or sent,
                filename=asked.filename,
                mate=_path(asked.mate),
                reference=_path(asked.reference),
                references=_path(asked.references),
                index=_path(asked.index),
                index_named=asked.index_named,
                multiline=asked.multiline,
                measure=asked.measure,
            )
        case Mates(forward, reverse):
            from qc.validate import check_mates  # noqa: PLC0415

            return check_mates(Path(forward), Path(reverse))
        case Choose(format):
            from qc.measure import choose  # noqa: PLC0415

            return [engine.name for engine in choose(format)]
        case Measure(engine, path, workdir, filename, references):
            from qc.engines.samtools_call import look_for_sequences_in  # noqa: PLC0415
            from qc.measure import engine_named, measure_with  # noqa: PLC0415

            look_for_sequences_in(_path(references))
            return measure_with(engine_named(engine), Path(path), Path(workdir), filename=filename)
        case Report(data, workdir, title, table):
            from qc.report import build_report  # noqa: PLC0415

            return build_report([Path(file) for file in data], Path(workdir), title=title, table=table)


def framed(message: msgspec.Struct) -> bytes:
    """Return a message as a frame."""
    body = msgspec.json.encode(message)
    return len(body).to_bytes(LENGTH_BYTES) + body


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests, one after the other, until there are no more."""
    while len(head := requests.read(LENGTH_BYTES)) == LENGTH_BYTES:
        request = msgspec.json.decode(requests.read(int.from_bytes(head)), type=Request)
        sent = Sent(requests)
        answers.write(framed(answer(request, sent)))
        answers.flush()
        if isinstance(request.work, Validate) and request.work.path is None:
            while sent.read(LEFT_OVER):  # of a check that ended early
                pass


def main() -> None:
    """Serve the process that started this one; what libraries print goes to standard error, never between answers."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it may be meant for all processes; the parent ends this one
    die_with_parent()
    if os.getppid() != int(sys.argv[1]):
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, answers)


def _path(name: str | None) -> Path | None:
    return None if name is None else Path(name)


if __name__ == "__main__":
    main()
