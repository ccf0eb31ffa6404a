"""Opens what is to be checked: a regular file, without ever waiting for something that is none."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Protocol

from qc.errors import Unreadable

if TYPE_CHECKING:
    from io import FileIO
    from pathlib import Path

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


class ByteStream(Protocol):
    """Whatever gives the next bytes, fewer than asked for if it likes, and none at its end."""

    def read(self, size: int, /) -> bytes | None:
        """At most `size` bytes; None, where it has none yet, is an error here."""
        ...


def open_regular(path: Path) -> FileIO:
    """Opens a regular file, or what a symbolic link to one leads to, for reading without a buffer. Raises Unreadable.

    Anything else is not opened: that would wake a writer, or a device. What takes the place of the file between the
    look and the opening is found out by its descriptor, and opening it does not wait.
    """
    try:
        _require_regular(path, path.stat().st_mode)
        file = open(path, "rb", buffering=0, opener=_without_waiting)  # noqa: SIM115 - the caller closes it
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    try:
        _require_regular(path, os.fstat(file.fileno()).st_mode)
    except Unreadable:
        file.close()
        raise
    return file


def _require_regular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = KINDS.get(stat.S_IFMT(mode), "something else")
        raise Unreadable(f"{path} cannot be read: it is {kind}, not a file.")


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)
