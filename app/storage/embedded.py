"""Starts an object store on this machine and keeps it running: SeaweedFS, which comes as a Python wheel.

One process holds all of its parts. Its master, volume, filer and admin listeners are on loopback, on free ports, with
HTTP closed or behind keys made for each start; other users of the machine are not kept from its gRPC ports, so on a
machine shared with people who are not trusted name an S3 of your own instead. The S3 gateway listens on loopback too;
where the service faces another address, a forwarder carries connections to it.

What is promised: an acknowledged write survives any end of the processes, SIGKILL included. Against a loss of power
the system's write-back protects it after about half a minute; SeaweedFS does not fsync each write.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import structlog

from accession.errors import DomainError
from app.storage import inner_url
from app.storage.forward import Forwarder
from app.storage.keys import store_keys
from app.storage.ports import hold_lock, is_free, keep_ports, pick_ports
from app.storage.s3 import S3Store
from app.storage.weed import ProgramMissing, launch, remove_sockets

if TYPE_CHECKING:
    from pathlib import Path

_ATTEMPTS = 5
_READY_SECONDS = 90.0
_STOP_SECONDS = 4.0
_LOCK_SECONDS = 15.0
_LONGEST_PAUSE = 30.0
_STEADY_SECONDS = 60.0
_LOG_BYTES = 32 * 2**20
_DIRECT = {"127.0.0.1", "localhost"}
_WILDCARDS = {"0.0.0.0", "::"}  # noqa: S104  # these include loopback
_MEMORY = 2**30  # bytes that its collector aims to stay below; it has grown to 1.8 GB without a limit

log = structlog.get_logger(__name__)


class StoreStartFailed(Exception):
    """The embedded store cannot start; the message is one sentence that says what to do."""


class EmbeddedStore:
    """A SeaweedFS below `data_dir/store` whose S3 port faces `host`; with `port` 0 a free one is taken.

    `start` and `stop` belong to one event loop; between them `supervise` restarts the store when it dies.
    """

    def __init__(self, data_dir: Path, *, host: str = "127.0.0.1", port: int = 0, memory: int = _MEMORY) -> None:
        self.folder = data_dir.absolute() / "store"
        self.host, self.port, self.memory = host, port, memory
        self._keys = store_keys(data_dir)
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None
        self._forwarder: Forwarder | None = None
        self._ports: dict[str, int] = {}

    @property
    def access_key(self) -> str:
        """The name to sign with."""
        return self._keys.access_key

    @property
    def secret_key(self) -> str:
        """The secret to sign with."""
        return self._keys.secret_key

    @property
    def endpoint_url(self) -> str:
        """Where this machine reaches the store, also while it is down."""
        return inner_url(self.host, self.port)

    @property
    def pid(self) -> int | None:
        """The process of the store while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    async def start(self) -> None:
        """Start the store and wait until it takes objects; raises `StoreStartFailed`."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._lock is None:
            self._lock = await hold_lock(self.folder / "lock", seconds=_LOCK_SECONDS)
        if self._lock is None:
            raise StoreStartFailed(f"Another process runs the object store in {self.folder}: stop it first.")
        try:
            if self.host not in _DIRECT:
                await self._face_host()
            await self._start_process()
        except BaseException:
            await self.stop()
            raise
        log.info("store_started", endpoint=self.endpoint_url, pid=self.pid)

    async def stop(self) -> None:
        """End the store: asked first, killed after a few seconds, which loses nothing either."""
        process, self._process = self._process, None
        if process is not None:
            await _end(process)
            remove_sockets(self._ports)
        if self._forwarder is not None:
            await self._forwarder.close()
            self._forwarder = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def supervise(self, stop: asyncio.Event) -> None:
        """Restart the store whenever it dies, with growing pauses, until `stop` is set; then stop it."""
        born, pause = time.monotonic(), 0.25
        while not await _is_set_within(stop, 0.2):
            self._trim_log()
            if self.pid is not None:
                continue
            pause = 0.5 if time.monotonic() - born > _STEADY_SECONDS else min(pause * 2, _LONGEST_PAUSE)
            code = self._process.poll() if self._process is not None else None
            log.error("store_died", exit_code=code, restart_in=pause)
            if await _is_set_within(stop, pause):
                break
            born = time.monotonic()
            try:
                await self.start()
            except (StoreStartFailed, OSError) as error:
                log.warning("store_not_restarted", reason=str(error))
            except Exception:  # whatever it is, the archive needs its store
                log.exception("store_not_restarted")
        await self.stop()

    async def _face_host(self) -> None:
        """Listen on the host's port; what arrives is carried to the gateway on loopback."""
        if self._forwarder is not None:
            return
        try:
            hosts = [self.host] if self.host in _WILDCARDS else [self.host, "127.0.0.1"]
            self._forwarder = await Forwarder.listen(hosts, self.port)
        except OSError as error:
            raise StoreStartFailed(_occupied(self.host, self.port, error)) from error
        self.port = self._forwarder.port

    async def _start_process(self) -> None:
        """Start SeaweedFS; a port that someone took between the choice and the start is worth another attempt."""
        fixed = self.port if self._forwarder is None else 0
        if fixed and (error := is_free("127.0.0.1", fixed)) is not None:
            raise StoreStartFailed(_occupied("127.0.0.1", fixed, error))
        for attempt in range(_ATTEMPTS):
            self._ports = pick_ports(self.folder, fixed=fixed, fresh=attempt > 0)
            self._process = self._launch()
            if await self._is_ready(self._process):
                break
            await _end(self._process)
            remove_sockets(self._ports)
        else:
            raise StoreStartFailed(f"The object store does not start; the end of {self._log_path} says why.")
        keep_ports(self.folder, self._ports)
        if self._forwarder is None:
            self.port = self._ports["s3"]
        else:
            self._forwarder.target = ("127.0.0.1", self._ports["s3"])

    def _launch(self) -> subprocess.Popen[bytes]:
        try:
            return launch(
                self.folder, self._ports, keys=self._keys, memory=self.memory, lock=self._lock, log=self._log_path
            )
        except ProgramMissing as error:
            raise StoreStartFailed(str(error)) from error

    async def _is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait until an object can be written; False when the process ends first or time runs out."""
        store = S3Store(
            f"http://127.0.0.1:{self._ports['s3']}",
            access_key=self.access_key,
            secret_key=self.secret_key,
            bucket="store-ready",
            public_url="http://127.0.0.1",
        )
        deadline = time.monotonic() + _READY_SECONDS
        try:
            while process.poll() is None and time.monotonic() < deadline:
                with contextlib.suppress(DomainError, OSError):
                    await _connect(self._ports["s3"])
                    await store.ready()
                    await store.put_whole("ready", b"1", content_type="text/plain")
                    await store.delete("ready")
                    return True
                await asyncio.sleep(0.05)
        finally:
            await store.close()
        return False

    @property
    def _log_path(self) -> Path:
        return self.folder / "weed.log"

    def _trim_log(self) -> None:
        """Keep the log of SeaweedFS, which only appends, from filling the disk."""
        with contextlib.suppress(OSError):
            if self._log_path.stat().st_size > _LOG_BYTES:
                os.truncate(self._log_path, 0)


def _occupied(host: str, port: int, error: OSError) -> str:
    return (
        f"The object store cannot listen on {host}, port {port} ({error.strerror or error}): "
        f"stop what listens there, or choose another port with SEQARK_S3_PORT."
    )


async def _connect(port: int) -> None:
    """Raise OSError unless someone listens."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()


async def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the process to end and kill it when it has not after a few seconds."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.to_thread(process.wait, _STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        await asyncio.to_thread(process.wait)
