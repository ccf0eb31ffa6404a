"""An archive whose writes are answered and then rolled back, so that each call of a matrix meets the same one."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import structlog

from app.asgi import service
from app.wiring import Wiring
from tests.permissions.world import World, build

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from accession.unit import Unit
    from app.settings import Settings


class Doomed(Wiring):
    """Every write is answered and then rolled back, so that each call meets the same archive."""

    dooming = False

    @asynccontextmanager
    async def writing(self, *arguments: Any) -> AsyncIterator[Unit]:
        async with super().writing(*arguments) as unit:
            yield unit
            if self.dooming:
                unit.doom()


@pytest.fixture
async def wiring(settings: Settings, clock: Any, store: Any) -> AsyncIterator[Doomed]:
    made = Doomed(settings, store=store, clock=clock)
    yield made
    await made.close()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Ten thousand calls need no lines in the log."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.configure(**before)


@pytest.fixture
async def world(wiring: Doomed) -> World:
    made = await build(wiring)
    wiring.dooming = True
    return made


@pytest.fixture
async def api(wiring: Doomed) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=service(wiring))
    async with httpx.AsyncClient(transport=transport, base_url="http://archive.test") as client:
        yield client
