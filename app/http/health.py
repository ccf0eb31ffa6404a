"""`/health`: whether the process lives, and whether each part that it needs answers, with the time that took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency

from accession.people.alive import database_answers
from app.wiring import Wiring

_PATIENCE = 2.0


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """One part of the service: ok, down or off; `latency_ms` is how long it took to find out."""

    status: str
    latency_ms: float = 0.0
    reason: str | None = None


class LiveOut(msgspec.Struct, frozen=True):
    """The process answers."""

    status: str


class ReadyOut(msgspec.Struct, frozen=True):
    """`ok` when every part that is configured answers, else `degraded`."""

    status: str
    parts: dict[str, Part]


class Health(Controller):
    """For load balancers and people."""

    path = "/health"

    @get(["/", "/live"], sync_to_thread=False)
    def live(self) -> LiveOut:
        """The process answers; nothing else is asked."""
        return LiveOut("ok")

    @get("/ready")
    async def ready(self, wiring: NamedDependency[Wiring]) -> Response[ReadyOut]:
        """Ask each part for a sign of life: 200 when all answer, 503 otherwise."""

        async def database() -> None:
            async with wiring.reading() as unit:
                await database_answers(unit)

        store = wiring.store
        checks = {"database": database, "object_store": store.ready if store is not None else None, **wiring.probes}
        found = await asyncio.gather(*(_part(check) for check in checks.values()))
        parts = dict(zip(checks, found, strict=True))
        well = all(part.status != "down" for part in parts.values())
        return Response(ReadyOut("ok" if well else "degraded", parts), status_code=200 if well else 503)


async def _part(check: Callable[[], Awaitable[object]] | None) -> Part:
    if check is None:
        return Part("off")
    begun = time.perf_counter()
    try:
        await asyncio.wait_for(check(), _PATIENCE)
    except Exception as error:  # noqa: BLE001  # whatever it is, the part does not answer
        reason = "no answer in time" if isinstance(error, TimeoutError) else str(error).splitlines()[0][:200]
        return Part("down", _ms(begun), reason)
    return Part("ok", _ms(begun))


def _ms(begun: float) -> float:
    return round((time.perf_counter() - begun) * 1000, 1)
