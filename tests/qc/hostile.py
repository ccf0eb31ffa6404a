"""Runs validations in a process of their own and measures what they take; makes huge files that are small on disk."""

from __future__ import annotations

import multiprocessing
import resource
import struct
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import isal.isal_zlib

from qc.errors import Unreadable
from qc.formats.bgzf import BGZF_EOF
from tests.qc.builders import bgzf_block

if TYPE_CHECKING:
    from collections.abc import Iterable
    from multiprocessing.connection import Connection

MIB = 1 << 20
ADDRESS_SPACE = 4 << 30  # of which thread stacks and what libraries reserve take most
MOST_MEMORY = 512 * MIB
PATIENCE = 300.0  # seconds in which a check that hangs is given up; kernels may have to be compiled first


class Examined(NamedTuple):
    """What a validation said, and what it took: peak memory in bytes and seconds of CPU."""

    valid: bool
    codes: dict[str, int]
    first: str | None
    memory: int
    seconds: float


class Examiner:
    """Validates files in one process after the other; a crash or a hang of it fails the test."""

    def __init__(self) -> None:
        self._start()

    def examine(self, path: Path, **options: Any) -> Examined:
        """The verdict on a file; refuses crashes, hangs and too much memory itself."""
        self._pipe.send((path, options))
        try:
            answer = self._pipe.recv() if self._pipe.poll(PATIENCE) else f"it takes longer than {PATIENCE:g} s"
        except (EOFError, ConnectionError):
            self._process.join()
            answer = f"it crashed ({self._process.exitcode})"
        if not isinstance(answer, Examined):
            self.end()
            self._start()
        assert isinstance(answer, Examined), answer
        assert answer.memory <= MOST_MEMORY, f"{answer.memory / MIB:.0f} MiB"
        return answer

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other,), daemon=True)
        self._process.start()
        other.close()


def _serve(pipe: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        path, options = pipe.recv()
        try:
            pipe.send(_examined(path, options))
        except Exception as error:  # noqa: BLE001 - whatever is raised must reach the test
            pipe.send(f"{type(error).__name__}: {error}")


def _examined(path: Path, options: dict[str, Any]) -> Examined:
    from qc.validate import validate

    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    began = time.process_time()
    try:
        verdict = validate(path, **options)
    except Unreadable:
        return Examined(False, {"unreadable": 1}, "unreadable", _peak(), time.process_time() - began)
    error = verdict.first_error
    taken = time.process_time() - began
    return Examined(verdict.valid, verdict.finding_counts, error.code if error else None, _peak(), taken)


def _peak() -> int:
    """The most memory that the process has had since the peak began anew, in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def bomb(path: Path, start: bytes, repeated: bytes, total: int, end: bytes = b"") -> Path:
    """A gzip file of `start`, about `total` bytes of one thing `repeated`, and `end`; it is packed once and copied."""
    chunk = repeated * max(1, MIB // len(repeated))
    times = total // len(chunk)
    with path.open("wb") as file:
        file.write(b"\x1f\x8b\x08\0\0\0\0\0\0\xff")
        file.write(_packed(start))
        block = _packed(chunk)
        for _ in range(times):
            file.write(block)
        file.write(_packed(end) + b"\x03\0")
        check = isal.isal_zlib.crc32(start)
        for _ in range(times):
            check = isal.isal_zlib.crc32(chunk, check)
        check = isal.isal_zlib.crc32(end, check)
        size = len(start) + times * len(chunk) + len(end)
        file.write(struct.pack("<II", check, size & 0xFFFFFFFF))
    return path


def _packed(data: bytes) -> bytes:
    """Deflated data that stands by itself, so that it can be repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)


def blocks(path: Path, pieces: Iterable[tuple[bytes, int]]) -> Path:
    """A BGZF file of pieces, each with how often its blocks come one after the other; packed once and copied."""
    with path.open("wb") as file:
        for piece, times in pieces:
            packed = b"".join(bgzf_block(piece[at : at + 60_000]) for at in range(0, len(piece), 60_000))
            for _ in range(times):
                file.write(packed)
        file.write(BGZF_EOF)
    return path


def plain(path: Path, start: bytes, repeated: bytes, total: int, end: bytes = b"") -> Path:
    """A file with a hole where `repeated` is zeros, else with the bytes themselves."""
    with path.open("wb") as file:
        file.write(start)
        if repeated == b"\0":
            file.seek(total, 1)
        else:
            chunk = repeated * max(1, MIB // len(repeated))
            for _ in range(total // len(chunk)):
                file.write(chunk)
        file.write(end)
        file.truncate()
    return path
