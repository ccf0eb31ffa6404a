"""Runs one worker until it is ended; told on standard input what archive it works for, and where to hang."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Any

import msgspec

from app.jobs import measuring, validating
from app.jobs.worker import run_worker
from app.settings import Settings
from app.storage.s3 import S3Store
from app.wiring import Wiring

PLACES = {
    "claimed": (validating, "_check"),
    "checking": (validating.cpu, "validate"),
    "checked": (validating, "settle_verdict"),
    "measuring": (measuring.cpu, "measure"),
    "measured": (measuring, "settle_reports"),
}


def hang(settings: Settings, place: str) -> None:
    """Replace the step that comes next at `place` by one that tells where it is and never ends."""
    module, name = PLACES[place]

    async def never(*_: Any, **__: Any) -> None:
        (settings.data_dir / "hangs").write_text(place)
        await asyncio.Event().wait()

    setattr(module, name, never)


async def main() -> None:
    told = msgspec.json.decode(sys.stdin.buffer.read())
    settings = msgspec.convert(told["settings"], Settings, strict=False, dec_hook=lambda kind, value: kind(value))
    if told["hang_at"]:
        hang(settings, told["hang_at"])
    url, access_key, secret_key, bucket = told["store"]
    store = S3Store(url, access_key=access_key, secret_key=secret_key, bucket=bucket, public_url=url)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    wiring = Wiring(settings, store=store)
    try:
        await run_worker(wiring, stop)
    finally:
        await wiring.close()


if __name__ == "__main__":
    asyncio.run(main())
