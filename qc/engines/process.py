"""Runs a tool as a process group of its own, ended when its time is over or when the process that started it dies."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from qc.errors import EngineFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None  # looked up before any fork
LOG_BYTES = 256 * 1024
NOISE = ("Picked up ", "Started analysis of", "Approx ", "Analysis complete", "\tat ", "Processing ")


class Outcome(msgspec.Struct, frozen=True):
    """How a tool ended: its exit code and the end of what it printed."""

    code: int
    output: str

    @property
    def complaint(self) -> str:
        """The tool's own last words that say something, at most 200 characters; empty when it said nothing."""
        lines = [line.strip() for line in self.output.splitlines() if line.strip() and not line.startswith(NOISE)]
        return lines[-1][:200] if lines else ""


def die_with_parent() -> None:
    """Ask the kernel to kill the calling process when the thread that started it ends (Linux; elsewhere nothing)."""
    if _PRCTL is not None:
        _PRCTL(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def run_tool(
    command: Sequence[str | Path], folder: Path, *, tool: str, seconds: float, env: Mapping[str, str] | None = None
) -> Outcome:
    """Run `command` in `folder` for at most `seconds`, its output going to `folder/tool.log`.

    `env` is its environment; without one it has that of this process.

    Raises EngineFailed when it cannot be started, is ended by a signal or runs out of time.
    """
    log = folder / "tool.log"
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(  # noqa: S603 - a fixed program, arguments never pass a shell
                [os.fspath(part) for part in command],
                cwd=folder,
                env={**(os.environ if env is None else env), "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call, and no thread runs beside it
            )
        except OSError as error:
            raise EngineFailed(f"{tool} could not be started: {error.strerror}.") from error
    code = _wait(process, tool, seconds)
    if code < 0:
        raise EngineFailed(f"{tool} crashed ({signal.Signals(-code).name}).")
    return Outcome(code=code, output=_tail(log))


def _wait(process: subprocess.Popen[bytes], tool: str, seconds: float) -> int:
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise EngineFailed(f"{tool} took longer than {seconds:g} s and was stopped.") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _tail(log: Path) -> str:
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - LOG_BYTES))
        return stream.read().decode("utf-8", "replace")
