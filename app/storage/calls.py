"""Runs the synchronous S3 client in threads and notices within two seconds when the store has fallen silent.

A slow answer is not a dead store: a big part or the joining of a big upload may take minutes. So nobody waits with a
fixed limit; while a call takes long, the store is asked every second for a sign of life (any HTTP answer will do).
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar
from urllib.parse import urlsplit

import urllib3

from accession.errors import StoreUnavailable
from app.storage.failures import SILENT

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 24
_PATIENCE = 0.9  # seconds before a call is suspected
_SIGN_OF_LIFE = 0.8  # seconds in which a living store gives any answer
_CONNECT_SECONDS = 1.0
_READ_SECONDS = 60.0  # frees the thread of an abandoned call


class Calls:
    """The threads that speak to one store, and the connections that they share."""

    def __init__(self, endpoint_url: str) -> None:
        self.connections = urllib3.PoolManager(
            num_pools=2,
            maxsize=THREADS + 1,
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
            retries=urllib3.Retry(total=1, redirect=0, status=0, backoff_factor=0.05),
        )
        self._endpoint_url = endpoint_url
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="store")
        self._probes = ThreadPoolExecutor(1, thread_name_prefix="store-probe")
        self._heard = 0.0  # when the store last gave an answer
        self._probe: asyncio.Future[bool] | None = None

    async def run(self, work: Callable[P, T], /, *args: P.args, **keywords: P.kwargs) -> T:
        """The result of `work`, or its exception; `StoreUnavailable` once the store gives no sign of life.

        A call that was given up runs on in its thread until the store or the read limit ends it.
        """
        future = asyncio.get_running_loop().run_in_executor(self._threads, partial(self._do, work, *args, **keywords))
        try:
            while not (await asyncio.wait({future}, timeout=_PATIENCE))[0]:
                if not await self._alive() and not future.done():
                    raise StoreUnavailable(SILENT)
        finally:
            if not future.done() and not future.cancel():
                future.add_done_callback(_forget)
        return await future

    def _do(self, work: Callable[P, T], /, *args: P.args, **keywords: P.kwargs) -> T:
        result = work(*args, **keywords)
        self._heard = time.monotonic()
        return result

    def close(self) -> None:
        """Let go of threads and connections without waiting for calls that hang."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._probes.shutdown(wait=False, cancel_futures=True)
        self.connections.clear()

    async def _alive(self) -> bool:
        """Whether the store answers anything at all; what any call or one question has heard serves all who wait."""
        if time.monotonic() - self._heard < _PATIENCE:
            return True
        if self._probe is None or self._probe.done():
            self._probe = asyncio.get_running_loop().run_in_executor(self._probes, self._ask)
        probe = self._probe
        await asyncio.wait({probe}, timeout=_SIGN_OF_LIFE)
        return probe.done() and probe.result()

    def _ask(self) -> bool:
        limit = urllib3.Timeout(total=_SIGN_OF_LIFE)
        try:
            self.connections.request("HEAD", self._endpoint_url, timeout=limit, retries=False)
        except (urllib3.exceptions.HTTPError, OSError):
            return False
        return True


def address(url: str) -> tuple[str, bool]:
    """Host with port, and whether to use TLS, of a store; it is addressed by these alone."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/"):
        raise ValueError(f"{url!r} is no address of an object store: give http(s)://host:port without a path.")
    return parts.netloc, parts.scheme == "https"


def _forget(future: asyncio.Future[T]) -> None:
    """Take the outcome of an abandoned call, so that nobody complains that it was never looked at."""
    if not future.cancelled():
        future.exception()
