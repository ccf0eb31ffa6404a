"""Chooses ports for the listeners of the embedded store, and holds the lock that keeps a second one off its data."""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

LISTENERS = (
    *("master", "master.grpc", "volume", "volume.grpc", "filer", "filer.grpc"),
    *("s3", "s3.grpc", "admin", "admin.grpc"),
)
_LOOPBACK = "127.0.0.1"


async def hold_lock(path: Path, *, seconds: float) -> int | None:
    """The descriptor of an exclusive lock that lives as long as any process that inherits it; None if it is taken."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(handle)
                return None
            await asyncio.sleep(0.05)
        else:
            return handle


def is_free(host: str, port: int) -> OSError | None:
    """None when the port can be listened on now, else what is in the way."""
    try:
        with _bound(host, port):
            return None
    except OSError as error:
        return error


def pick_ports(folder: Path, *, fixed: int, fresh: bool) -> dict[str, int]:
    """A free loopback port for each of `LISTENERS`: those kept in `folder` unless `fresh` or taken, else new ones.

    `fixed`, unless 0, is the port of the gateway. SeaweedFS names folders after its ports, so keeping them is tidy.
    """
    kept = {} if fresh else _kept_ports(folder)
    wanted = kept | ({"s3": fixed} if fixed else {})
    if kept and all(is_free(_LOOPBACK, port) is None for name, port in wanted.items() if name != "s3" or not fixed):
        return wanted
    with ExitStack() as held:
        sockets = [held.enter_context(_bound(_LOOPBACK, 0)) for _ in LISTENERS]
        found = {name: sock.getsockname()[1] for name, sock in zip(LISTENERS, sockets, strict=True)}
    return found | ({"s3": fixed} if fixed else {})


def keep_ports(folder: Path, ports: dict[str, int]) -> None:
    """Remember the ports for the next start."""
    (folder / "ports.json").write_bytes(msgspec.json.encode(ports))


def _kept_ports(folder: Path) -> dict[str, int]:
    try:
        kept = msgspec.json.decode((folder / "ports.json").read_bytes(), type=dict[str, int])
    except (OSError, msgspec.MsgspecError):
        return {}
    return kept if set(kept) == set(LISTENERS) else {}


def _bound(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(1)
    except OSError:
        bound.close()
        raise
    return bound
